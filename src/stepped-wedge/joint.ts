/**
 * One effect from two designs: participants randomised within clusters (A) and clusters randomised to a date (B).
 *
 * One stage   The rows of both designs in one model. Every design keeps its own fixed effects, random terms and residual
 *             variances; only the columns of the effect are common. REML, Kenward–Roger or Satterthwaite:
 *               y_A = X_A β_A + T_A δ + Z_A b_A + ε_A,   y_B = X_B β_B + T_B δ + Z_B b_B + ε_B.
 * Two stages  δ̂ = Σ w δ̂_j with w ∝ 1/var(δ̂_j), and the test of δ_A = δ_B by their difference. Degrees of freedom by
 *             Satterthwaite's rule for a linear combination of independent estimates.
 * Sources     Riley, Lambert & Abo-Zaid (2010) BMJ 340:c221; Burke, Ensor & Riley (2017) Stat Med 36:855–875;
 *             Satterthwaite (1946) Biometrics Bull 2:110–114.
 * Checked     test/stepped-wedge/joint.test.ts (dense matrices, by hand); coverage in test/simulation/joint.
 */
import type { RandomTerm, RegressionFrame } from "../formula/frame.js";
import type { GroupingFactor } from "../formula/grouping-factor.js";
import type { Matrix } from "../numeric/matrix.js";
import { zeros } from "../numeric/matrix.js";

/** One design of a joint model. */
export interface DesignPart {
  /** `individual`, `stepped-wedge`: what its own parameters are called by. */
  readonly name: string;
  readonly frame: RegressionFrame;
  /** Residual strata of its rows; null for one residual variance. */
  readonly strata: GroupingFactor | null;
  /** Names of the columns of X that hold the common effects, in the order of the joint model's. */
  readonly effects: readonly string[];
}

/** The rows of both designs, ready for `fitResidualStrata`. */
export interface JointFrame {
  readonly frame: RegressionFrame;
  /** Residual strata: `individual`, or `individual:arm` where a design has several. */
  readonly strata: GroupingFactor;
}

/**
 * Stack designs into one frame whose effect columns are common.
 *
 * @param parts    designs with as many effects each
 * @param effects  k names of the common effects
 * @returns  n_A + n_B rows in the order of the parts. Columns: those of each part, `individual: (Intercept)`, then the
 *           effects. Each part keeps its random terms, of groups called `unit (individual)`; a term is zero in the rows
 *           of the others.
 */
export function stackDesigns(parts: readonly DesignPart[], effects: readonly string[]): JointFrame {
  const firsts = runningTotals(parts.map(({ frame }) => frame.response.length));
  const n = firsts.at(-1)!;
  const own = parts.map(({ frame, effects: common }) =>
    frame.names.map((name, j) => ({ name, j })).filter(({ name }) => !common.includes(name)),
  );
  const firstColumns = runningTotals(own.map(({ length }) => length));
  const p = firstColumns.at(-1)! + effects.length;
  const X = zeros(n, p);
  const response = new Float64Array(n);
  const offset = new Float64Array(n);
  parts.forEach(({ frame, effects: common }, part) => {
    const first = firsts[part]!;
    response.set(frame.response, first);
    if (frame.offset !== null) offset.set(frame.offset, first);
    const copy = (from: number, to: number): void => {
      for (let i = 0; i < frame.response.length; i++)
        X.data[(first + i) * p + to] = frame.X.data[i * frame.X.cols + from]!;
    };
    for (const [at, { j }] of own[part]!.entries()) copy(j, firstColumns[part]! + at);
    for (const [at, name] of common.entries()) copy(frame.names.indexOf(name), firstColumns.at(-1)! + at);
  });
  return {
    frame: {
      response,
      X,
      names: [
        ...own.flatMap((columns, part) => columns.map(({ name }) => `${parts[part]!.name}: ${name}`)),
        ...effects,
      ],
      offset: parts.some(({ frame }) => frame.offset !== null) ? offset : null,
      Z: parts.flatMap((part, at) => part.frame.Z.map((term) => stackTerm(term, at, parts, firsts))),
    },
    strata: stackStrata(parts, firsts),
  };
}

/**
 * A random term over the rows of all parts: zero outside its own. The rows of another part have the levels of its
 * outermost group, so that no cluster is tied to another.
 */
function stackTerm(term: RandomTerm, at: number, parts: readonly DesignPart[], firsts: readonly number[]): RandomTerm {
  const { name } = parts[at]!;
  const n = firsts.at(-1)!;
  const k = term.values.cols;
  const values = zeros(n, k);
  values.data.set(term.values.data, firsts[at]! * k);
  const groups = parts.map(({ name: other, frame: { Z, response } }, part) => {
    if (part === at) return { codes: term.codes, levels: term.levels };
    const outermost = [...Z].sort((a, b) => a.levels.length - b.levels.length)[0];
    const { codes, levels } = outermost ?? { codes: new Int32Array(response.length), levels: [""] };
    return { codes, levels: levels.map((level) => `${other}: ${outermost?.group ?? ""} ${level}`) };
  });
  return {
    group: `${term.group} (${name})`,
    names: term.names,
    values,
    ...stackFactors(groups),
  };
}

function stackStrata(parts: readonly DesignPart[], firsts: readonly number[]): GroupingFactor {
  return stackFactors(
    parts.map(({ name, strata }, part) =>
      strata === null
        ? { codes: new Int32Array(firsts[part + 1]! - firsts[part]!), levels: [name] }
        : { codes: strata.codes, levels: strata.levels.map((level) => `${name}:${level}`) },
    ),
  );
}

/** Factors of consecutive rows as one; levels with the same label are one level. */
function stackFactors(factors: readonly GroupingFactor[]): GroupingFactor {
  const codeOf = new Map<string, number>();
  const codes = factors.flatMap(({ codes: own, levels }) => {
    const joint = levels.map((level) => {
      const known = codeOf.get(level);
      if (known === undefined) codeOf.set(level, codeOf.size);
      return known ?? codeOf.size - 1;
    });
    return Array.from(own, (code) => joint[code]!);
  });
  return { codes: Int32Array.from(codes), levels: [...codeOf.keys()] };
}

function runningTotals(counts: readonly number[]): number[] {
  const totals = [0];
  for (const count of counts) totals.push(totals.at(-1)! + count);
  return totals;
}

/** An estimate of the effect from one design; df ∞ for normal. */
export interface DesignEstimate {
  readonly value: number;
  readonly se: number;
  readonly df: number;
}

export interface TwoStage extends DesignEstimate {
  /** Weight of each design; they sum to 1. */
  readonly weights: readonly number[];
}

/** The inverse-variance weighted mean of independent estimates. */
export function combineDesigns(estimates: readonly DesignEstimate[]): TwoStage {
  const precision = estimates.map(({ se }) => 1 / se ** 2);
  const total = precision.reduce((sum, w) => sum + w, 0);
  const weights = precision.map((w) => w / total);
  return { ...linearCombination(estimates, weights), weights };
}

/** The difference of two independent estimates, for the test that both designs have one effect. */
export const differenceOfDesigns = (a: DesignEstimate, b: DesignEstimate): DesignEstimate =>
  linearCombination([a, b], [1, -1]);

/** Σ c_j δ̂_j, with Satterthwaite's df: (Σ v_j)² / Σ v_j² / df_j, v_j = c_j² var(δ̂_j). */
function linearCombination(estimates: readonly DesignEstimate[], c: readonly number[]): DesignEstimate {
  const variances = estimates.map(({ se }, j) => (c[j]! * se) ** 2);
  const variance = variances.reduce((sum, v) => sum + v, 0);
  const spread = estimates.reduce((sum, { df }, j) => sum + variances[j]! ** 2 / df, 0);
  return {
    value: estimates.reduce((sum, { value }, j) => sum + c[j]! * value, 0),
    se: Math.sqrt(variance),
    df: spread === 0 ? Number.POSITIVE_INFINITY : variance ** 2 / spread,
  };
}

/** The k×p contrast that picks the common effects, which are the last columns. */
export function effectRows(p: number, k: number): Matrix {
  const L = zeros(k, p);
  for (let i = 0; i < k; i++) L.data[i * p + p - k + i] = 1;
  return L;
}
