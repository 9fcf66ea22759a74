/**
 * A second implementation of the Fine–Gray model that follows the formulae term by term, O(n² m): nothing is sorted,
 * nothing is summed cumulatively.
 */
import type { SurvivalFrame } from "../../src/formula/survival-frame.js";

export interface PlainFineGray {
  readonly score: number[];
  readonly information: number[][];
  /** n×p: η, and η + ψ. */
  readonly terms: number[][];
  readonly influence: number[][];
}

/**
 * @param group  Of the censoring distribution, n.
 * @param pool   Whether q sums over all censoring groups, as cmprsk has it, instead of over the row's own.
 */
export function plainFineGray(
  { outcome, X, weights }: SurvivalFrame,
  event: number,
  beta: ArrayLike<number>,
  group: ArrayLike<number>,
  pool = false,
): PlainFineGray {
  const { time, event: code } = outcome;
  const rows = [...time.keys()];
  const columns = Array.from({ length: X.cols }, (_, j) => j);
  const x = rows.map((i) => [...X.data.subarray(i * X.cols, (i + 1) * X.cols)]);
  const w = rows.map((i) => weights?.[i] ?? 1);
  const sum = (over: readonly number[], value: (i: number) => number): number => over.reduce((s, i) => s + value(i), 0);
  const risk = x.map((own) => Math.exp(sum(columns, (j) => own[j]! * beta[j]!)));
  const isEvent = (i: number): boolean => code[i] === event;
  const isCompeting = (i: number): boolean => code[i] !== 0 && code[i] !== event;
  const distinct = (of: readonly number[]): number[] => [...new Set(of.map((i) => time[i]!))].sort((a, b) => a - b);
  const events = distinct(rows.filter(isEvent));

  const atRisk = (g: number, u: number): number => sum(rows, (i) => (group[i] === g && time[i]! >= u ? w[i]! : 0));
  const censoredAt = (g: number, u: number): number =>
    sum(rows, (i) => (group[i] === g && time[i] === u && code[i] === 0 ? w[i]! : 0));
  const groups = [...new Set<number>(Array.from(group))];
  const censorings = new Map(groups.map((g) => [g, distinct(rows.filter((i) => group[i] === g && code[i] === 0))]));
  const last = new Map(groups.map((g) => [g, Math.max(...rows.filter((i) => group[i] === g).map((i) => time[i]!))]));
  const memo = new Map<string, number>();
  const free = (g: number, t: number): number => {
    const key = `${g} ${t}`;
    if (!memo.has(key)) {
      const until = censorings.get(g)!.filter((u) => u < t);
      const product = until.reduce((G, u) => G * (1 - censoredAt(g, u) / atRisk(g, u)), 1);
      memo.set(key, t > last.get(g)! ? 0 : product);
    }
    return memo.get(key)!;
  };
  const share = (i: number, t: number): number =>
    time[i]! >= t ? 1 : isCompeting(i) ? free(group[i]!, t) / free(group[i]!, time[i]!) : 0;

  const at = events.map((t) => {
    const s0 = sum(rows, (i) => w[i]! * share(i, t) * risk[i]!);
    const s1 = columns.map((j) => sum(rows, (i) => w[i]! * share(i, t) * risk[i]! * x[i]![j]!));
    const s2 = columns.map((j) =>
      columns.map((l) => sum(rows, (i) => w[i]! * share(i, t) * risk[i]! * x[i]![j]! * x[i]![l]!)),
    );
    const d = sum(rows, (i) => (isEvent(i) && time[i] === t ? w[i]! : 0));
    return {
      t,
      d,
      s0,
      mean: s1.map((s) => s / s0),
      second: s2.map((line) => line.map((s) => s / s0)),
      hazard: d / s0,
    };
  });
  const eventAt = new Map(at.map((one) => [one.t, one]));
  const score = columns.map((j) =>
    sum(rows, (i) => (isEvent(i) ? w[i]! * (x[i]![j]! - eventAt.get(time[i]!)!.mean[j]!) : 0)),
  );
  const information = columns.map((j) =>
    columns.map((l) => at.reduce((s, { d, mean, second }) => s + d * (second[j]![l]! - mean[j]! * mean[l]!), 0)),
  );

  const q = (g: number, u: number, j: number): number =>
    sum(
      rows.filter((i) => isCompeting(i) && time[i]! < u && (pool || group[i] === g)),
      (i) =>
        w[i]! *
        at
          .filter(({ t }) => t >= u)
          .reduce((s, { t, mean, hazard }) => s + (x[i]![j]! - mean[j]!) * share(i, t) * risk[i]! * hazard, 0),
    );
  const qOf = new Map(
    groups.flatMap((g) => censorings.get(g)!.map((u) => [`${g} ${u}`, columns.map((j) => q(g, u, j))] as const)),
  );
  const terms = rows.map((i) =>
    columns.map((j) => {
      const own = isEvent(i) ? x[i]![j]! - eventAt.get(time[i]!)!.mean[j]! : 0;
      return at.reduce((s, { t, mean, hazard }) => s - (x[i]![j]! - mean[j]!) * share(i, t) * risk[i]! * hazard, own);
    }),
  );
  const influence = rows.map((i) =>
    columns.map((j) => {
      const g = group[i] as number;
      const censored = code[i] === 0 ? qOf.get(`${g} ${time[i]!}`)![j]! / atRisk(g, time[i]!) : 0;
      const drift = censorings
        .get(g)!
        .filter((u) => u <= time[i]!)
        .reduce((s, u) => s + (qOf.get(`${g} ${u}`)![j]! * censoredAt(g, u)) / atRisk(g, u) ** 2, 0);
      return terms[i]![j]! + censored - drift;
    }),
  );
  return { score, information, terms, influence };
}
