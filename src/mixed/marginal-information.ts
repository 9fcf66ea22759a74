/**
 * What the degrees of freedom need of a marginal model at its estimate, exact.
 *
 * V is linear in η, the elements of Σ (K×K) and of each factor's G (k×k). With "carriers" W_i (a subject's rows, or
 * the rows of Z that belong to one level), V = Σ_i W_i M_i W_i', M_i being Σ or a G, so that everything is in the
 * blocks A_ij = W_i'V⁻¹W_j and Y_i = W_i'V⁻¹[XF e]:
 *     tr(V⁻¹V_aV⁻¹V_b) = Σ_ij tr(M_a A_ij M_b A_ji)        tr(ΦQ_ab) = Σ_ij tr(M_a A_ij M_b Y_jY_i')
 * Summed first over i, j into arrays over quadruples of visits, then contracted; pooled subjects (pattern-pool.ts) add
 * their sums. Over x = (theta, ψ):
 *     expected   J'E J;    observed   J'O J + Σ_η ∂d/∂η ∂²η/∂x²
 *     E_ab = tr(PV_aPV_b) (ML: tr(V⁻¹V_aV⁻¹V_b)),   O_ab = 2 e'V⁻¹V_aPV_bV⁻¹e − E_ab.
 * Fixed effects are in coordinates γ with β = Fγ, in which Φ is the identity.
 *
 * Sources    Kenward & Roger (1997) Biometrics 53:983–997, eq. 3–6; Jennrich & Schluchter (1986) Biometrics
 *            42:805–820.
 */
import { type Matrix, multiply, transpose, zeros } from "../numeric/matrix.js";
import type { Component, Subject } from "./marginal-blocks.js";
import {
  type ComponentState,
  type CovarianceSlopes,
  type MarginalDeviance,
  type MarginalState,
  projectComponent,
  residualColumns,
} from "./marginal-deviance.js";
import {
  addSolved,
  addWeighted,
  between,
  congruent,
  emptyPacked,
  outerSquare,
  projectedSquare,
} from "./pattern-pool.js";
import { combine, type StratumAt, strataAt, traceAmong } from "./stratum-products.js";

export interface MarginalInformation {
  /** Hessian of −2 log-likelihood (or REML criterion) over x. */
  readonly observed: Matrix;
  /** Its expectation. */
  readonly expected: Matrix;
  /** X'V⁻¹V_aV⁻¹X for each x, in the coordinates γ. */
  readonly P: readonly Matrix[];
  /** Σ_ab W_ab X'V⁻¹V_aV⁻¹V_bV⁻¹X over the x given by `indices`, in the coordinates γ; W symmetric. */
  readonly sumOfQ: (indices: readonly number[], W: (a: number, b: number) => number) => Matrix;
  readonly slopes: CovarianceSlopes;
}

/** A symmetric matrix whose elements are part of η: Σ (type 0), or the G of a factor (1, 2, …). */
interface ElementType {
  readonly k: number;
  /** Index of element (u, v) in η, k×k. */
  readonly index: Int32Array;
}

/** @param x  where the deviance can be evaluated */
export function marginalInformation(deviance: MarginalDeviance, x: Float64Array): MarginalInformation {
  const { blocks, covariance, method } = deviance;
  const state = deviance.state(x)!;
  const slopes = deviance.slopes();
  const { types, elements } = elementTypes([covariance.visits, ...blocks.structure.factors.map(({ k }) => k)]);
  const isReml = method === "REML";
  const { p } = blocks;

  const N = residualColumns(state, true);
  const projections = blocks.components.map((component, c) => projectComponent(component, state.components[c]!, N));
  const strata = strataOfState(state, types[0]!, blocks.patterns, N);
  const { P, cross } = projectedSlopes(deviance, projections, types, elements);
  addPooledSlopes(deviance, state, N, types[0]!, P, cross);
  addStrataSlopes(strata, p, P, cross);
  const sums = elementSums(deviance, state, projections, types, elements, isReml);
  addStrataSums(deviance, state, projections, strata, types, sums, isReml);

  const expected = zeros(elements, elements);
  const observed = zeros(elements, elements);
  for (let a = 0; a < elements; a++)
    for (let b = a; b < elements; b++) {
      const at = a * elements + b;
      const mirrored = b * elements + a;
      let trace = sums.traces.data[at]! + sums.traces.data[mirrored]!;
      if (isReml) for (let i = 0; i < p * p; i++) trace += P[a]![i]! * P[b]![i]!;
      let twice = 2 * (sums.squares.data[at]! + sums.squares.data[mirrored]!);
      for (let i = 0; i < p; i++) twice -= 2 * cross[a]![i]! * cross[b]![i]!;
      expected.data[at] = trace;
      expected.data[mirrored] = trace;
      observed.data[at] = twice - trace;
      observed.data[mirrored] = twice - trace;
    }

  const J = jacobian(deviance, state, types, elements);
  const overX = (matrix: Matrix): Matrix => multiply(multiply(transpose(J), matrix), J);
  const curved = curvature(deviance, state, slopes);
  const inElements = overX(observed);
  return {
    expected: overX(expected),
    observed: { ...inElements, data: inElements.data.map((v, i) => v + curved.data[i]!) },
    P: Array.from({ length: x.length }, (_, a) => {
      const sum = zeros(p, p);
      for (let e = 0; e < elements; e++) {
        const weight = J.data[e * x.length + a]!;
        if (weight !== 0) for (let i = 0; i < p * p; i++) sum.data[i]! += weight * P[e]![i]!;
      }
      return sum;
    }),
    sumOfQ: (indices, W) => {
      // W over η: J W J'.
      const part = zeros(elements, indices.length);
      for (let e = 0; e < elements; e++)
        indices.forEach((index, a) => {
          part.data[e * indices.length + a] = J.data[e * x.length + index]!;
        });
      const weights = zeros(indices.length, indices.length);
      for (let a = 0; a < indices.length; a++)
        for (let b = 0; b < indices.length; b++) weights.data[a * indices.length + b] = W(a, b);
      const overElements = multiply(multiply(part, weights), transpose(part));
      return weightedQ(deviance, state, projections, strata, types, overElements);
    },
    slopes,
  };
}

function elementTypes(sizes: readonly number[]): { types: ElementType[]; elements: number } {
  let elements = 0;
  const types = sizes.map((k) => {
    const index = new Int32Array(k * k);
    for (let u = 0; u < k; u++)
      for (let v = u; v < k; v++) {
        index[u * k + v] = elements;
        index[v * k + u] = elements++;
      }
    return { k, index };
  });
  return { types, elements };
}

// ── carriers ────────────────────────────────────────────────────────────────────────────────────

/** A subject or a level: which elements its d rows of A and Y belong to. */
interface Carrier {
  readonly type: number;
  /** d indices into the k of the type. */
  readonly places: Int32Array;
  /** Y_i, d×(p+1): the columns of V⁻¹XF and V⁻¹e. */
  readonly Y: Float64Array;
  readonly subject: Subject | null;
  /** Position among the subjects; first scalar for a level. */
  readonly at: number;
}

type Projection = ReturnType<typeof projectComponent>;

/** The subjects, but for those in strata, and the levels. */
function carriersOf(
  { blocks }: MarginalDeviance,
  component: Component,
  { ofSubjects, ofScalars }: Projection,
  types: readonly ElementType[],
): Carrier[] {
  const width = ofScalars.cols;
  return [
    ...ofSubjects.map((Y, at) => {
      const subject = component.subjects[at]!;
      return { type: 0, places: blocks.patterns[subject.pattern]!.visits, Y, subject, at };
    }),
    ...component.nodes.map(({ factor, at }) => {
      const { k } = types[factor + 1]!;
      return {
        type: factor + 1,
        places: Int32Array.from({ length: k }, (_, i) => i),
        Y: ofScalars.data.subarray(at * width, (at + k) * width),
        subject: null,
        at,
      };
    }),
  ];
}

/** A_ij = W_i'V⁻¹W_j (d_i × d_j) for carriers of one component. */
function blockMaker(component: Component, own: ComponentState, state: MarginalState, b: number) {
  const q = component.scalars;
  const C = own.C.data;
  const S = own.S.data;
  const SC = multiply(own.S, own.C).data;
  const CSC = multiply(own.C, { rows: q, cols: q, data: SC }).data;
  /** Rows of V⁻¹Z for each subject: U (I − SC), n_i × q. */
  const rowsOfZ = own.solved.map((U, i) => {
    const { scalars } = component.subjects[i]!;
    const a = scalars.length;
    const m = U.length / (a + b);
    const rows = new Float64Array(m * q);
    for (let r = 0; r < m; r++)
      for (let s = 0; s < a; s++) {
        const u = U[r * (a + b) + s]!;
        const scalar = scalars[s]!;
        rows[r * q + scalar]! += u;
        for (let t = 0; t < q; t++) rows[r * q + t]! -= u * SC[scalar * q + t]!;
      }
    return rows;
  });
  /** U S for each subject, n_i × q. */
  const halves = own.solved.map((U, i) => {
    const { scalars } = component.subjects[i]!;
    const a = scalars.length;
    const m = U.length / (a + b);
    const half = new Float64Array(m * q);
    for (let r = 0; r < m; r++)
      for (let s = 0; s < a; s++) {
        const u = U[r * (a + b) + s]!;
        for (let t = 0; t < q; t++) half[r * q + t]! += u * S[scalars[s]! * q + t]!;
      }
    return half;
  });
  return (left: Carrier, right: Carrier): Float64Array => {
    const [rows, cols] = [left.places.length, right.places.length];
    const A = new Float64Array(rows * cols);
    if (left.subject !== null && right.subject !== null) {
      const { scalars, pattern } = right.subject;
      const width = scalars.length + b;
      const U = own.solved[right.at]!;
      const half = halves[left.at]!;
      if (left.at === right.at) A.set(state.inverses[pattern]!.data);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++)
          for (let s = 0; s < scalars.length; s++) A[i * cols + j]! -= half[i * q + scalars[s]!]! * U[j * width + s]!;
    } else if (left.subject !== null) {
      const z = rowsOfZ[left.at]!;
      for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) A[i * cols + j] = z[i * q + right.at + j]!;
    } else {
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++) {
          const at = (left.at + i) * q + right.at + j;
          A[i * cols + j] = C[at]! - CSC[at]!;
        }
    }
    return A;
  };
}

// ── sums over carriers ──────────────────────────────────────────────────────────────────────────

/** For each element P_a (p×p) and X'V⁻¹V_ae' (p), in the coordinates γ. */
function projectedSlopes(
  deviance: MarginalDeviance,
  projections: readonly Projection[],
  types: readonly ElementType[],
  elements: number,
): { P: Float64Array[]; cross: Float64Array[] } {
  const { p, components } = deviance.blocks;
  const width = p + 1;
  const P = Array.from({ length: elements }, () => new Float64Array(p * p));
  const cross = Array.from({ length: elements }, () => new Float64Array(p));
  const carriers = components.flatMap((component, c) => carriersOf(deviance, component, projections[c]!, types));
  types.forEach(({ k, index }, type) => {
    const own = carriers.filter((carrier) => carrier.type === type);
    /** Start in Y of each place of each carrier, −1 where it has none. */
    const starts = own.map(({ places }) => {
      const start = new Int32Array(k).fill(-1);
      places.forEach((place, u) => {
        start[place] = u * width;
      });
      return start;
    });
    for (let u = 0; u < k; u++)
      for (let v = u; v < k; v++) {
        const element = index[u * k + v]!;
        const rows: RowPair[] = [];
        own.forEach(({ Y }, c) => {
          const [left, right] = [starts[c]![u]!, starts[c]![v]!];
          if (left >= 0 && right >= 0) rows.push({ Y, left, right });
        });
        addRowProducts(P[element]!, rows, p);
        const ga = cross[element]!;
        for (const { Y, left, right } of rows)
          for (let i = 0; i < p; i++) {
            ga[i]! += Y[left + i]! * Y[right + p]!;
            if (u !== v) ga[i]! += Y[right + i]! * Y[left + p]!;
          }
      }
  });
  // So far y_u y_v' for u < v: an element off the diagonal stands for both (u, v) and (v, u).
  for (const { k, index } of types)
    for (let u = 0; u < k; u++)
      for (let v = u + 1; v < k; v++) {
        const Pa = P[index[u * k + v]!]!;
        for (let i = 0; i < p; i++)
          for (let j = 0; j <= i; j++) {
            const sum = Pa[i * p + j]! + Pa[j * p + i]!;
            Pa[i * p + j] = sum;
            Pa[j * p + i] = sum;
          }
      }
  return { P, cross };
}

/** The same of the pooled subjects, added in place. */
function addPooledSlopes(
  { blocks: { pools, patterns, p } }: MarginalDeviance,
  { inverses }: MarginalState,
  N: Matrix,
  { k, index }: ElementType,
  P: readonly Float64Array[],
  cross: readonly Float64Array[],
): void {
  if (pools.length === 0) return;
  const b = p + 1;
  const packed = Array.from({ length: (k * (k + 1)) / 2 }, () => emptyPacked(b));
  for (const pool of pools) {
    const { visits } = patterns[pool.pattern]!;
    addSolved(pool, inverses[pool.pattern]!, (u, v) => packed[index[visits[u]! * k + visits[v]!]!]!);
  }
  for (let u = 0; u < k; u++)
    for (let v = u; v < k; v++) {
      const element = index[u * k + v]!;
      const projected = congruent(packed[element]!, N);
      const Pa = P[element]!;
      const ga = cross[element]!;
      const times = u === v ? 1 : 2;
      for (let i = 0; i < p; i++) {
        for (let j = 0; j < p; j++) Pa[i * p + j]! += times * projected[i * b + j]!;
        ga[i]! += times * projected[i * b + p]!;
      }
    }
}

// ── rows in strata ──────────────────────────────────────────────────────────────────────────────

/** Strata of single rows, by component and together. */
interface StrataOfState {
  /** Of each component; null for those whose subjects are carriers. */
  readonly ofComponents: readonly (readonly StratumAt[] | null)[];
  /** Element of Σ that a pattern's rows have: its variance. */
  readonly elementOf: (pattern: number) => number;
  /** For each pattern with strata Y'I_aY less what the components explain: w_a²N'[X y]_a'[X y]_aN. */
  readonly squares: readonly { readonly element: number; readonly w: number; readonly square: Matrix }[];
}

function strataOfState(
  { components, inverses, squares }: MarginalState,
  { k, index }: ElementType,
  patterns: MarginalDeviance["blocks"]["patterns"],
  N: Matrix,
): StrataOfState {
  const weightOf = (pattern: number): number => inverses[pattern]!.data[0]!;
  const elementOf = (pattern: number): number => index[patterns[pattern]!.visits[0]! * (k + 1)]!;
  return {
    elementOf,
    ofComponents: components.map((own) => (own.strata === null ? null : strataAt(own.strata, weightOf, own, N))),
    squares: squares.flatMap((square, pattern) => {
      if (square === null) return [];
      const w = weightOf(pattern);
      const { data, ...shape } = multiply(transpose(N), multiply(square, N));
      return [{ element: elementOf(pattern), w, square: { ...shape, data: data.map((v) => w * w * v) } }];
    }),
  };
}

/** What strata add to P_a and X'V⁻¹V_ae', in place. */
function addStrataSlopes(
  { ofComponents, elementOf, squares }: StrataOfState,
  p: number,
  P: readonly Float64Array[],
  cross: readonly Float64Array[],
): void {
  const b = p + 1;
  const add = (element: number, { data }: Matrix): void => {
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < p; j++) P[element]![i * p + j]! += data[i * b + j]!;
      cross[element]![i]! += data[i * b + p]!;
    }
  };
  for (const { element, square } of squares) add(element, square);
  for (const strata of ofComponents)
    for (const { stratum, explained } of strata ?? []) add(elementOf(stratum.pattern), explained);
}

/** What strata add to the sums over pairs of elements, in place: among themselves and with the levels. */
function addStrataSums(
  { blocks: { components, p } }: MarginalDeviance,
  state: MarginalState,
  projections: readonly Projection[],
  { ofComponents, elementOf, squares }: StrataOfState,
  types: readonly ElementType[],
  sums: { readonly traces: Matrix; readonly squares: Matrix },
  isReml: boolean,
): void {
  const b = p + 1;
  const elements = sums.traces.cols;
  const add = (at: number, trace: number, ofX: number, ofE: number): void => {
    sums.traces.data[at]! += trace - (isReml ? 2 * ofX : 0);
    sums.squares.data[at]! += ofE;
  };
  for (const { element, w, square } of squares) {
    const at = element * (elements + 1);
    add(at, 0, (w * traceOfX(square.data, p)) / 2, (w * square.data[p * b + p]!) / 2);
  }
  ofComponents.forEach((strata, c) => {
    if (strata === null) return;
    const { C, S } = state.components[c]!;
    const q = C.rows;
    const SCs = strata.map(({ stratum }) => multiply(S, stratum.C));
    const SGs = strata.map(({ G }) => multiply(S, G));
    const CS = multiply(C, S);
    const cs = CS.data;
    const Y = projections[c]!.ofScalars.data;
    strata.forEach((left, a) => {
      const element = elementOf(left.stratum.pattern);
      strata.forEach((right, d) => {
        // G_a'SG_b has these diagonal elements.
        const diagonal = columnProducts(left.G, SGs[d]!);
        let ofX = 0;
        for (let i = 0; i < p; i++) ofX -= diagonal[i]!;
        let ofE = -diagonal[p]!;
        if (a === d) {
          ofX += left.w * traceOfX(left.explained.data, p);
          ofE += left.w * left.explained.data[p * b + p]!;
        }
        const at = element * elements + elementOf(right.stratum.pattern);
        add(at, traceAmong(left, right, SCs[a]!, SCs[d]!) / 2, ofX / 2, ofE / 2);
      });
      // Z'V⁻¹I_aV⁻¹Z is CV'(I − SC) with CV = (I − CS) w_a²C_a; of it the blocks of single levels.
      const w2 = left.w ** 2;
      const through = combine(w2, left.stratum.C, -w2, multiply(CS, left.stratum.C)).data;
      const L = left.L.data;
      for (const { factor, at: level } of components[c]!.nodes) {
        const { k, index } = types[factor + 1]!;
        for (let u = 0; u < k; u++)
          for (let v = 0; v < k; v++) {
            const [row, col] = [level + u, level + v];
            let trace = through[row * q + col]!;
            for (let s = 0; s < q; s++) trace -= through[row * q + s]! * cs[col * q + s]!;
            let ofX = 0;
            for (let i = 0; i < p; i++) ofX += L[row * b + i]! * Y[col * b + i]!;
            const at = element * elements + index[u * k + v]!;
            add(at, trace, ofX, L[row * b + p]! * Y[col * b + p]!);
          }
      }
    });
  });
}

/** Trace of the leading p×p of a (p + 1)². */
function traceOfX(data: Float64Array, p: number): number {
  let sum = 0;
  for (let i = 0; i < p; i++) sum += data[i * (p + 2)]!;
  return sum;
}

/** Diagonal of A'B. */
function columnProducts(A: Matrix, B: Matrix): Float64Array {
  const sums = new Float64Array(A.cols);
  const { rows, cols, data: left } = A;
  const { data: right } = B;
  for (let row = 0, at = 0; row < rows; row++) for (let j = 0; j < cols; j++, at++) sums[j]! += left[at]! * right[at]!;
  return sums;
}

/** What strata add to Σ_ab W_ab Q_ab, before its transpose is added, over the columns of X: p×p in place. */
function addStrataQ(
  { blocks: { components, p } }: MarginalDeviance,
  state: MarginalState,
  projections: readonly Projection[],
  { ofComponents, elementOf, squares }: StrataOfState,
  types: readonly ElementType[],
  W: Matrix,
  half: Matrix,
): void {
  const b = p + 1;
  const add = ({ data }: Matrix, weight: number): void => {
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) half.data[i * p + j]! += weight * data[i * b + j]!;
  };
  for (const { element, w, square } of squares) add(square, (W.data[element * (W.cols + 1)]! * w) / 2);
  ofComponents.forEach((strata, c) => {
    if (strata === null) return;
    const { S } = state.components[c]!;
    const Y = projections[c]!.ofScalars;
    for (const left of strata) {
      const element = elementOf(left.stratum.pattern);
      add(left.explained, (W.data[element * (W.cols + 1)]! * left.w) / 2);
      // Σ_b W_ab G_b, of which G_a'S … is taken, and Σ W Y over the levels.
      const others = zeros(Y.rows, b);
      for (const right of strata) {
        const weight = W.data[element * W.cols + elementOf(right.stratum.pattern)]!;
        for (let i = 0; i < others.data.length; i++) others.data[i]! += weight * right.G.data[i]!;
      }
      add(multiply(transpose(left.G), multiply(S, others)), -0.5);
      const weighted = zeros(Y.rows, b);
      for (const { factor, at } of components[c]!.nodes) {
        const { k, index } = types[factor + 1]!;
        for (let u = 0; u < k; u++)
          for (let v = 0; v < k; v++) {
            const weight = W.data[element * W.cols + index[u * k + v]!]!;
            const [to, from] = [(at + u) * b, (at + v) * b];
            for (let i = 0; i < b; i++) weighted.data[to + i]! += weight * Y.data[from + i]!;
          }
      }
      add(multiply(transpose(left.L), weighted), 1);
    }
  });
}

// ── sums over pairs of carriers ─────────────────────────────────────────────────────────────────

/** Two rows of one Y, by where they start. */
interface RowPair {
  readonly Y: Float64Array;
  readonly left: number;
  readonly right: number;
}

/** Σ y_left y_right' over p columns, added in place; four at a time, so that the sums are gone through less often. */
function addRowProducts(sums: Float64Array, rows: readonly RowPair[], p: number): void {
  const none: RowPair = { Y: new Float64Array(p), left: 0, right: 0 };
  for (let at = 0; at < rows.length; at += 4) {
    const { Y: Y0, left: l0, right: r0 } = rows[at]!;
    const { Y: Y1, left: l1, right: r1 } = rows[at + 1] ?? none;
    const { Y: Y2, left: l2, right: r2 } = rows[at + 2] ?? none;
    const { Y: Y3, left: l3, right: r3 } = rows[at + 3] ?? none;
    for (let i = 0; i < p; i++) {
      const [a0, a1, a2, a3] = [Y0[l0 + i]!, Y1[l1 + i]!, Y2[l2 + i]!, Y3[l3 + i]!];
      const row = i * p;
      for (let j = 0; j < p; j++)
        sums[row + j]! += a0 * Y0[r0 + j]! + a1 * Y1[r1 + j]! + a2 * Y2[r2 + j]! + a3 * Y3[r3 + j]!;
    }
  }
}

/**
 * Over pairs of elements, to be added to their transposes: tr(V⁻¹V_aV⁻¹V_b) − 2tr(ΦQ_ab) (ML: without the second)
 * and e'V⁻¹V_aV⁻¹V_bV⁻¹e.
 */
function elementSums(
  deviance: MarginalDeviance,
  state: MarginalState,
  projections: readonly Projection[],
  types: readonly ElementType[],
  elements: number,
  isReml: boolean,
): { traces: Matrix; squares: Matrix } {
  const { blocks } = deviance;
  const { p, components, patterns, pools } = blocks;
  const width = p + 1;
  const quadruples = types.map((left) =>
    types.map((right) => ({
      traces: new Float64Array((left.k * right.k) ** 2),
      squares: new Float64Array((left.k * right.k) ** 2),
    })),
  );
  /** A ⊗ (times·A − 2B) and A ⊗ E, with B and E (d_i × d_j). */
  const add = (
    i: Pick<Carrier, "type" | "places">,
    j: Pick<Carrier, "type" | "places">,
    A: Float64Array,
    other: Float64Array,
    E: Float64Array,
    weight: number,
  ): void => {
    const { traces, squares } = quadruples[i.type]![j.type]!;
    const [ki, kj] = [types[i.type]!.k, types[j.type]!.k];
    const [di, dj] = [i.places.length, j.places.length];
    for (let u = 0; u < di; u++)
      for (let v = 0; v < di; v++) {
        const row = (i.places[u]! * ki + i.places[v]!) * kj;
        for (let w = 0; w < dj; w++) {
          const a = weight * A[u * dj + w]!;
          const at = (row + j.places[w]!) * kj;
          for (let x = 0; x < dj; x++) {
            traces[at + j.places[x]!]! += a * other[v * dj + x]!;
            squares[at + j.places[x]!]! += a * E[v * dj + x]!;
          }
        }
      }
  };
  /** Y_iY_j' over the columns of X, and e_ie_j', added in place. */
  const addProducts = (i: Carrier, j: Carrier, B: Float64Array, E: Float64Array): void => {
    const [di, dj] = [i.places.length, j.places.length];
    for (let v = 0; v < di; v++)
      for (let x = 0; x < dj; x++) {
        if (isReml) {
          let sum = 0;
          for (let k = 0; k < p; k++) sum += i.Y[v * width + k]! * j.Y[x * width + k]!;
          B[v * dj + x]! -= 2 * sum;
        }
        E[v * dj + x]! += i.Y[v * width + p]! * j.Y[x * width + p]!;
      }
  };

  // Subjects without random effects: one sum for each pattern.
  const alone = patterns.map(({ visits }) => ({
    count: 0,
    B: new Float64Array(visits.length ** 2),
    E: new Float64Array(visits.length ** 2),
  }));
  components.forEach((component, c) => {
    const carriers = carriersOf(deviance, component, projections[c]!, types);
    if (component.scalars === 0) {
      carriers.forEach((carrier) => {
        const sum = alone[carrier.subject!.pattern]!;
        sum.count++;
        addProducts(carrier, carrier, sum.B, sum.E);
      });
      return;
    }
    const block = blockMaker(component, state.components[c]!, state, width);
    for (let i = 0; i < carriers.length; i++)
      for (let j = i; j < carriers.length; j++) {
        const [left, right] = [carriers[i]!, carriers[j]!];
        const A = block(left, right);
        const other = A.slice();
        const E = new Float64Array(A.length);
        addProducts(left, right, other, E);
        add(left, right, A, other, E, i === j ? 0.5 : 1);
      }
  });
  const N = residualColumns(state, true);
  const [ofX, ofE] = [outerSquare(N, 0, p), outerSquare(N, p, width)];
  for (const pool of pools) {
    const sum = alone[pool.pattern]!;
    const inverse = state.inverses[pool.pattern]!;
    sum.count += pool.count;
    if (isReml) addScaled(sum.B, -2, projectedSquare(pool, inverse, ofX));
    addScaled(sum.E, 1, projectedSquare(pool, inverse, ofE));
  }
  alone.forEach(({ count, B, E }, pattern) => {
    if (count === 0) return;
    const A = state.inverses[pattern]!.data;
    const carrier = { type: 0, places: patterns[pattern]!.visits };
    add(
      carrier,
      carrier,
      A,
      B.map((v, i) => v + count * A[i]!),
      E,
      0.5,
    );
  });

  const contract = (which: "traces" | "squares"): Matrix => {
    const sums = zeros(elements, elements);
    types.forEach((left, s) => {
      types.forEach((right, t) => {
        const quadruple = quadruples[s]![t]![which];
        for (let uv = 0; uv < left.k ** 2; uv++)
          for (let wx = 0; wx < right.k ** 2; wx++)
            sums.data[left.index[uv]! * elements + right.index[wx]!]! += quadruple[uv * right.k ** 2 + wx]!;
      });
    });
    return sums;
  };
  return { traces: contract("traces"), squares: contract("squares") };
}

/** y ← y + a x, in place. */
function addScaled(y: Float64Array, a: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i]! += a * x[i]!;
}

/** Σ_ab W_ab Q_ab for W over the elements, in the coordinates γ. */
function weightedQ(
  deviance: MarginalDeviance,
  state: MarginalState,
  projections: readonly Projection[],
  strata: StrataOfState,
  types: readonly ElementType[],
  W: Matrix,
): Matrix {
  const { p, components, patterns, pools } = deviance.blocks;
  const width = p + 1;
  const half = zeros(p, p);
  /** N[u, x] = Σ_vw W[(u,v),(w,x)] A[v, w]. */
  const weigh = (i: Pick<Carrier, "type" | "places">, j: Pick<Carrier, "type" | "places">, A: Float64Array) => {
    const [left, right] = [types[i.type]!, types[j.type]!];
    const [di, dj] = [i.places.length, j.places.length];
    const N = new Float64Array(di * dj);
    for (let u = 0; u < di; u++)
      for (let v = 0; v < di; v++) {
        const row = left.index[i.places[u]! * left.k + i.places[v]!]! * W.cols;
        for (let w = 0; w < dj; w++) {
          const a = A[v * dj + w]!;
          const from = j.places[w]! * right.k;
          for (let x = 0; x < dj; x++) N[u * dj + x]! += a * W.data[row + right.index[from + j.places[x]!]!]!;
        }
      }
    return N;
  };
  /** NY_j over the columns of X, added to `sum` (d_i × p) in place. */
  const addTimes = (sum: Float64Array, di: number, N: Float64Array, j: Carrier, weight: number): void => {
    const dj = j.places.length;
    for (let u = 0; u < di; u++)
      for (let x = 0; x < dj; x++) {
        const value = weight * N[u * dj + x]!;
        if (value !== 0) for (let k = 0; k < p; k++) sum[u * p + k]! += value * j.Y[x * width + k]!;
      }
  };
  /** Y_i' times `sum`. */
  const addOuter = ({ places, Y }: Carrier, sum: Float64Array): void => {
    for (let u = 0; u < places.length; u++)
      for (let k = 0; k < p; k++) {
        const y = Y[u * width + k]!;
        for (let l = 0; l < p; l++) half.data[k * p + l]! += y * sum[u * p + l]!;
      }
  };

  const alone = patterns.map(({ visits }, pattern) => {
    const carrier = { type: 0, places: visits };
    return weigh(carrier, carrier, state.inverses[pattern]!.data);
  });
  components.forEach((component, c) => {
    const carriers = carriersOf(deviance, component, projections[c]!, types);
    if (component.scalars === 0) {
      for (const carrier of carriers) {
        const own = new Float64Array(carrier.places.length * p);
        addTimes(own, carrier.places.length, alone[carrier.subject!.pattern]!, carrier, 0.5);
        addOuter(carrier, own);
      }
      return;
    }
    const block = blockMaker(component, state.components[c]!, state, width);
    for (let i = 0; i < carriers.length; i++) {
      const left = carriers[i]!;
      // Σ_j N_ij Y_j first: one product with Y_i' for each i, not for each pair.
      const own = new Float64Array(left.places.length * p);
      for (let j = i; j < carriers.length; j++) {
        const right = carriers[j]!;
        const N = weigh(left, right, block(left, right));
        addTimes(own, left.places.length, N, right, i === j ? 0.5 : 1);
      }
      addOuter(left, own);
    }
  });
  addStrataQ(deviance, state, projections, strata, types, W, half);
  const pooled = emptyPacked(width);
  for (const pool of pools) {
    const inverse = state.inverses[pool.pattern]!;
    addWeighted(pool, between(inverse.data, alone[pool.pattern]!, inverse.rows), pooled);
  }
  const projected = congruent(pooled, residualColumns(state, true));
  const sum = zeros(p, p);
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++)
      sum.data[i * p + j] = half.data[i * p + j]! + half.data[j * p + i]! + projected[i * width + j]!;
  return sum;
}

// ── from elements to parameters ─────────────────────────────────────────────────────────────────

/** ∂η/∂x, elements × length of x: dG = E Λ' + Λ E', and the slopes of Σ. */
function jacobian(
  { blocks, thetas }: MarginalDeviance,
  { lambdas, covarianceAt }: MarginalState,
  types: readonly ElementType[],
  elements: number,
): Matrix {
  const slopes = covarianceAt.slopes();
  const count = thetas + slopes.length;
  const J = zeros(elements, count);
  blocks.structure.theta.forEach(({ factor, row, col }, a) => {
    const { k, index } = types[factor + 1]!;
    const lambda = lambdas[factor]!;
    for (let v = 0; v < k; v++)
      J.data[index[row * k + v]! * count + a] = (v === row ? 2 : 1) * lambda.data[v * k + col]!;
  });
  const { k, index } = types[0]!;
  slopes.forEach((slope, a) => {
    for (let u = 0; u < k; u++)
      for (let v = u; v < k; v++) J.data[index[u * k + v]! * count + thetas + a] = slope.data[u * k + v]!;
  });
  return J;
}

/** Σ_η ∂d/∂η ∂²η/∂x². */
function curvature({ blocks, thetas }: MarginalDeviance, { covarianceAt }: MarginalState, slopes: CovarianceSlopes) {
  const ofPsi = covarianceAt.curvature(slopes.sigma);
  const count = thetas + ofPsi.rows;
  const curved = zeros(count, count);
  const { theta, factors } = blocks.structure;
  theta.forEach((left, a) => {
    theta.forEach((right, b) => {
      if (left.factor !== right.factor || left.col !== right.col) return;
      const { k } = factors[left.factor]!;
      curved.data[a * count + b] = 2 * slopes.factors[left.factor]!.data[left.row * k + right.row]!;
    });
  });
  for (let a = 0; a < ofPsi.rows; a++)
    for (let b = 0; b < ofPsi.rows; b++)
      curved.data[(thetas + a) * count + thetas + b] = ofPsi.data[a * ofPsi.rows + b]!;
  return curved;
}
