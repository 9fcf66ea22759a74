/**
 * The linear mixed model a second time, the plain way: dense n×n matrices, formulas as the papers print
 * them, a derivative-free optimiser, finite differences. Slow, and independent of src (types only), so
 * that the two can be held against each other on data for which there is no published answer.
 *
 * Model      y = Xβ + o + Σ_t Z_t b_t + ε,  V = σ² (I + Σ_t Z_t Λ_t Λ_t' Z_t'), Λ_t lower triangular.
 * Criterion  −2 log likelihood (ML) or restricted likelihood (REML), as lme4 has the constants.
 * Symbols    θ: the lower triangles of all Λ_t, by columns; γ = (σ, θ) or (σ², θ); Φ = (X'V⁻¹X)⁻¹.
 * Sources    Satterthwaite: Kuznetsova, Brockhoff & Christensen (2017) JSS 82(13), observed information.
 *            Kenward & Roger (1997) Biometrics 53:983–997, without second derivatives of V, expected information.
 *            Both leave out columns of Λ_t that are zero (the boundary).
 * Checked    test/mixed/plain-linear-mixed.test.ts, against R.
 */
import { CholeskyDecomposition, EigenvalueDecomposition, inverse, Matrix } from "ml-matrix";
import type { Frame, RandomTerm } from "../../src/formula/frame.js";

export interface PlainOptions {
  readonly method?: "REML" | "ML";
}

export interface PlainFit {
  readonly theta: readonly number[];
  readonly sigma: number;
  readonly coef: readonly number[];
  readonly vcov: Matrix;
  /** −2 log (restricted) likelihood. */
  readonly criterion: number;
  readonly logLik: number;
  /** G of each random term, k×k, in the outcome's unit squared. */
  readonly G: readonly Matrix[];
  /** F (t² for one row), its denominator df and scale, for L of full row rank. */
  readonly satterthwaite: (L: readonly (readonly number[])[]) => PlainTest;
  readonly kenwardRoger: (L: readonly (readonly number[])[]) => PlainTest;
  readonly kenwardRogerVcov: Matrix;
}

export interface PlainTest {
  /** Of the scaled statistic. */
  readonly F: number;
  readonly df: number;
  readonly scale: number;
}

export function plainLinearMixed(frame: Frame, { method = "REML" }: PlainOptions = {}): PlainFit {
  const model = new MarginalModel(frame, method);
  const theta = model.normalise(optimise(model));
  const { sigma, coef, vcov, criterion } = model.profile(theta);
  const covariance = kenwardRogerCovariance(model, theta, sigma);
  return {
    theta,
    sigma,
    coef: coef.to1DArray(),
    vcov,
    criterion,
    logLik: -criterion / 2,
    G: model.factors(theta).map((Lambda) => Lambda.mmul(Lambda.transpose()).mul(sigma ** 2)),
    satterthwaite: satterthwaiteTest(model, theta, sigma),
    kenwardRoger: (L) => kenwardRogerTest(covariance, coef, new Matrix(L.map((row) => [...row]))),
    kenwardRogerVcov: covariance.adjusted,
  };
}

// ── the likelihood ──────────────────────────────────────────────────────────────────────────────

class MarginalModel {
  readonly X: Matrix;
  readonly y: Matrix;
  readonly n: number;
  readonly p: number;
  readonly #terms: readonly RandomTerm[];
  /** Root mean square of each column of each Z_t: the optimiser works in θ times this. */
  readonly #scales: readonly (readonly number[])[];

  constructor(
    frame: Frame,
    readonly method: "REML" | "ML",
  ) {
    this.n = frame.response.length;
    this.p = frame.X.cols;
    this.X = Matrix.from1DArray(this.n, this.p, frame.X.data);
    this.y = Matrix.columnVector(frame.response.map((y, i) => y - (frame.offset?.[i] ?? 0)));
    this.#terms = frame.Z;
    this.#scales = frame.Z.map(({ values, names }) =>
      names.map((_, j) => {
        let sum = 0;
        for (let i = 0; i < values.rows; i++) sum += values.data[i * values.cols + j]! ** 2;
        return Math.sqrt(sum / values.rows) || 1;
      }),
    );
  }

  /** Λ_t of each term from θ. */
  factors(theta: readonly number[]): Matrix[] {
    let next = 0;
    return this.#terms.map(({ names }, t) => {
      const Lambda = Matrix.zeros(names.length, names.length);
      for (let j = 0; j < names.length; j++)
        for (let i = j; i < names.length; i++) Lambda.set(i, j, theta[next++]! / this.#scales[t]![i]!);
      return Lambda;
    });
  }

  /** For each element of θ: whether it is on the diagonal of its Λ_t. */
  get diagonal(): boolean[] {
    return this.#terms.flatMap(({ names }) =>
      names.flatMap((_, j) => Array.from({ length: names.length - j }, (_, i) => i === 0)),
    );
  }

  /** I + Σ_t Z_t Λ_t Λ_t' Z_t', element by element. */
  relativeV(theta: readonly number[]): Matrix {
    const V = Matrix.eye(this.n);
    this.factors(theta).forEach((Lambda, t) => {
      const { codes, values } = this.#terms[t]!;
      const ZLambda = Matrix.from1DArray(this.n, values.cols, values.data).mmul(Lambda);
      for (let i = 0; i < this.n; i++) {
        for (let j = 0; j < this.n; j++) {
          if (codes[i] !== codes[j]) continue;
          for (let k = 0; k < ZLambda.columns; k++) V.set(i, j, V.get(i, j) + ZLambda.get(i, k) * ZLambda.get(j, k));
        }
      }
    });
    return V;
  }

  /** ∂/∂θ_k of relativeV, which is quadratic in θ, so that this difference has no error of its own. */
  relativeDerivative(theta: readonly number[], k: number): Matrix {
    const moved = (step: number) => this.relativeV(theta.map((value, i) => (i === k ? value + step : value)));
    return Matrix.sub(moved(1), moved(-1)).mul(0.5);
  }

  /** β, σ and the criterion at θ, both profiled out. */
  profile(theta: readonly number[]): { sigma: number; coef: Matrix; vcov: Matrix; criterion: number } {
    const { n, p } = this;
    const { logDetV, XtWX, coef, rss } = this.generalisedLeastSquares(theta);
    const df = this.method === "REML" ? n - p : n;
    const sigma = Math.sqrt(rss / df);
    const logDetX = this.method === "REML" ? logDeterminant(XtWX) : 0;
    return {
      sigma,
      coef,
      vcov: inverse(XtWX).mul(sigma ** 2),
      criterion: logDetV + logDetX + df * (1 + Math.log((2 * Math.PI * rss) / df)),
    };
  }

  /** The criterion with σ free. */
  criterion(sigma: number, theta: readonly number[]): number {
    const { n, p } = this;
    const { logDetV, XtWX, rss } = this.generalisedLeastSquares(theta);
    const df = this.method === "REML" ? n - p : n;
    const logDetX = this.method === "REML" ? logDeterminant(XtWX) : 0;
    return logDetV + logDetX + df * Math.log(2 * Math.PI * sigma ** 2) + rss / sigma ** 2;
  }

  /** Φ at (σ, θ). */
  vcov(sigma: number, theta: readonly number[]): Matrix {
    return inverse(this.generalisedLeastSquares(theta).XtWX).mul(sigma ** 2);
  }

  generalisedLeastSquares(theta: readonly number[]): { logDetV: number; XtWX: Matrix; coef: Matrix; rss: number } {
    const cholesky = new CholeskyDecomposition(this.relativeV(theta));
    const WX = cholesky.solve(this.X);
    const XtWX = symmetric(this.X.transpose().mmul(WX));
    const coef = new CholeskyDecomposition(XtWX).solve(WX.transpose().mmul(this.y));
    const residual = Matrix.sub(this.y, this.X.mmul(coef));
    const rss = residual.transpose().mmul(cholesky.solve(residual)).get(0, 0);
    const logDetV = cholesky.lowerTriangularMatrix.diag().reduce((sum, d) => sum + 2 * Math.log(d), 0);
    return { logDetV, XtWX, coef, rss };
  }

  /**
   * The θ of the same covariance whose Λ_t is its Cholesky factor, with no negative diagonal, and with a column of zeros
   * wherever the diagonal is zero. The criterion cannot tell the two apart.
   */
  normalise(theta: readonly number[]): number[] {
    return this.factors(theta).flatMap((Lambda, t) => {
      const scales = this.#scales[t]!;
      const scaled = Lambda.clone();
      scales.forEach((scale, i) => {
        scaled.mulRow(i, scale);
      });
      const L = semidefiniteCholesky(scaled.mmul(scaled.transpose()));
      return scales.flatMap((_, j) => scales.slice(j).map((_, i) => L.get(i + j, j)));
    });
  }
}

/** Cholesky factor of a positive semidefinite matrix: a column of zeros where nothing is left of the diagonal. */
function semidefiniteCholesky(A: Matrix): Matrix {
  const L = Matrix.zeros(A.rows, A.rows);
  for (let j = 0; j < A.rows; j++) {
    const left = (i: number) => A.get(i, j) - L.getRowVector(i).dot(L.getRowVector(j));
    const pivot = left(j);
    if (pivot <= 1e-12) continue;
    for (let i = j; i < A.rows; i++) L.set(i, j, left(i) / Math.sqrt(pivot));
  }
  return L;
}

/** Without the rounding error that makes a product of matrices unsymmetric. */
const symmetric = (A: Matrix): Matrix => Matrix.add(A, A.transpose()).div(2);

const logDeterminant = (A: Matrix): number =>
  new CholeskyDecomposition(A).lowerTriangularMatrix.diag().reduce((sum, d) => sum + 2 * Math.log(d), 0);

// ── the optimiser ───────────────────────────────────────────────────────────────────────────────

/** The smallest criterion, then again with the diagonal elements that may as well be zero held there. */
function optimise(model: MarginalModel): number[] {
  const { diagonal } = model;
  const start = diagonal.map((isDiagonal) => (isDiagonal ? 1 : 0));
  const criterion = (theta: readonly number[]) => model.profile(theta).criterion;
  const theta = restartedNelderMead(criterion, start);
  const atZero = theta.map((value, k) => {
    if (!diagonal[k] || Math.abs(value) > 0.01) return false;
    return criterion(theta.with(k, 0)) - criterion(theta) < 1e-7;
  });
  if (!atZero.includes(true)) return theta;
  const free = [...theta.keys()].filter((k) => !atZero[k]);
  const fill = (values: readonly number[]) => {
    const full = theta.map((value, k) => (atZero[k] ? 0 : value));
    free.forEach((k, i) => {
      full[k] = values[i]!;
    });
    return full;
  };
  if (free.length === 0) return fill([]);
  return fill(
    restartedNelderMead(
      (values) => criterion(fill(values)),
      free.map((k) => theta[k]!),
    ),
  );
}

/** Nelder & Mead (1965) until a restart from the best point gains nothing. */
function restartedNelderMead(f: (x: readonly number[]) => number, start: readonly number[]): number[] {
  let best = nelderMead(f, start, 0.5);
  for (let restart = 0; restart < 30; restart++) {
    const again = nelderMead(f, best.x, restart % 2 === 0 ? 0.05 : 0.002);
    const gain = best.value - again.value;
    if (again.value <= best.value) best = again;
    if (gain < 1e-11 * Math.abs(best.value) && restart > 1) break;
  }
  return best.x;
}

function nelderMead(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  size: number,
): { x: number[]; value: number } {
  const k = start.length;
  const at = (x: number[]) => {
    const value = f(x);
    return { x, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value };
  };
  const simplex = [at([...start]), ...start.map((value, i) => at(start.with(i, value + size)))];
  for (let iteration = 0; iteration < 400 * k; iteration++) {
    simplex.sort((a, b) => a.value - b.value);
    const [best, worst] = [simplex[0]!, simplex[k]!];
    const spread = Math.max(...best.x.map((value, i) => Math.abs(value - worst.x[i]!)));
    if (spread < 1e-9) break;
    const centre = start.map((_, i) => simplex.slice(0, k).reduce((sum, { x }) => sum + x[i]! / k, 0));
    const along = (t: number) => at(centre.map((c, i) => c + t * (worst.x[i]! - c)));
    const reflected = along(-1);
    if (reflected.value < best.value) {
      const expanded = along(-2);
      simplex[k] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < simplex[k - 1]!.value) {
      simplex[k] = reflected;
    } else {
      const contracted = reflected.value < worst.value ? along(-0.5) : along(0.5);
      if (contracted.value < Math.min(reflected.value, worst.value)) simplex[k] = contracted;
      else for (let i = 1; i <= k; i++) simplex[i] = at(simplex[i]!.x.map((value, j) => (value + best.x[j]!) / 2));
    }
  }
  simplex.sort((a, b) => a.value - b.value);
  return simplex[0]!;
}

// ── Satterthwaite ───────────────────────────────────────────────────────────────────────────────

/** The θ in columns of Λ_t that are not zero. */
function freeParameters(model: MarginalModel, theta: readonly number[]): number[] {
  let onBoundary = false;
  return model.diagonal.flatMap((isDiagonal, k) => {
    if (isDiagonal) onBoundary = theta[k] === 0;
    return onBoundary ? [] : [k];
  });
}

function satterthwaiteTest(model: MarginalModel, theta: readonly number[], sigma: number): PlainFit["satterthwaite"] {
  const free = freeParameters(model, theta);
  const gamma = [sigma, ...free.map((k) => theta[k]!)];
  const split = (g: readonly number[]): [number, number[]] => {
    const full = [...theta];
    free.forEach((k, i) => {
      full[k] = g[i + 1]!;
    });
    return [g[0]!, full];
  };
  const A = inverse(hessian((g) => model.criterion(...split(g)), gamma)).mul(2);
  const slopes = gamma.map((_, i) => derivative((g) => model.vcov(...split(g)), gamma, i));
  const { coef, vcov } = model.profile(theta);

  const oneRow = (row: Matrix) => {
    const variance = row.mmul(vcov).mmul(row.transpose()).get(0, 0);
    const g = Matrix.columnVector(slopes.map((slope) => row.mmul(slope).mmul(row.transpose()).get(0, 0)));
    return {
      t2: row.mmul(coef).get(0, 0) ** 2 / variance,
      df: (2 * variance ** 2) / g.transpose().mmul(A).mmul(g).get(0, 0),
    };
  };
  return (rows) => {
    const L = new Matrix(rows.map((row) => [...row]));
    const q = L.rows;
    if (q === 1) {
      const { t2, df } = oneRow(L);
      return { F: t2, df, scale: 1 };
    }
    const turned = new EigenvalueDecomposition(L.mmul(vcov).mmul(L.transpose()), {
      assumeSymmetric: true,
    }).eigenvectorMatrix
      .transpose()
      .mmul(L);
    const each = Array.from({ length: q }, (_, i) => oneRow(turned.getRowVector(i)));
    const F = each.reduce((sum, { t2 }) => sum + t2, 0) / q;
    const dfs = each.map(({ df }) => df);
    if (dfs.every((df) => Math.abs(df - dfs[0]!) < 1e-8 * df)) return { F, df: dfs[0]!, scale: 1 };
    if (dfs.some((df) => df <= 2)) return { F, df: 2, scale: 1 };
    const E = dfs.reduce((sum, df) => sum + df / (df - 2), 0);
    return { F, df: (2 * E) / (E - q), scale: 1 };
  };
}

/** Second derivatives by central differences, extrapolated once (Richardson). */
function hessian(f: (x: readonly number[]) => number, x: readonly number[]): Matrix {
  const k = x.length;
  const withStep = (h: number) => {
    const steps = x.map((value) => h * Math.max(Math.abs(value), 0.05));
    const shifted = (i: number, a: number, j: number, b: number) => {
      const at = [...x];
      at[i]! += a * steps[i]!;
      at[j]! += b * steps[j]!;
      return f(at);
    };
    const H = Matrix.zeros(k, k);
    const centre = f(x);
    for (let i = 0; i < k; i++) {
      for (let j = i; j < k; j++) {
        const value =
          i === j
            ? (shifted(i, 1, i, 0) - 2 * centre + shifted(i, -1, i, 0)) / steps[i]! ** 2
            : (shifted(i, 1, j, 1) - shifted(i, 1, j, -1) - shifted(i, -1, j, 1) + shifted(i, -1, j, -1)) /
              (4 * steps[i]! * steps[j]!);
        H.set(i, j, value);
        H.set(j, i, value);
      }
    }
    return H;
  };
  const fine = withStep(0.005);
  return Matrix.add(fine, Matrix.sub(fine, withStep(0.01)).div(3));
}

/** ∂f/∂x_i of a matrix by central differences, extrapolated once. */
function derivative(f: (x: readonly number[]) => Matrix, x: readonly number[], i: number): Matrix {
  const withStep = (h: number) => {
    const step = h * Math.max(Math.abs(x[i]!), 0.05);
    return Matrix.sub(f(x.with(i, x[i]! + step)), f(x.with(i, x[i]! - step))).div(2 * step);
  };
  const fine = withStep(0.005);
  return Matrix.add(fine, Matrix.sub(fine, withStep(0.01)).div(3));
}

// ── Kenward–Roger ───────────────────────────────────────────────────────────────────────────────

interface KenwardRogerCovariance {
  readonly Phi: Matrix;
  /** Φ_A, the adjusted vcov. */
  readonly adjusted: Matrix;
  /** P_i of each variance parameter. */
  readonly P: readonly Matrix[];
  /** Inverse of the expected information of the variance parameters. */
  readonly W: Matrix;
}

/** Kenward & Roger (1997), section 2, with V linear in its parameters as far as the adjustment goes (R_ij = 0). */
function kenwardRogerCovariance(model: MarginalModel, theta: readonly number[], sigma: number): KenwardRogerCovariance {
  const relative = model.relativeV(theta);
  const Vinv = inverse(relative).div(sigma ** 2);
  const derivatives = [
    relative, // ∂V/∂σ²
    ...freeParameters(model, theta).map((k) => model.relativeDerivative(theta, k).mul(sigma ** 2)),
  ];
  const VX = Vinv.mmul(model.X);
  const Phi = inverse(model.X.transpose().mmul(VX));
  const WD = derivatives.map((D) => Vinv.mmul(D));
  const DVX = derivatives.map((D) => D.mmul(VX));
  const P = DVX.map((D) => VX.transpose().mmul(D).mul(-1));
  const Q = DVX.map((Di) => DVX.map((Dj) => Di.transpose().mmul(Vinv).mmul(Dj)));
  const k = derivatives.length;

  const information = Matrix.zeros(k, k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const PhiPi = Phi.mmul(P[i]!);
      const PhiPj = Phi.mmul(P[j]!);
      information.set(
        i,
        j,
        traceProduct(WD[i]!, WD[j]!) / 2 - traceProduct(Phi, Q[i]![j]!) + traceProduct(PhiPi, PhiPj) / 2,
      );
    }
  }
  const W = inverse(information);
  const U = Matrix.zeros(model.p, model.p);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) U.add(Matrix.sub(Q[i]![j]!, P[i]!.mmul(Phi).mmul(P[j]!)).mul(W.get(i, j)));
  return { Phi, adjusted: Matrix.add(Phi, Phi.mmul(U).mmul(Phi).mul(2)), P, W };
}

/** Kenward & Roger (1997), section 3: the scale λ and the denominator df m of λF. */
function kenwardRogerTest({ Phi, adjusted, P, W }: KenwardRogerCovariance, coef: Matrix, L: Matrix): PlainTest {
  const q = L.rows;
  const Theta = L.transpose()
    .mmul(inverse(L.mmul(Phi).mmul(L.transpose())))
    .mmul(L);
  const parts = P.map((Pi) => Theta.mmul(Phi).mmul(Pi).mmul(Phi));
  let A1 = 0;
  let A2 = 0;
  parts.forEach((a, i) => {
    parts.forEach((b, j) => {
      A1 += W.get(i, j) * a.trace() * b.trace();
      A2 += W.get(i, j) * traceProduct(a, b);
    });
  });
  const B = (A1 + 6 * A2) / (2 * q);
  const g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2);
  const divisor = 3 * q + 2 * (1 - g);
  const [c1, c2, c3] = [g / divisor, (q - g) / divisor, (q + 2 - g) / divisor];
  const expectation = 1 / (1 - A2 / q);
  const variance = ((2 / q) * (1 + c1 * B)) / ((1 - c2 * B) ** 2 * (1 - c3 * B));
  const rho = variance / (2 * expectation ** 2);
  const df = 4 + (q + 2) / (q * rho - 1);
  const scale = df / (expectation * (df - 2));
  const estimate = L.mmul(coef);
  const wald = estimate
    .transpose()
    .mmul(inverse(L.mmul(adjusted).mmul(L.transpose())))
    .mmul(estimate)
    .get(0, 0);
  return { F: (scale * wald) / q, df, scale };
}

/** tr(A B). */
function traceProduct(A: Matrix, B: Matrix): number {
  let sum = 0;
  for (let i = 0; i < A.rows; i++) for (let j = 0; j < A.columns; j++) sum += A.get(i, j) * B.get(j, i);
  return sum;
}
