/**
 * C = Z'V_θ⁻¹Z of a linear mixed model, one unconnected component of Z'Z after the other, in a form small enough to keep;
 * and the sums over it that the information of the variance parameters needs.
 *
 * The levels of the first factor (l, m; most of all levels) are eliminated first, those that are alike at once. With N as
 * in leaf-classes.ts, s the levels of later factors in one component, A* = A_ss − Σ_l A_sl N_l A_ls their cross-products
 * after that, K = Λ_s (Λ_s'A*Λ_s + I)⁻¹ Λ_s', D_l = A_ll − A_ll N_l A_ll and E_l = A_sl − A_sl N_l A_ll:
 *     C_lm = δ_lm D_l − E_l' K E_m,    C_sl = E_l − A* K E_l,    C_ss = A* − A* K A*.
 *
 * Symbols    k scalars per level of the first factor, q later scalars of a component, m free thetas.
 */
import { solveInPlace } from "../numeric/block-cholesky.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { type Matrix, multiply, transpose, zeros } from "../numeric/matrix.js";
import type { AlikeLevels } from "./alike-levels.js";
import type { CrossProducts } from "./cross-products.js";
import type { ProfiledDeviance } from "./profiled-deviance.js";

export interface InverseComponent {
  readonly leaves: readonly LeafInverse[];
  readonly later: readonly LaterNode[];
  /** A*, q×q. */
  readonly among: Matrix;
  /** q×q. */
  readonly K: Matrix;
}

/** Levels of the first factor that are alike. */
interface LeafInverse {
  /** First scalar of each. */
  readonly scalars: readonly number[];
  /** k×k. */
  readonly D: Matrix;
  /** q×k. */
  readonly E: SparseRows;
}

/** A level of a later factor: its first scalar of all, and its first row among the component's. */
interface LaterNode {
  readonly factor: number;
  readonly scalar: number;
  readonly row: number;
}

/** A matrix of q rows, most of them zero: the others in blocks, each from its first row. */
type SparseRows = readonly { readonly row: number; readonly values: Matrix }[];

export function inverseComponents(
  deviance: ProfiledDeviance,
  lambdas: readonly Float64Array[],
): readonly InverseComponent[] {
  const { elimination } = deviance.crossProducts;
  return Array.from({ length: elimination.componentStart.length - 1 }, (_, component) =>
    inverseComponent(deviance, lambdas, component),
  );
}

function inverseComponent(
  deviance: ProfiledDeviance,
  lambdas: readonly Float64Array[],
  component: number,
): InverseComponent {
  const { crossProducts: products, alike } = deviance;
  const { leaves, later, among } = componentParts(products, alike, component);
  const q = among.rows;
  const { k } = products.structure.factors[0]!;
  const Lambda: Matrix = { rows: k, cols: k, data: lambdas[0]! };

  const eliminated = leaves.map(({ own, cross, scalars }): LeafInverse => {
    const Q = multiply(transpose(Lambda), multiply(own, Lambda));
    for (let i = 0; i < k; i++) Q.data[i * k + i]! += 1;
    const N = multiply(multiply(Lambda, invertPositiveDefinite(Q)!), transpose(Lambda));
    const rest = multiply(N, own);
    for (const left of cross) {
      const half = multiply(left.values, N);
      for (const right of cross) {
        const product = multiply(half, transpose(right.values));
        for (let i = 0; i < product.rows; i++)
          for (let j = 0; j < product.cols; j++)
            among.data[(left.row + i) * q + right.row + j]! -= scalars.length * product.data[i * product.cols + j]!;
      }
    }
    return {
      scalars,
      D: subtract(own, multiply(own, rest)),
      E: cross.map(({ row, values }) => ({ row, values: subtract(values, multiply(values, rest)) })),
    };
  });
  // K from the factor at theta: the inverse of its later block.
  return { leaves: eliminated, later, among, K: laterInverse(deviance, lambdas, component, later, q) };
}

/** Levels of the first factor that are alike, before they are eliminated. */
interface Leaf {
  readonly scalars: number[];
  /** k×k, A_ll. */
  readonly own: Matrix;
  /** A_sl. */
  readonly cross: SparseRows;
}

/** The leaves of a component by class, its later nodes, and Z'Z among those. */
function componentParts(products: CrossProducts, { classOf }: AlikeLevels, component: number) {
  const { elimination, raw, structure, blockStart, blockRow, blockCol, rowFactor, colFactor } = products;
  const { componentStart, columns, index, indexStart, panelStart } = elimination;
  const { factors } = structure;
  const from = componentStart[component]!;
  const to = componentStart[component + 1]!;

  const later: LaterNode[] = [];
  const rowOf = new Map<number, number>();
  let q = 0;
  for (let s = from; s < to; s++)
    for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
      if (blockRow[block] !== blockCol[block] || colFactor[block] === 0) continue;
      const scalar = index[indexStart[s]! + blockCol[block]!]!;
      later.push({ factor: colFactor[block]!, scalar, row: q });
      rowOf.set(scalar, q);
      q += factors[colFactor[block]!]!.k;
    }

  const among = zeros(q, q);
  const leaves: Leaf[] = [];
  const leafOfClass = new Map<number, Leaf>();
  for (let s = from; s < to; s++) {
    const at = indexStart[s]!;
    const same = leafOfClass.get(classOf[s]!);
    if (same !== undefined) {
      same.scalars.push(index[at]!);
      continue;
    }
    const c = columns[s]!;
    const panel = panelStart[s]!;
    for (let block = blockStart[s]!; block < blockStart[s + 1]!; ) {
      const col = blockCol[block]!;
      const isLeaf = colFactor[block] === 0;
      const kc = factors[colFactor[block]!]!.k;
      const cross: { row: number; values: Matrix }[] = [];
      let own = zeros(0, 0);
      // The blocks of one column of the panel: its own first, then those below it.
      for (; block < blockStart[s + 1]! && blockCol[block] === col; block++) {
        const row = blockRow[block]!;
        const kr = factors[rowFactor[block]!]!.k;
        const values = zeros(kr, kc);
        for (let i = 0; i < kr; i++)
          for (let j = 0; j < kc; j++) values.data[i * kc + j] = raw[panel + (row + i) * c + col + j]!;
        if (row === col) own = values;
        else cross.push({ row: rowOf.get(index[at + row]!)!, values });
      }
      if (isLeaf) {
        const leaf = { scalars: [index[at + col]!], own, cross };
        leaves.push(leaf);
        if (classOf[s] !== -1) leafOfClass.set(classOf[s]!, leaf);
        continue;
      }
      const column = rowOf.get(index[at + col]!)!;
      for (const { row, values } of [{ row: column, values: own }, ...cross])
        for (let i = 0; i < values.rows; i++)
          for (let j = 0; j < values.cols; j++) {
            among.data[(row + i) * q + column + j] = values.data[i * values.cols + j]!;
            among.data[(column + j) * q + row + i] = values.data[i * values.cols + j]!;
          }
    }
  }
  return { leaves, later, among };
}

/** K = Λ_s (M⁻¹)_ss Λ_s' over the later scalars of a component, M = Λ'Z'ZΛ + I. */
function laterInverse(
  { crossProducts: { elimination, structure }, factor }: ProfiledDeviance,
  lambdas: readonly Float64Array[],
  component: number,
  later: readonly LaterNode[],
  q: number,
): Matrix {
  const { componentStart, columns, indexStart, index, scalar, nodes } = elimination;
  const from = componentStart[component]!;
  const to = componentStart[component + 1]!;
  const inverse = zeros(q, q);
  if (q === 0) return inverse;
  const x = new Float64Array(scalar[nodes]!);
  for (const target of later)
    for (let j = 0; j < structure.factors[target.factor]!.k; j++) {
      for (let s = from; s < to; s++) for (let c = 0; c < columns[s]!; c++) x[index[indexStart[s]! + c]!] = 0;
      x[target.scalar + j] = 1;
      solveInPlace(factor, x, from, to);
      for (const source of later)
        for (let i = 0; i < structure.factors[source.factor]!.k; i++)
          inverse.data[(source.row + i) * q + target.row + j] = x[source.scalar + i]!;
    }
  const lambda = zeros(q, q);
  for (const { factor: f, row } of later) {
    const { k } = structure.factors[f]!;
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) lambda.data[(row + i) * q + row + j] = lambdas[f]![i * k + j]!;
  }
  return multiply(multiply(lambda, inverse), transpose(lambda));
}

// ── sums of its blocks ──────────────────────────────────────────────────────────────────────────

/** Σ_l C_ll per factor (k×k), and for each pair of factors Σ_lm vec(C_lm) vec(C_lm)', from which every tr(V⁻¹V_aV⁻¹V_b) follows. */
export function inverseSums({ structure }: CrossProducts, components: readonly InverseComponent[]) {
  const { factors } = structure;
  const sums: InverseSums = {
    blocks: factors.map(({ k }) => zeros(k, k)),
    squares: factors.map((f) => factors.map((g) => new Float64Array((f.k * g.k) ** 2))),
  };
  for (const component of components) addComponent(structure, component, sums);
  const sumOfSquares = (f: number, g: number) => ({ sums: sums.squares[f]![g]!, kg: factors[g]!.k });
  return { sumOfBlocks: sums.blocks, sumOfSquares };
}

interface InverseSums {
  readonly blocks: readonly Matrix[];
  readonly squares: readonly (readonly Float64Array[])[];
}

function addComponent(
  { factors }: CrossProducts["structure"],
  { leaves, later, among, K }: InverseComponent,
  { blocks, squares }: InverseSums,
): void {
  const { k } = factors[0]!;
  const Css = subtract(among, multiply(multiply(among, K), among));
  for (const left of later)
    for (const right of later) {
      const block = blockOf(Css, left.row, right.row, factors[left.factor]!.k, factors[right.factor]!.k);
      addSquares(squares[left.factor]![right.factor]!, block.data, 1);
      if (left === right) addInPlace(blocks[left.factor]!, block, 1);
    }

  const q = among.rows;
  const flat = leaves.map(({ E }) => flattened(E, k));
  // KE_l and A*KE_l of all leaves beside one another: q × kL.
  const width = leaves.length * k;
  const KE = timesSparse(K, flat, k);
  const corrections = multiply(among, KE).data;
  const right = KE.data;
  const sums00 = squares[0]![0]!;
  const F = new Float64Array(k * k);
  const Cs = new Float64Array(q * k);
  leaves.forEach(({ scalars, D }, l) => {
    const members = scalars.length;
    const { rows, values } = flat[l]!;
    // C_sl for the later scalars, then its squares, and those of C_ls.
    for (let i = 0; i < q; i++) for (let j = 0; j < k; j++) Cs[i * k + j] = -corrections[i * width + l * k + j]!;
    for (let e = 0; e < rows.length; e++) for (let j = 0; j < k; j++) Cs[rows[e]! * k + j]! += values[e * k + j]!;
    for (const { row, factor } of later)
      addBlockSquares(squares[factor]![0]!, squares[0]![factor]!, Cs, row, factors[factor]!.k, k, members);

    for (let m = 0; m < leaves.length; m++) {
      // E_l'K E_m.
      F.fill(0);
      for (let e = 0; e < rows.length; e++) {
        const from = rows[e]! * width + m * k;
        for (let i = 0; i < k; i++) {
          const value = values[e * k + i]!;
          for (let j = 0; j < k; j++) F[i * k + j]! += value * right[from + j]!;
        }
      }
      addSquares(sums00, F, members * (m === l ? members - 1 : leaves[m]!.scalars.length));
      if (m !== l) continue;
      const own = subtract(D, { rows: k, cols: k, data: F });
      addSquares(sums00, own.data, members);
      addInPlace(blocks[0]!, own, members);
    }
  });
}

/** A sparse matrix row by row: which rows, and their k values. */
interface FlatRows {
  readonly rows: Int32Array;
  readonly values: Float64Array;
}

function flattened(E: SparseRows, k: number): FlatRows {
  const count = E.reduce((sum, { values }) => sum + values.rows, 0);
  const flat = { rows: new Int32Array(count), values: new Float64Array(count * k) };
  let at = 0;
  for (const { row, values } of E)
    for (let i = 0; i < values.rows; i++, at++) {
      flat.rows[at] = row + i;
      for (let j = 0; j < k; j++) flat.values[at * k + j] = values.data[i * k + j]!;
    }
  return flat;
}

/** times · vec(B)vec(B)' into `sums`, and that of B' into `transposed`, for the `rows` × k block B of C that begins at `row`. */
function addBlockSquares(
  sums: Float64Array,
  transposed: Float64Array,
  C: Float64Array,
  row: number,
  rows: number,
  k: number,
  times: number,
): void {
  const width = rows * k;
  for (let i = 0; i < rows; i++)
    for (let a = 0; a < k; a++) {
      const value = times * C[(row + i) * k + a]!;
      for (let j = 0; j < rows; j++)
        for (let c = 0; c < k; c++) {
          const square = value * C[(row + j) * k + c]!;
          sums[(i * k + a) * width + j * k + c]! += square;
          transposed[(a * rows + i) * width + c * rows + j]! += square;
        }
    }
}

// ── sandwiches Y'K_a C K_b Y ────────────────────────────────────────────────────────────────────

export interface Sandwich {
  /** One row per random effect, b columns. */
  readonly Y: Matrix;
  /** K_a, k×k of its factor, for each free theta. */
  readonly K: readonly Matrix[];
  readonly factorOf: readonly number[];
}

/** tr(Y'K_aCK_bY) over all columns of Y but the last, and the last one's w'K_aCK_bw: m×m each, for a ≤ b. */
export function sandwichTraces(components: readonly InverseComponent[], sandwich: Sandwich) {
  const { K, Y } = sandwich;
  const m = K.length;
  const b = Y.cols;
  const trace = zeros(m, m);
  const last = zeros(m, m);
  for (const component of components) {
    const { v, g, w, Kw } = outerParts(component, sandwich);
    const ofLeaves = leafThetas(sandwich);
    for (const { scalars, D } of ofLeaves.length > 0 ? component.leaves : []) {
      const { others, own } = columnSquares(Y, scalars, D.rows);
      for (const a of ofLeaves) {
        const KD = multiply(K[a]!, D);
        for (const c of ofLeaves) {
          if (c < a) continue;
          const KDK = multiply(KD, K[c]!);
          trace.data[a * m + c]! += sumOfProducts(KDK, others);
          last.data[a * m + c]! += sumOfProducts(KDK, own);
        }
      }
    }
    for (let a = 0; a < m; a++)
      for (let c = a; c < m; c++) {
        const [wa, va, vc, gc, Kwc] = [w[a]!, v[a]!, v[c]!, g[c]!, Kw[c]!];
        let sum = 0;
        let sumLast = 0;
        for (let at = 0, next = b; at < wa.length; at = next, next += b) {
          for (let j = at; j < next - 1; j++) sum += wa[j]! * (vc[j]! - Kwc[j]!) + va[j]! * gc[j]!;
          const j = next - 1;
          sumLast += wa[j]! * (vc[j]! - Kwc[j]!) + va[j]! * gc[j]!;
        }
        trace.data[a * m + c]! += sum;
        last.data[a * m + c]! += sumLast;
      }
  }
  return { trace, last };
}

/** Σ_ab W_ab Y'K_aCK_bY over all pairs of thetas, b×b, W symmetric. */
export function sandwichSum(
  components: readonly InverseComponent[],
  sandwich: Sandwich,
  W: (a: number, b: number) => number,
): Matrix {
  const { K, Y } = sandwich;
  const b = Y.cols;
  const sum = zeros(b, b);
  const ofLeaves = leafThetas(sandwich);
  for (const component of components) {
    // w_a'v_c + v_a'g_c − w_a'K w_c, summed over c first.
    const { v, g, w, Kw } = outerParts(component, sandwich);
    const length = component.among.rows * b;
    for (let a = 0; a < K.length; a++) {
      const besideW = new Float64Array(length);
      const besideV = new Float64Array(length);
      for (let c = 0; c < K.length; c++) {
        const weight = W(a, c);
        const [vc, gc, Kwc] = [v[c]!, g[c]!, Kw[c]!];
        for (let i = 0; i < length; i++) {
          besideW[i]! += weight * (vc[i]! - Kwc[i]!);
          besideV[i]! += weight * gc[i]!;
        }
      }
      addTransposeProduct(sum.data, w[a]!, besideW, b);
      addTransposeProduct(sum.data, v[a]!, besideV, b);
    }
    if (ofLeaves.length === 0) continue;
    for (const { scalars, D } of component.leaves) {
      const middle = zeros(D.rows, D.rows);
      for (const a of ofLeaves) {
        const KD = multiply(K[a]!, D);
        for (const c of ofLeaves) addInPlace(middle, multiply(KD, K[c]!), W(a, c));
      }
      for (const scalar of scalars) addQuadratic(sum.data, Y.data, scalar * b, middle, b);
    }
  }
  return sum;
}

/** sum += A'B over rows of b numbers, in place. */
function addTransposeProduct(sum: Float64Array, A: Float64Array, B: Float64Array, b: number): void {
  for (let at = 0; at < A.length; at += b)
    for (let i = 0; i < b; i++) {
      const value = A[at + i]!;
      if (value === 0) continue;
      const to = i * b;
      for (let j = 0; j < b; j++) sum[to + j]! += value * B[at + j]!;
    }
}

/** sum += Y_l'M Y_l for the k rows of b numbers of Y that begin at `at`, in place. */
function addQuadratic(sum: Float64Array, Y: Float64Array, at: number, { rows: k, data: M }: Matrix, b: number): void {
  for (let h = 0; h < k; h++)
    for (let l = 0; l < k; l++) {
      const weight = M[h * k + l]!;
      const right = at + l * b;
      for (let i = 0; i < b; i++) {
        const value = weight * Y[at + h * b + i]!;
        const to = i * b;
        for (let j = 0; j < b; j++) sum[to + j]! += value * Y[right + j]!;
      }
    }
}

const leafThetas = ({ factorOf }: Sandwich): number[] => [...factorOf.keys()].filter((a) => factorOf[a] === 0);

/**
 * What a sandwich has beside Σ_l Y_l'K_a D_l K_b Y_l, as q×b per theta: v = K_aY of the later rows, g = Σ_l E_l K_a Y_l,
 * w = g + A* v, and Kw; with them it is w_a'v_b + v_a'g_b − w_a'K w_b.
 */
function outerParts({ leaves, later, among, K: inner }: InverseComponent, { Y, K, factorOf }: Sandwich) {
  const q = among.rows;
  const b = Y.cols;
  const none = new Float64Array(q * b);
  const sums = factorOf.includes(0) ? leaves.map(({ scalars, D }) => sumOfRows(Y, scalars, D.rows)) : [];
  const v = K.map((Ka, a) => {
    if (factorOf[a] === 0) return none;
    const values = new Float64Array(q * b);
    for (const { factor, scalar, row } of later)
      if (factor === factorOf[a]) values.set(multiply(Ka, sumOfRows(Y, [scalar], Ka.rows)).data, row * b);
    return values;
  });
  const g = K.map((Ka, a) => {
    if (factorOf[a] !== 0) return none;
    const values = new Float64Array(q * b);
    leaves.forEach(({ E }, l) => {
      const sum = sums[l]!.data;
      for (const { row, values: block } of E) {
        const { rows, cols: k, data: weights } = multiply(block, Ka);
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < k; j++) {
            const weight = weights[i * k + j]!;
            const to = (row + i) * b;
            for (let c = 0; c < b; c++) values[to + c]! += weight * sum[j * b + c]!;
          }
      }
    });
    return values;
  });
  const times = (left: Matrix, data: Float64Array) => multiply(left, { rows: q, cols: b, data }).data;
  const w = K.map((_, a) => (factorOf[a] === 0 ? g[a]! : times(among, v[a]!)));
  return { v, g, w, Kw: w.map((wa) => times(inner, wa)) };
}

/** Σ_l Y_l over levels by their first scalars, k×b. */
function sumOfRows({ data, cols: b }: Matrix, scalars: readonly number[], k: number): Matrix {
  const sum = new Float64Array(k * b);
  for (const scalar of scalars) for (let i = 0; i < k * b; i++) sum[i]! += data[scalar * b + i]!;
  return { rows: k, cols: b, data: sum };
}

/** Σ_l y y' over the columns y of Y_l but the last, and of the last alone: k×k. */
function columnSquares({ data, cols: b }: Matrix, scalars: readonly number[], k: number) {
  const others = new Float64Array(k * k);
  const own = new Float64Array(k * k);
  for (const scalar of scalars)
    for (let i = 0; i < k; i++)
      for (let j = 0; j <= i; j++) {
        const left = (scalar + i) * b;
        const right = (scalar + j) * b;
        let sum = 0;
        for (let c = 0; c < b - 1; c++) sum += data[left + c]! * data[right + c]!;
        others[i * k + j]! += sum;
        own[i * k + j]! += data[left + b - 1]! * data[right + b - 1]!;
      }
  for (const squares of [others, own])
    for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) squares[j * k + i] = squares[i * k + j]!;
  return { others: { rows: k, cols: k, data: others }, own: { rows: k, cols: k, data: own } };
}

/** Σ_l vec(Y_l)vec(Y_l)' over levels by their first scalars, Y_l the k rows of a level: k·b square. */
export function levelMoments({ data, cols: b }: Matrix, scalars: Iterable<number>, k: number): Float64Array {
  const width = k * b;
  const sums = new Float64Array(width * width);
  for (const scalar of scalars) addLowerSquare(sums, data, scalar * b, width);
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) sums[j * width + i] = sums[i * width + j]!;
  return sums;
}

/** Lower triangle of yy' for the `width` numbers of Y that begin at `at`, added in place. */
function addLowerSquare(sums: Float64Array, Y: Float64Array, at: number, width: number): void {
  for (let i = 0; i < width; i++) {
    const value = Y[at + i]!;
    const to = i * width;
    for (let j = 0; j <= i; j++) sums[to + j]! += value * Y[at + j]!;
  }
}

/** Σ_l Y_l'K Y_l, b×b. */
export function contractMoments(moments: Float64Array, { rows: k, data: K }: Matrix, b: number): Matrix {
  const sum = new Float64Array(b * b);
  const width = k * b;
  for (let h = 0; h < k; h++)
    for (let l = 0; l < k; l++) {
      const weight = K[h * k + l]!;
      if (weight === 0) continue;
      for (let i = 0; i < b; i++)
        for (let j = 0; j < b; j++) sum[i * b + j]! += weight * moments[(h * b + i) * width + l * b + j]!;
    }
  return { rows: b, cols: b, data: sum };
}

// ── small matrices ──────────────────────────────────────────────────────────────────────────────

/** K E_l beside one another, for E_l of k columns with few rows: q × kL. */
function timesSparse({ rows: q, cols, data: K }: Matrix, ofLeaves: readonly FlatRows[], k: number): Matrix {
  const width = ofLeaves.length * k;
  const product = zeros(q, width);
  const into = product.data;
  ofLeaves.forEach(({ rows, values }, l) => {
    for (let e = 0; e < rows.length; e++)
      for (let i = 0; i < q; i++) {
        const weight = K[i * cols + rows[e]!]!;
        for (let j = 0; j < k; j++) into[i * width + l * k + j]! += weight * values[e * k + j]!;
      }
  });
  return product;
}

function subtract({ rows, cols, data: a }: Matrix, { data: b }: Matrix): Matrix {
  const difference = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) difference[i] = a[i]! - b[i]!;
  return { rows, cols, data: difference };
}

export function blockOf({ data, cols: width }: Matrix, row: number, col: number, rows: number, cols: number): Matrix {
  const block = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) block[i * cols + j] = data[(row + i) * width + col + j]!;
  return { rows, cols, data: block };
}

function addInPlace({ data: sum }: Matrix, { data: part }: Matrix, times: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += times * part[i]!;
}

/** sums += times · vec(C) vec(C)'. */
function addSquares(sums: Float64Array, C: Float64Array, times: number): void {
  const width = C.length;
  for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) sums[i * width + j]! += times * C[i]! * C[j]!;
}

/** Σ_ij A_ij B_ij. */
function sumOfProducts({ data: a }: Matrix, { data: b }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
