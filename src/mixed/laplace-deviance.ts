/**
 * The deviance of a generalised linear mixed model by Laplace's approximation, for any number of nested and
 * crossed grouping factors:
 *
 *     d(θ, β) = −2 log f(y | ũ) + ũ'ũ + log|M|,   M = Λ'Z'WZΛ + I,  W = diag −∂² log f/∂η²
 *
 * where ũ minimises the first two terms (Newton: penalised iteratively reweighted least squares), and M is the exact
 * Hessian. With e = ∂ log f/∂η, h_i = z_i'ΛM⁻¹Λ'z_i, c_i = h_i ∂W_i/∂η, v = M⁻¹Λ'Z'c and
 * r = −2e + c − WZΛv, the gradient is X'r for β and Z'(r u' + e v' + 2 W ZΛM⁻¹) for Λ.
 *
 * Sources: Bates, Mächler, Bolker & Walker, lme4's "Computational methods for mixed models"; the sparse
 * Cholesky is that of the linear model (elimination.ts, block-cholesky.ts).
 */
import { blockFactor, factorise, solveInPlace, visitInverse } from "../numeric/block-cholesky.js";
import { zeros } from "../numeric/matrix.js";
import { emptyRow } from "./conditional-family.js";
import { type CrossProducts, crossProducts } from "./cross-products.js";
import {
  fixedPredictor,
  type IntegratedDeviance,
  type IntegratedModel,
  MODE_ITERATIONS,
  modesFound,
  timesTransposed,
} from "./integrated-likelihood.js";
import { type RandomStructure, relativeFactors } from "./random-structure.js";

/** How the parameters of the random part make ZΛ. */
export interface ScaledEffects {
  /** How many of them there are. */
  readonly parameters: number;
  /** Write ZΛ of each factor, n×k, at the parameters. */
  readonly fill: (theta: Float64Array, scaled: readonly Float64Array[]) => void;
  /** The slope in each parameter last given to `fill`, from those in the entries of ZΛ, n×k for each factor. */
  readonly slopes: (inScaled: readonly Float64Array[]) => Float64Array;
}

/** Λ the same for all levels of a factor, lower triangular, its entries the parameters. */
export function relativeEffects(structure: RandomStructure): ScaledEffects {
  const { factors } = structure;
  return {
    parameters: structure.theta.length,
    fill: (theta, scaled) => {
      const lambdas = relativeFactors(structure, theta);
      factors.forEach(({ k, values }, f) => {
        scaleRows(values.data, lambdas[f]!, k, scaled[f]!);
      });
    },
    slopes: (inScaled) => {
      const slopes = factors.map(({ k, values }, f) => {
        const slope = new Float64Array(k * k);
        const right = inScaled[f]!;
        for (let at = 0; at < right.length; at += k)
          for (let col = 0; col < k; col++)
            for (let row = col; row < k; row++) slope[row * k + col]! += values.data[at + row]! * right[at + col]!;
        return slope;
      });
      return Float64Array.from(
        structure.theta,
        ({ factor, row, col }) => slopes[factor]![row * factors[factor]!.k + col]!,
      );
    },
  };
}

/** @param effects  The model's `structure` then gives the factors alone, with k effects for each level. */
export function laplaceDeviance(
  model: IntegratedModel,
  effects: ScaledEffects = relativeEffects(model.structure),
): IntegratedDeviance {
  const { family, response, X, structure } = model;
  const { factors } = structure;
  const n = response.length;
  // Only the pattern of Z'Z is used: a border of one column that stays zero.
  const products = crossProducts(structure, zeros(n, 0), response);
  const { elimination, firstNode } = products;
  const factor = blockFactor(elimination);
  const inverse = new Float64Array(elimination.panelLength);
  const places = blockPlaces(products);
  const firstScalar = firstNode.map((node) => elimination.scalar[node]!);
  const q = elimination.scalar[elimination.nodes]!;
  const constant = -2 * family.constant(response);
  const count = effects.parameters;

  /** Z Λ of each factor, n×k. */
  const scaled = factors.map(({ k }) => new Float64Array(n * k));
  let u = new Float64Array(q);
  const residual = new Float64Array(n);
  const weight = new Float64Array(n);
  const third = new Float64Array(n);
  const row = emptyRow();

  /** Add ZΛu to a predictor. */
  const addRandom = (v: Float64Array, eta: Float64Array): Float64Array => {
    factors.forEach(({ codes, k }, f) => {
      const zl = scaled[f]!;
      for (let i = 0; i < n; i++) {
        const at = firstScalar[f]! + codes[i]! * k;
        for (let j = 0; j < k; j++) eta[i]! += zl[i * k + j]! * v[at + j]!;
      }
    });
    return eta;
  };

  /** Λ'Z'r, q. */
  const toScalars = (r: Float64Array): Float64Array => {
    const sums = new Float64Array(q);
    factors.forEach(({ codes, k }, f) => {
      const zl = scaled[f]!;
      for (let i = 0; i < n; i++) {
        const at = firstScalar[f]! + codes[i]! * k;
        for (let j = 0; j < k; j++) sums[at + j]! += zl[i * k + j]! * r[i]!;
      }
    });
    return sums;
  };

  /** −2 log f(y | u) + u'u without the constant; leaves residuals, weights and third derivatives. */
  const penalised = (fixed: Float64Array, v: Float64Array): number => {
    const eta = addRandom(v, fixed.slice());
    let sum = 0;
    for (let i = 0; i < n; i++) {
      family.at(response[i]!, eta[i]!, row);
      sum -= 2 * row.logDensity;
      residual[i] = row.score;
      weight[i] = row.information;
      third[i] = row.third;
    }
    for (let j = 0; j < q; j++) sum += v[j]! ** 2;
    return sum;
  };

  /** Factorise M at the present weights; log|M|. */
  const factoriseM = (): number => {
    const { panels, borderBlock } = factor;
    panels.fill(0);
    for (let f = 0, pair = 0; f < factors.length; f++) {
      for (let g = f; g < factors.length; g++, pair++) {
        const { start, stride } = places[pair]!;
        const [kf, kg] = [factors[f]!.k, factors[g]!.k];
        const [zf, zg] = [scaled[f]!, scaled[g]!];
        for (let i = 0; i < n; i++) {
          const w = weight[i]!;
          for (let a = 0; a < kg; a++) {
            const left = w * zg[i * kg + a]!;
            if (left === 0) continue;
            const at = start[i]! + a * stride[i]!;
            for (let b = 0; b < kf; b++) panels[at + b]! += left * zf[i * kf + b]!;
          }
        }
      }
    }
    addIdentity(products, panels);
    borderBlock[0] = 1;
    return factorise(factor);
  };

  /** Newton for ũ from where it was last; log|M| there and the penalised deviance, or null. */
  const findModes = (fixed: Float64Array): { penalised: number; logDeterminant: number } | null => {
    let at = penalised(fixed, u);
    if (!Number.isFinite(at)) {
      u = new Float64Array(q);
      at = penalised(fixed, u);
    }
    let decrement = Number.POSITIVE_INFINITY;
    for (let iteration = 0; iteration < MODE_ITERATIONS; iteration++) {
      const logDeterminant = factoriseM();
      if (!Number.isFinite(logDeterminant)) return null;
      const slope = toScalars(residual);
      for (let j = 0; j < q; j++) slope[j]! -= u[j]!;
      const step = slope.slice();
      solveInPlace(factor, step, 0, elimination.supernodes);
      let remaining = 0;
      for (let j = 0; j < q; j++) remaining += step[j]! * slope[j]!;
      if (modesFound(remaining, decrement, at)) return { penalised: at, logDeterminant };
      decrement = remaining;
      let t = 1;
      let next = u.map((v, j) => v + step[j]!);
      let there = penalised(fixed, next);
      while (!(there <= at + 1e-12 * (1 + Math.abs(at)))) {
        t /= 2;
        if (t < 1e-10) return null;
        next = u.map((v, j) => v + t * step[j]!);
        there = penalised(fixed, next);
      }
      u = next;
      at = there;
    }
    return null;
  };

  const value = (x: Float64Array): number => {
    effects.fill(x.subarray(0, count), scaled);
    const found = findModes(fixedPredictor(model, x, count));
    if (found === null) {
      u = new Float64Array(q);
      return Number.NaN;
    }
    return constant + found.penalised + found.logDeterminant;
  };

  /** M⁻¹ on the pattern of Z'Z, in the layout of the panels. */
  const invertPattern = (): void => {
    const { columns, below, panelStart, border } = elimination;
    visitInverse(factor, new Float64Array(border * border), (s, block, start) => {
      const c = columns[s]!;
      const d = c + below[s]! + border;
      for (let i = 0; i < c + below[s]!; i++)
        for (let j = 0; j < c; j++) inverse[panelStart[s]! + i * c + j] = block[start + i * d + j]!;
    });
  };

  /** Rows of ZΛM⁻¹ within the levels that a row belongs to: n×k for each factor. */
  const timesInverse = (): Float64Array[] => {
    const products = factors.map(({ k }) => new Float64Array(n * k));
    for (let f = 0, pair = 0; f < factors.length; f++) {
      for (let g = f; g < factors.length; g++, pair++) {
        const { start, stride } = places[pair]!;
        const [kf, kg] = [factors[f]!.k, factors[g]!.k];
        for (let i = 0; i < n; i++) {
          for (let a = 0; a < kg; a++) {
            const at = start[i]! + a * stride[i]!;
            for (let b = 0; b < kf; b++) {
              const entry = inverse[at + b]!;
              products[f]![i * kf + b]! += entry * scaled[g]![i * kg + a]!;
              if (f !== g) products[g]![i * kg + a]! += entry * scaled[f]![i * kf + b]!;
            }
          }
        }
      }
    }
    return products;
  };

  const gradient = (): Float64Array => {
    invertPattern();
    const rowsOfInverse = timesInverse();
    const c = new Float64Array(n);
    factors.forEach(({ k }, f) => {
      for (let i = 0; i < n; i++)
        for (let j = 0; j < k; j++) c[i]! += scaled[f]![i * k + j]! * rowsOfInverse[f]![i * k + j]!;
    });
    for (let i = 0; i < n; i++) c[i]! *= third[i]!;
    const v = toScalars(c);
    solveInPlace(factor, v, 0, elimination.supernodes);
    const shift = addRandom(v, new Float64Array(n));
    const r = c.map((value, i) => value - 2 * residual[i]! - weight[i]! * shift[i]!);

    const inScaled = factors.map(({ codes, k }, f) => {
      const right = new Float64Array(n * k);
      const own = rowsOfInverse[f]!;
      for (let i = 0; i < n; i++) {
        const at = firstScalar[f]! + codes[i]! * k;
        for (let col = 0; col < k; col++)
          right[i * k + col] = r[i]! * u[at + col]! + residual[i]! * v[at + col]! + 2 * weight[i]! * own[i * k + col]!;
      }
      return right;
    });
    const gradient = new Float64Array(count + X.cols);
    gradient.set(effects.slopes(inScaled));
    gradient.set(timesTransposed(X, r), count);
    return gradient;
  };

  return { value, gradient, modes: () => u.slice() };
}

/** Where the block of two factors' levels that a row shares begins in the panels, and the length of a panel's rows. */
interface BlockPlaces {
  readonly start: Float64Array;
  readonly stride: Int32Array;
}

/** For each pair of factors f ≤ g, in order: rows of the block are g's columns, its columns f's. */
function blockPlaces({ structure, elimination, firstNode, ...products }: CrossProducts): BlockPlaces[] {
  const { supernodes, columns, indexStart, index, panelStart, scalar, nodes } = elimination;
  const q = scalar[nodes]!;
  const found = new Map<number, { start: number; stride: number }>();
  for (let s = 0; s < supernodes; s++) {
    const c = columns[s]!;
    for (let block = products.blockStart[s]!; block < products.blockStart[s + 1]!; block++) {
      const row = products.blockRow[block]!;
      const col = products.blockCol[block]!;
      const key = index[indexStart[s]! + row]! * q + index[indexStart[s]! + col]!;
      found.set(key, { start: panelStart[s]! + row * c + col, stride: c });
    }
  }
  const { factors } = structure;
  return factors.flatMap((left, f) =>
    factors.slice(f).map((right, distance) => {
      const places = { start: new Float64Array(left.codes.length), stride: new Int32Array(left.codes.length) };
      for (let i = 0; i < left.codes.length; i++) {
        const col = scalar[firstNode[f]! + left.codes[i]!]!;
        const row = scalar[firstNode[f + distance]! + right.codes[i]!]!;
        const place = found.get(row * q + col)!;
        places.start[i] = place.start;
        places.stride[i] = place.stride;
      }
      return places;
    }),
  );
}

function addIdentity({ elimination }: CrossProducts, panels: Float64Array): void {
  const { supernodes, columns, panelStart } = elimination;
  for (let s = 0; s < supernodes; s++)
    for (let k = 0; k < columns[s]!; k++) panels[panelStart[s]! + k * columns[s]! + k]! += 1;
}

/** ZΛ, row by row, for a lower triangular Λ. */
function scaleRows(z: Float64Array, lambda: Float64Array, k: number, out: Float64Array): void {
  for (let at = 0; at < z.length; at += k)
    for (let col = 0; col < k; col++) {
      let sum = 0;
      for (let row = col; row < k; row++) sum += z[at + row]! * lambda[row * k + col]!;
      out[at + col] = sum;
    }
}
