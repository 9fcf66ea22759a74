/**
 * Covariance matrices Σ (K×K) over the visits of one participant, each a smooth function of unbounded parameters
 * ψ. A structure is a value: how many parameters, where to start, Σ and its derivatives.
 *
 *     us      Σ = L L', ψ = log of L's diagonal, then L below it
 *     cs      σ² and one correlation ρ;     csh     a standard deviation for each visit and ρ
 *     ar1     σ² and ρ^|u−v|;               ar1h    heterogeneous
 *     ad      σ² and ρ_u … ρ_{v−1};         adh     heterogeneous (first-order ante-dependence)
 *     toep    σ² and ρ_|u−v|;               toeph   heterogeneous
 *     diagonal  a variance for each level, no correlation (residual-by)
 *
 * Standard deviations are exp(ψ), correlations ψ/√(1 + ψ²); where these make no covariance matrix its Cholesky
 * factor tells. Visits are equally spaced for ar1 and toep: the order of the levels counts, not their names.
 *
 * Sources: SAS/STAT 15.1 User's Guide, PROC MIXED, table "Covariance structures"; the vignette "Covariance
 * structures" of the R package mmrm.
 * Checked: test/mixed/covariance-structure.test.ts (finite differences), test/reference/mmrm-* (nlme).
 */
import type { CovarianceStructure as StructureName } from "../formula/formula.js";
import { cholesky } from "../numeric/cholesky.js";
import { type Matrix, multiply, transpose, zeros } from "../numeric/matrix.js";

export interface CovarianceStructure {
  readonly name: StructureName | "diagonal";
  /** K. */
  readonly visits: number;
  /** Length of ψ. */
  readonly parameters: number;
  /** ψ of a matrix of this structure near a positive definite Σ. */
  readonly start: (sigma: Matrix) => Float64Array;
  readonly at: (psi: Float64Array) => CovarianceAt;
}

/** Σ at one ψ. */
export interface CovarianceAt {
  readonly sigma: Matrix;
  /** ∂Σ/∂ψ_a. */
  readonly slopes: () => Matrix[];
  /** Σ_uv D_uv ∂²Σ_uv/∂ψ_a∂ψ_b for a symmetric D (K×K). */
  readonly curvature: (D: Matrix) => Matrix;
}

/** Correlations of a structure over ρ, a vector of `count` numbers; only u < v is asked for. */
interface Correlations {
  readonly count: number;
  readonly value: (rho: Float64Array, u: number, v: number) => number;
  readonly slope: (rho: Float64Array, u: number, v: number, a: number) => number;
  readonly second: (rho: Float64Array, u: number, v: number, a: number, b: number) => number;
  /** Pairs of visits whose correlation starts ρ_a. */
  readonly like: (a: number, u: number, v: number) => boolean;
}

/** The structure of a formula's name, `us` or `ar1h`, over K visits. */
export function covarianceStructure(name: StructureName | "diagonal", visits: number): CovarianceStructure {
  if (name === "us") return unstructured(visits);
  if (name === "diagonal") return correlated(name, visits, true, uncorrelated);
  const heterogeneous = name.endsWith("h");
  const family = heterogeneous ? name.slice(0, -1) : name;
  return correlated(name, visits, heterogeneous, correlations(family, visits));
}

const uncorrelated: Correlations = {
  count: 0,
  value: () => 0,
  slope: () => 0,
  second: () => 0,
  like: () => false,
};

function correlations(family: string, visits: number): Correlations {
  // With one visit there is nothing to correlate.
  if (visits === 1) return uncorrelated;
  switch (family) {
    case "cs":
      return { count: 1, value: (rho) => rho[0]!, slope: () => 1, second: () => 0, like: () => true };
    case "ar1":
      return {
        count: 1,
        value: (rho, u, v) => rho[0]! ** (v - u),
        slope: (rho, u, v) => (v - u) * rho[0]! ** (v - u - 1),
        second: (rho, u, v) => (v - u < 2 ? 0 : (v - u) * (v - u - 1) * rho[0]! ** (v - u - 2)),
        like: (_, u, v) => v - u === 1,
      };
    case "ad": {
      /** ρ_u … ρ_{v−1} multiplied, without those that were differentiated. */
      const product = (rho: Float64Array, u: number, v: number, without: readonly number[]): number => {
        if (without.some((a) => a < u || a >= v) || new Set(without).size < without.length) return 0;
        let value = 1;
        for (let k = u; k < v; k++) if (!without.includes(k)) value *= rho[k]!;
        return value;
      };
      return {
        count: visits - 1,
        value: (rho, u, v) => product(rho, u, v, []),
        slope: (rho, u, v, a) => product(rho, u, v, [a]),
        second: (rho, u, v, a, b) => product(rho, u, v, [a, b]),
        like: (a, u, v) => u === a && v === a + 1,
      };
    }
    default:
      return {
        count: visits - 1,
        value: (rho, u, v) => rho[v - u - 1]!,
        slope: (_, u, v, a) => (v - u - 1 === a ? 1 : 0),
        second: () => 0,
        like: (a, u, v) => v - u - 1 === a,
      };
  }
}

/** Σ_uv = s_u s_v c_uv(ρ): log standard deviations first (one, or one for each visit), then the correlations. */
function correlated(
  name: CovarianceStructure["name"],
  visits: number,
  heterogeneous: boolean,
  family: Correlations,
): CovarianceStructure {
  const K = visits;
  const scales = heterogeneous ? K : 1;
  const parameters = scales + family.count;
  const scaleOf = (visit: number): number => (heterogeneous ? visit : 0);

  const at = (psi: Float64Array): CovarianceAt => {
    const s = Float64Array.from({ length: K }, (_, u) => Math.exp(psi[scaleOf(u)]!));
    const x = psi.subarray(scales);
    const rho = x.map((v) => v / Math.sqrt(1 + v * v));
    const rhoSlope = x.map((v) => (1 + v * v) ** -1.5);
    const rhoSecond = x.map((v) => -3 * v * (1 + v * v) ** -2.5);
    const c = (u: number, v: number): number =>
      u === v ? 1 : u < v ? family.value(rho, u, v) : family.value(rho, v, u);
    const cSlope = (u: number, v: number, a: number): number =>
      u === v ? 0 : family.slope(rho, Math.min(u, v), Math.max(u, v), a) * rhoSlope[a]!;
    const cSecond = (u: number, v: number, a: number, b: number): number => {
      if (u === v) return 0;
      const [low, high] = [Math.min(u, v), Math.max(u, v)];
      const straight = family.second(rho, low, high, a, b) * rhoSlope[a]! * rhoSlope[b]!;
      return a === b ? straight + family.slope(rho, low, high, a) * rhoSecond[a]! : straight;
    };
    /** How often log s_a is in log(s_u s_v). */
    const power = (u: number, v: number, a: number): number => (scaleOf(u) === a ? 1 : 0) + (scaleOf(v) === a ? 1 : 0);
    const fill = (entry: (u: number, v: number) => number): Matrix => {
      const matrix = zeros(K, K);
      for (let u = 0; u < K; u++) for (let v = 0; v < K; v++) matrix.data[u * K + v] = s[u]! * s[v]! * entry(u, v);
      return matrix;
    };
    return {
      sigma: fill(c),
      slopes: () =>
        Array.from({ length: parameters }, (_, a) =>
          fill((u, v) => (a < scales ? power(u, v, a) * c(u, v) : cSlope(u, v, a - scales))),
        ),
      curvature: (D) => {
        const curved = zeros(parameters, parameters);
        for (let a = 0; a < parameters; a++)
          for (let b = a; b < parameters; b++) {
            let sum = 0;
            for (let u = 0; u < K; u++)
              for (let v = 0; v < K; v++) {
                let second: number;
                if (b < scales) second = power(u, v, a) * power(u, v, b) * c(u, v);
                else if (a < scales) second = power(u, v, a) * cSlope(u, v, b - scales);
                else second = cSecond(u, v, a - scales, b - scales);
                sum += D.data[u * K + v]! * s[u]! * s[v]! * second;
              }
            curved.data[a * parameters + b] = sum;
            curved.data[b * parameters + a] = sum;
          }
        return curved;
      },
    };
  };

  const start = (sigma: Matrix): Float64Array => {
    const psi = new Float64Array(parameters);
    const variance = (u: number): number => sigma.data[u * K + u]!;
    const mean = Array.from({ length: K }, (_, u) => variance(u)).reduce((sum, v) => sum + v, 0) / K;
    for (let a = 0; a < scales; a++) psi[a] = Math.log(heterogeneous ? variance(a) : mean) / 2;
    for (let a = 0; a < family.count; a++) {
      let [sum, pairs] = [0, 0];
      for (let u = 0; u < K; u++)
        for (let v = u + 1; v < K; v++)
          if (family.like(a, u, v)) {
            sum += sigma.data[u * K + v]! / Math.sqrt(variance(u) * variance(v));
            pairs++;
          }
      // Inside the range that makes a covariance matrix, whatever the other correlations are.
      const limit = name.startsWith("cs") ? [-0.5 / (K - 1), 0.9] : [-0.9, 0.9];
      const r = Math.min(limit[1]!, Math.max(limit[0]!, sum / pairs));
      psi[scales + a] = r / Math.sqrt(1 - r * r);
    }
    if (cholesky(at(psi).sigma) === null) psi.fill(0, scales);
    return psi;
  };
  return { name, visits, parameters, start, at };
}

function unstructured(visits: number): CovarianceStructure {
  const K = visits;
  const places = [
    ...Array.from({ length: K }, (_, u) => ({ row: u, col: u })),
    ...Array.from({ length: K }, (_, row) => Array.from({ length: row }, (_, col) => ({ row, col }))).flat(),
  ];
  const parameters = places.length;
  const factorAt = (psi: Float64Array): Matrix => {
    const L = zeros(K, K);
    places.forEach(({ row, col }, a) => {
      L.data[row * K + col] = row === col ? Math.exp(psi[a]!) : psi[a]!;
    });
    return L;
  };
  return {
    name: "us",
    visits,
    parameters,
    start: (sigma) => {
      const L = cholesky(sigma)!;
      return Float64Array.from(places, ({ row, col }) => {
        const entry = L.data[row * K + col]!;
        return row === col ? Math.log(entry) : entry;
      });
    },
    at: (psi) => {
      const L = factorAt(psi);
      /** ∂L/∂ψ_a is this at its place: a diagonal entry is exp(ψ). */
      const unit = ({ row, col }: (typeof places)[number]): number => (row === col ? L.data[row * K + row]! : 1);
      return {
        sigma: multiply(L, transpose(L)),
        slopes: () =>
          places.map((place) => {
            const slope = zeros(K, K);
            for (let v = 0; v < K; v++) {
              const entry = unit(place) * L.data[v * K + place.col]!;
              slope.data[place.row * K + v]! += entry;
              slope.data[v * K + place.row]! += entry;
            }
            return slope;
          }),
        curvature: (D) => {
          const DL = multiply(D, L);
          const curved = zeros(parameters, parameters);
          places.forEach((p, a) => {
            places.forEach((q, b) => {
              if (p.col === q.col) curved.data[a * parameters + b] = 2 * unit(p) * unit(q) * D.data[p.row * K + q.row]!;
            });
            if (p.row === p.col) curved.data[a * parameters + a]! += 2 * unit(p) * DL.data[p.row * K + p.col]!;
          });
          return curved;
        },
      };
    },
  };
}
