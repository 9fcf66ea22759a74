/**
 * The partial likelihood and Laplace's approximation of its integral, plainly: dense, from the definition, nothing shared
 * with src but its types.
 */
import { fromRows, type Matrix, zeros } from "../../src/numeric/matrix.js";
import type { FrailtyDesign, ObservedTimes } from "../../src/survival/frailty-partial-likelihood.js";
import type { Ties } from "../../src/survival/tied-events.js";

/** All columns, random first: n×c. */
export function denseColumns({ q, random, X }: FrailtyDesign): number[][] {
  return Array.from({ length: X.rows }, (_, i) => {
    const row = new Array<number>(q + X.cols).fill(0);
    for (const { first, k, codes, values } of random)
      for (let j = 0; j < k; j++) row[first + codes[i]! * k + j] = values.data[i * k + j]!;
    for (let j = 0; j < X.cols; j++) row[q + j] = X.data[i * X.cols + j]!;
    return row;
  });
}

export interface PlainPartialLikelihood {
  readonly logLik: number;
  readonly score: number[];
  readonly information: Matrix;
}

export function plainPartialLikelihood(
  { start, time, event, strata, weights }: ObservedTimes,
  design: FrailtyDesign,
  eta: ArrayLike<number>,
  ties: Ties,
): PlainPartialLikelihood {
  const A = denseColumns(design);
  const c = A[0]!.length;
  const rows = A.map((_, i) => i).filter((i) => weights?.[i] !== 0);
  const w = (i: number) => weights?.[i] ?? 1;
  const stratum = (i: number) => strata?.[i] ?? 0;
  let logLik = 0;
  const score = new Array<number>(c).fill(0);
  const information = zeros(c, c);
  const moments = new Set(rows.filter((i) => event[i] === 1).map((i) => `${stratum(i)}|${time[i]}`));
  for (const moment of moments) {
    const [s, t] = moment.split("|").map(Number);
    const dying = rows.filter((i) => event[i] === 1 && stratum(i) === s && time[i] === t);
    const risk = rows.filter(
      (i) => stratum(i) === s && time[i]! >= t! && (start?.[i] ?? Number.NEGATIVE_INFINITY) < t!,
    );
    const mean = dying.reduce((sum, i) => sum + w(i), 0) / dying.length;
    for (const i of dying) {
      logLik += w(i) * eta[i]!;
      A[i]!.forEach((a, j) => {
        score[j]! += w(i) * a;
      });
    }
    dying.forEach((_, k) => {
      const share = (i: number) => (ties === "efron" && dying.includes(i) ? 1 - k / dying.length : 1);
      const rho = risk.map((i) => share(i) * w(i) * Math.exp(eta[i]!));
      const total = rho.reduce((sum, v) => sum + v, 0);
      logLik -= mean * Math.log(total);
      const mu = new Array<number>(c).fill(0);
      risk.forEach((i, a) => {
        for (let j = 0; j < c; j++) mu[j]! += (rho[a]! / total) * A[i]![j]!;
      });
      for (let j = 0; j < c; j++) {
        score[j]! -= mean * mu[j]!;
        for (let l = 0; l < c; l++) {
          let second = 0;
          risk.forEach((i, a) => {
            second += (rho[a]! / total) * A[i]![j]! * A[i]![l]!;
          });
          information.data[j * c + l]! += mean * (second - mu[j]! * mu[l]!);
        }
      }
    });
  }
  return { logLik, score, information };
}

/** −2 integrated log partial likelihood by Laplace's approximation, at covariance factors Λ (k×k) of each factor. */
export function plainIntegratedDeviance(
  times: ObservedTimes,
  design: FrailtyDesign,
  offset: ArrayLike<number>,
  lambdas: readonly (readonly number[][])[],
  ties: Ties,
): number {
  const A = denseColumns(design);
  const { q } = design;
  const c = A[0]!.length;
  // T = diag(Λ …, I): η = offset + A T x.
  const T = zeros(c, c);
  for (let j = q; j < c; j++) T.data[j * c + j] = 1;
  design.random.forEach(({ first, k }, f) => {
    const end = design.random[f + 1]?.first ?? q;
    for (let at = first; at < end; at += k)
      for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) T.data[(at + i) * c + at + j] = lambdas[f]![i]![j]!;
  });
  const AT = A.map((row) => row.map((_, j) => row.reduce((sum, a, l) => sum + a * T.data[l * c + j]!, 0)));
  const etaAt = (x: number[]) => AT.map((row, i) => offset[i]! + row.reduce((sum, a, j) => sum + a * x[j]!, 0));
  let x = new Array<number>(c).fill(0);
  for (let iteration = 0; ; iteration++) {
    const plain = plainPartialLikelihood(times, design, etaAt(x), ties);
    const through = (v: (i: number, j: number) => number) => fromRows(x.map((_, i) => x.map((__, j) => v(i, j))));
    const entry = (M: Matrix, i: number, j: number) => M.data[i * c + j]!;
    const HT = through((i, j) => x.reduce((sum, _, l) => sum + entry(plain.information, i, l) * entry(T, l, j), 0));
    const J = through(
      (i, j) => x.reduce((sum, _, l) => sum + entry(T, l, i) * entry(HT, l, j), 0) + (i === j && i < q ? 1 : 0),
    );
    const slope = x.map((v, j) => plain.score.reduce((sum, s, l) => sum + s * entry(T, l, j), 0) - (j < q ? v : 0));
    const { solution, logDeterminant } = eliminate(J, slope, q);
    if (slope.reduce((sum, s, j) => sum + s * solution[j]!, 0) < 1e-22 || iteration > 50)
      return -2 * plain.logLik + x.slice(0, q).reduce((sum, u) => sum + u * u, 0) + logDeterminant;
    x = x.map((v, j) => v + solution[j]!);
  }
}

/** Gaussian elimination; the log determinant of the leading q×q block. */
function eliminate(J: Matrix, b: readonly number[], q: number) {
  const n = b.length;
  const rows = b.map((v, i) => [...J.data.slice(i * n, (i + 1) * n), v]);
  let logDeterminant = 0;
  for (let k = 0; k < n; k++) {
    if (k < q) logDeterminant += Math.log(rows[k]![k]!);
    for (let i = k + 1; i < n; i++) {
      const f = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= f * rows[k]![j]!;
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i]![n]!;
    for (let j = i + 1; j < n; j++) sum -= rows[i]![j]! * solution[j]!;
    solution[i] = sum / rows[i]![i]!;
  }
  return { solution, logDeterminant };
}
