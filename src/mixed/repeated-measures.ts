/**
 * Mixed model for repeated measures: a covariance matrix over the visits of a participant, any visit missing for
 * any participant, with or without random effects of clusters beside it.
 *
 * Model      y = Xβ + Zb + ε,  b ~ N(0, G),  ε_i ~ N(0, Σ_i), Σ_i the rows and columns of Σ of the visits that
 *            participant i has; Σ as covariance-structure.ts.
 * Ladder     When a structure cannot be fitted the next of `fallback` is, and a warning says what failed and why.
 * Df         Kenward–Roger with the observed information, as SAS and mmrm. Between–within: participants are the
 *            (innermost) groups.
 * Sources    Jennrich & Schluchter (1986) Biometrics 42:805–820; Mallinckrodt et al. (2008) Drug Inf J 42:303–319;
 *            Kenward & Roger (1997) Biometrics 53:983–997.
 * Checked    test/reference/mmrm-visits (nlme, mmrm), test/mixed/repeated-measures.test.ts (dense plain implementation).
 */
import type { CovarianceStructure as StructureName } from "../formula/formula.js";
import type { RegressionFrame } from "../formula/frame.js";
import type { GroupingFactor } from "../formula/grouping-factor.js";
import { zeros } from "../numeric/matrix.js";
import {
  covarianceFallback,
  covarianceNotFitted,
  isError,
  joinedMessages,
  type Problem,
  ProblemError,
  participantEffectInCovariance,
  type ReportedProblem,
  repeatedVisit,
  tooFewParticipants,
  visitsNeverTogether,
  type Words,
} from "../problem.js";
import { covarianceStructure } from "./covariance-structure.js";
import type { MixedDf } from "./fixed-effect-inference.js";
import { fitMarginal, type MarginalFit } from "./marginal-model.js";
import type { Method } from "./profiled-deviance.js";

/** Who was measured when: the factors of `us(visit | participant)`. */
export interface RepeatedMeasures {
  /** Column names. */
  readonly participant: string;
  readonly visit: string;
  readonly participants: GroupingFactor;
  /** Levels in the order of time. */
  readonly visits: GroupingFactor;
}

export interface RepeatedMeasuresOptions {
  readonly structure: StructureName;
  /** Structures to try, in this order, when one cannot be fitted. Default none. */
  readonly fallback?: readonly StructureName[];
  /** Default "REML". */
  readonly method?: Method;
  /** Default "satterthwaite". */
  readonly df?: MixedDf;
  /** Where problems say they come from. */
  readonly path?: string;
}

export interface RepeatedMeasuresFit extends MarginalFit {
  readonly model: "mmrm";
  /** The structure that the numbers are from: the last that was tried. */
  readonly structure: StructureName;
  /** K levels, in the order of Σ. */
  readonly visits: readonly string[];
}

/**
 * Structures in which the correlation of two visits falls to nothing with the visits between them: from three visits on, a
 * random intercept of the participant, which never falls, can be told from them. The others hold it already: us any
 * covariance, cs and toep one that is the same at all distances; csh and toeph are that but for scales, so that only
 * unequal variances would tell.
 */
const FADING: readonly StructureName[] = ["ar1", "ar1h", "ad", "adh"];

/**
 * Why the design is no repeated measures: one problem for each participant and visit with several rows, and for
 * random effects that the covariance of the visits already has.
 *
 * @param structures  All that may be fitted: the structure and its fallbacks.
 */
export function repeatedMeasuresProblems(
  { participant, visit, participants, visits }: RepeatedMeasures,
  { Z }: Pick<RegressionFrame, "Z">,
  structures: readonly StructureName[],
  path: string,
): Problem[] {
  const K = visits.levels.length;
  const counts = new Int32Array(participants.levels.length * K);
  participants.codes.forEach((code, row) => {
    counts[code * K + visits.codes[row]!]!++;
  });
  const twice = [...counts.entries()]
    .filter(([, rows]) => rows > 1)
    .map(([at, rows]) => {
      const who = participants.levels[Math.floor(at / K)]!;
      return repeatedVisit(path, participant, who, visit, visits.levels[at % K]!, rows);
    });
  const holding = structures.filter((structure) => K < 3 || !FADING.includes(structure));
  const within = Z.filter(
    ({ group, names, levels, codes }) =>
      group === participant ||
      (names.length === 1 && levels.length === participants.levels.length && sameGroups(codes, participants.codes)),
  ).flatMap(({ group }) =>
    holding.length === 0 ? [] : [participantEffectInCovariance(path, group, participant, holding, K < 3)],
  );
  return [...twice, ...within];
}

/** Whether each level of one factor is one level of the other; both number their levels by first appearance. */
const sameGroups = (a: Int32Array, b: Int32Array): boolean => a.every((code, row) => code === b[row]);

/**
 * Fit a mixed model for repeated measures, by the declared ladder of covariance structures.
 *
 * @param frame  n rows; X n×p of full column rank; any random terms.
 * @returns      β and vcov, Σ in the order of the visits. When every structure failed: `converged: false` and one
 *               error for each.
 * @throws ProblemError when the design cannot be fitted: two rows for one visit, aliased columns, …
 */
export function fitRepeatedMeasures(
  frame: RegressionFrame,
  measures: RepeatedMeasures,
  options: RepeatedMeasuresOptions,
): RepeatedMeasuresFit {
  const { structure, fallback = [], path = "" } = options;
  const impossible = repeatedMeasuresProblems(measures, frame, [structure, ...fallback], path);
  if (impossible.length > 0) throw new ProblemError(impossible);

  const ladder = [structure, ...fallback];
  const failures: { structure: StructureName; reason: Words }[] = [];
  let fit: RepeatedMeasuresFit | null = null;
  for (const step of ladder) {
    fit = fitStructure(frame, measures, step, options);
    if (fit.converged) break;
    failures.push({ structure: step, reason: reasonOf(fit.problems) });
  }
  const { converged, problems } = fit!;
  if (converged) {
    const steps = failures.map((failure, i) =>
      covarianceFallback(path, failure.structure, failure.reason, ladder[i + 1]!),
    );
    return { ...fit!, problems: [...steps, ...problems] };
  }
  const reasons = failures.map((failure) => covarianceNotFitted(path, failure.structure, failure.reason));
  return { ...fit!, problems: ladder.length === 1 ? problems : reasons };
}

/** Why a structure failed. That it has no degrees of freedom either follows, and other "df" would not help. */
function reasonOf(problems: readonly ReportedProblem[]): Words {
  const errors = problems.filter(isError);
  const causes = errors.filter(({ code }) => code !== "fit.no-degrees-of-freedom");
  return joinedMessages(causes.length > 0 ? causes : errors);
}

function fitStructure(
  frame: RegressionFrame,
  measures: RepeatedMeasures,
  structure: StructureName,
  { method = "REML", df = "satterthwaite", path = "" }: RepeatedMeasuresOptions,
): RepeatedMeasuresFit {
  const { participant, participants, visits } = measures;
  const covariance = covarianceStructure(structure, visits.levels.length);
  const refused = [
    ...(participants.levels.length < covariance.parameters
      ? [tooFewParticipants(path, participants.levels.length, structure, covariance.parameters)]
      : []),
    ...(structure === "us" ? pairsNeverTogether(measures, path) : []),
  ];
  const group = { group: participant, names: ["(Intercept)"], values: zeros(0, 0), ...participants };
  const fit = fitMarginal(frame, { subjects: participants.codes, visits: visits.codes }, covariance, {
    method,
    df: refused.length > 0 ? "normal" : df,
    kenwardRoger: "observed",
    nesting: [...frame.Z, group],
    path,
  });
  return {
    ...fit,
    model: "mmrm",
    structure,
    visits: visits.levels,
    n: { ...fit.n, groups: { [participant]: participants.levels.length, ...fit.n.groups } },
    converged: fit.converged && refused.length === 0,
    problems: refused.length > 0 ? refused : fit.problems,
  };
}

/** Pairs of visits that no participant has both of: their covariance is in no row of data. */
function pairsNeverTogether({ participants, visits }: RepeatedMeasures, path: string): ReportedProblem[] {
  const K = visits.levels.length;
  const attended = new Uint8Array(participants.levels.length * K);
  participants.codes.forEach((code, row) => {
    attended[code * K + visits.codes[row]!] = 1;
  });
  const pairs: [string, string][] = [];
  for (let u = 0; u < K; u++)
    for (let v = u + 1; v < K; v++) {
      const together = participants.levels.some((_, i) => attended[i * K + u] === 1 && attended[i * K + v] === 1);
      if (!together) pairs.push([visits.levels[u]!, visits.levels[v]!]);
    }
  return pairs.length === 0 ? [] : [visitsNeverTogether(path, pairs)];
}
