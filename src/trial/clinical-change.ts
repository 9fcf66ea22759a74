/**
 * Change of one client between two measurements: is it larger than the measurement's own noise, and did it cross the line
 * between the clinical and the functional range?
 *
 * Reliable change (Jacobson & Truax). The null says what would be seen without any change:
 *
 *     measurement-error   SE² = (SD₁² + SD₂²)(1 − r)          r: reliability (alpha, say)
 *     retest              SE² = SD₁² + SD₂² − 2 r SD₁ SD₂     r: correlation of the two tests of people who do not change
 *
 *     RCI = (after − before) / SE, in the direction of improvement;   reliable: |RCI| > z, or |after − before| > z SE
 *
 * With SD₁ = SD₂ both are SD √2 √(1 − r) = SEM √2, and only what r is differs.
 *
 * Classes     recovered    reliably better, from the clinical into the functional range
 *             improved     reliably better otherwise
 *             unchanged    neither
 *             deteriorated reliably worse
 *             started-functional   began in the functional range, where nobody can recover (a class of its own, unless
 *                          the rule says that these clients are classed by their change)
 *
 * Sources  Jacobson & Truax (1991) J. Consult. Clin. Psychol. 59:12–19; Christensen & Mendoza (1986) Behav. Ther.
 *          17:305–308 (√2 for the error of both measurements); Maassen (2004) J. Int. Neuropsychol. Soc. 10:888–893 (unequal
 *          SDs; the standard error of Temkin et al. as the retest null).
 * Checked  test/reference/change-classes (twelve clients by hand); identities: mirrored scale, shifted and rescaled scores.
 */

export type Better = "higher" | "lower";

/** In the order of tables: from the worst to the best, then those who could not recover. */
export const CHANGE_CLASSES = ["deteriorated", "unchanged", "improved", "recovered", "started-functional"] as const;
export type ChangeClass = (typeof CHANGE_CLASSES)[number];

export const CHANGE_NULLS = ["measurement-error", "retest"] as const;
export type ChangeNull = (typeof CHANGE_NULLS)[number];

/** What reliable change is worked out from, in the instrument's unit. */
export interface ReliableChange {
  /** SD of the score, at the first of the two measurements. */
  readonly sd: number;
  /** At the second; default the same. */
  readonly sdAfter?: number;
  /** By `null` the reliability of the score or its retest correlation, between 0 and 1. */
  readonly reliability: number;
  readonly null: ChangeNull;
  /** Critical value of the standard normal distribution: 1.96. */
  readonly critical: number;
}

/** How much change is reliable. A rule in points (a manual's "14 points or more") includes its limit, one worked out does not. */
export interface ChangeCriterion {
  readonly points: number;
  readonly includesLimit: boolean;
}

/** The line between the clinical and the functional range. */
export interface CutOff {
  readonly value: number;
  /** Which range a score on the line is in. */
  readonly at: "clinical" | "functional";
}

export interface ChangeRule {
  readonly better: Better;
  readonly criterion: ChangeCriterion;
  /** null: the instrument has none; nobody recovers and nobody starts in the functional range. */
  readonly cutOff: CutOff | null;
  /** Clients who began in the functional range: a class of their own, or classed by their change. */
  readonly functionalStart: "own-class" | "by-change";
}

/** Standard error of the difference of two scores of someone who does not change. */
export function standardErrorOfChange({ sd, sdAfter = sd, reliability, null: kind }: ReliableChange): number {
  const variance =
    kind === "measurement-error"
      ? (sd ** 2 + sdAfter ** 2) * (1 - reliability)
      : sd ** 2 + sdAfter ** 2 - 2 * reliability * sd * sdAfter;
  return Math.sqrt(variance);
}

/** The change that is just not reliable, in points. */
export const reliableChangeCriterion = (reliable: ReliableChange): ChangeCriterion => ({
  points: reliable.critical * standardErrorOfChange(reliable),
  includesLimit: false,
});

/** Change in the direction of improvement, whichever way the scale runs. */
export const gain = (before: number, after: number, better: Better): number =>
  better === "higher" ? after - before : before - after;

/** The reliable change index; above 0 is better. */
export const reliableChangeIndex = (before: number, after: number, better: Better, reliable: ReliableChange): number =>
  gain(before, after, better) / standardErrorOfChange(reliable);

export const isFunctional = (score: number, { value, at }: CutOff, better: Better): boolean =>
  isSame(score, value) ? at === "functional" : gain(value, score, better) > 0;

/** Scores have few decimals, which binary numbers do not hold exactly: 6.3 + 6.2 + 6.1 + 6.4 is on a cut-off of 25. */
const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

/** The class of one client. Scores must not be missing. */
export function changeClass(before: number, after: number, rule: ChangeRule): ChangeClass {
  const { better, criterion, cutOff, functionalStart } = rule;
  const startedFunctional = cutOff !== null && isFunctional(before, cutOff, better);
  if (startedFunctional && functionalStart === "own-class") return "started-functional";
  const change = gain(before, after, better);
  if (!isReliable(change, criterion)) return "unchanged";
  if (change < 0) return "deteriorated";
  return cutOff !== null && !startedFunctional && isFunctional(after, cutOff, better) ? "recovered" : "improved";
}

const isReliable = (change: number, { points, includesLimit }: ChangeCriterion): boolean =>
  isSame(Math.abs(change), points) ? includesLimit : Math.abs(change) > points;

export const CROSSINGS = ["to-functional", "to-clinical", "stayed-functional", "stayed-clinical"] as const;
export type Crossing = (typeof CROSSINGS)[number];

/** Where one client began and ended, whether or not the change is reliable. */
export function cutOffCrossing(before: number, after: number, cutOff: CutOff, better: Better): Crossing {
  const [began, ended] = [before, after].map((score) => isFunctional(score, cutOff, better));
  if (began === ended) return ended === true ? "stayed-functional" : "stayed-clinical";
  return ended === true ? "to-functional" : "to-clinical";
}
