/**
 * Everything that a linear mixed model needs of the data, summed once: Z'Z by blocks, Z'[X y] and
 * [X y]'[X y]. After this nothing depends on the number of rows.
 */
import { type Elimination, eliminate } from "../numeric/elimination.js";
import type { Matrix } from "../numeric/matrix.js";
import type { RandomStructure } from "./random-structure.js";

export interface CrossProducts {
  readonly n: number;
  readonly p: number;
  readonly structure: RandomStructure;
  readonly elimination: Elimination;
  /** Z'Z and [X y]'Z in the panels of the elimination, unscaled. */
  readonly raw: Float64Array;
  /** (p+1)², row-major: [X y]'[X y]. */
  readonly border: Float64Array;
  /** Blocks of Z'Z in supernode s: entries blockStart[s] … blockStart[s+1]−1 of the four arrays below. */
  readonly blockStart: Int32Array;
  readonly blockRow: Int32Array;
  readonly blockCol: Int32Array;
  readonly rowFactor: Uint8Array;
  readonly colFactor: Uint8Array;
  /** Factor of each scalar, and its place within the factor's block. */
  readonly scalarFactor: Uint8Array;
  /** First node of each factor. */
  readonly firstNode: readonly number[];
}

/** @param X n×p, @param y n. */
export function crossProducts(structure: RandomStructure, X: Matrix, y: Float64Array): CrossProducts {
  const { factors } = structure;
  const n = y.length;
  const p = X.cols;
  const b = p + 1;

  const firstNode: number[] = [];
  let nodes = 0;
  for (const factor of factors) {
    firstNode.push(nodes);
    nodes += factor.levels.length;
  }
  const size = new Int32Array(nodes);
  const nodeFactor = new Uint8Array(nodes);
  factors.forEach(({ levels, k }, f) => {
    size.fill(k, firstNode[f]!, firstNode[f]! + levels.length);
    nodeFactor.fill(f, firstNode[f]!, firstNode[f]! + levels.length);
  });

  const pairs = neighbourBlocks(structure, firstNode, nodes);
  const elimination = eliminate({ size, start: pairs.start, neighbours: pairs.neighbours }, b);
  const raw = new Float64Array(elimination.panelLength);

  const diagonal = factors.map(({ values, codes, levels, k }) =>
    sumByLevel(codes, levels.length, values, values, k, k),
  );
  const withX = factors.map(({ values, codes, levels, k }) => sumByLevel(codes, levels.length, X, values, p, k));
  const response: Matrix = { rows: n, cols: 1, data: y };
  const withY = factors.map(({ values, codes, levels, k }) => sumByLevel(codes, levels.length, response, values, 1, k));

  // Blocks into panels, supernode by supernode.
  const { supernodes, columns, below, indexStart, index, panelStart, scalar } = elimination;
  const scalarNode = new Int32Array(scalar[nodes]!);
  for (let j = 0; j < nodes; j++) scalarNode.fill(j, scalar[j]!, scalar[j + 1]!);
  const position = new Int32Array(scalar[nodes]!);
  const blockStart = new Int32Array(supernodes + 1);
  const total = nodes + pairs.neighbours.length;
  const blockRow = new Int32Array(total);
  const blockCol = new Int32Array(total);
  const rowFactor = new Uint8Array(total);
  const colFactor = new Uint8Array(total);
  let count = 0;
  for (let s = 0; s < supernodes; s++) {
    const c = columns[s]!;
    const from = indexStart[s]!;
    const panel = panelStart[s]!;
    const borderRow = c + below[s]!;
    for (let at = from; at < indexStart[s + 1]!; at++) position[index[at]!] = at - from;
    for (let col = 0; col < c; ) {
      const j = scalarNode[index[from + col]!]!;
      const f = nodeFactor[j]!;
      const k = size[j]!;
      const level = j - firstNode[f]!;
      const put = (block: ArrayLike<number>, start: number, rows: number, row: number) => {
        for (let i = 0; i < rows; i++)
          for (let m = 0; m < k; m++) raw[panel + (row + i) * c + col + m] = block[start + i * k + m]!;
      };
      const record = (row: number, factor: number) => {
        blockRow[count] = row;
        blockCol[count] = col;
        rowFactor[count] = factor;
        colFactor[count] = f;
        count++;
      };
      put(diagonal[f]!, level * k * k, k, col);
      record(col, f);
      for (let at = pairs.start[j]!; at < pairs.start[j + 1]!; at++) {
        const i = pairs.neighbours[at]!;
        const row = position[scalar[i]!]!;
        put(pairs.values, pairs.valueStart[at]!, size[i]!, row);
        record(row, nodeFactor[i]!);
      }
      put(withX[f]!, level * p * k, p, borderRow);
      put(withY[f]!, level * k, 1, borderRow + p);
      col += k;
    }
    blockStart[s + 1] = count;
  }
  const scalarFactor = new Uint8Array(scalar[nodes]!);
  scalarNode.forEach((node, i) => {
    scalarFactor[i] = nodeFactor[node]!;
  });

  return {
    n,
    p,
    structure,
    elimination,
    raw,
    border: borderProducts(X, y),
    blockStart,
    blockRow,
    blockCol,
    rowFactor,
    colFactor,
    scalarFactor,
    firstNode,
  };
}

/** For each level the a×k block Σ A_i' B_i over its rows, levels after one another. */
function sumByLevel(codes: Int32Array, levels: number, A: Matrix, B: Matrix, a: number, k: number): Float64Array {
  const sums = new Float64Array(levels * a * k);
  for (let row = 0; row < codes.length; row++) {
    const to = codes[row]! * a * k;
    for (let i = 0; i < a; i++) {
      const left = A.data[row * a + i]!;
      for (let m = 0; m < k; m++) sums[to + i * k + m]! += left * B.data[row * k + m]!;
    }
  }
  return sums;
}

/** Z_g'Z_f for every pair of levels that share a row, f before g. */
function neighbourBlocks({ factors }: RandomStructure, firstNode: readonly number[], nodes: number) {
  const start = new Int32Array(nodes + 1);
  const neighbours: number[] = [];
  const valueStart: number[] = [];
  const values: number[] = [];
  let node = 0;
  for (let f = 0; f < factors.length; f++) {
    const { codes, levels, k, values: zf } = factors[f]!;
    const later = factors.slice(f + 1);
    const rows = later.length > 0 ? rowsByLevel(codes, levels.length) : null;
    const slots = later.map((g) => new Int32Array(g.levels.length).fill(-1));
    const slotOwner = later.map((g) => new Int32Array(g.levels.length).fill(-1));
    for (let level = 0; level < levels.length; level++, node++) {
      for (let g = 0; g < later.length; g++) {
        const { codes: codesG, k: kg, values: zg } = later[g]!;
        for (let at = rows!.start[level]!; at < rows!.start[level + 1]!; at++) {
          const row = rows!.order[at]!;
          const other = codesG[row]!;
          if (slotOwner[g]![other] !== level) {
            slotOwner[g]![other] = level;
            slots[g]![other] = values.length;
            neighbours.push(firstNode[f + 1 + g]! + other);
            valueStart.push(values.length);
            for (let i = 0; i < kg * k; i++) values.push(0);
          }
          const to = slots[g]![other]!;
          for (let i = 0; i < kg; i++)
            for (let m = 0; m < k; m++) values[to + i * k + m]! += zg.data[row * kg + i]! * zf.data[row * k + m]!;
        }
      }
      start[node + 1] = neighbours.length;
    }
  }
  return { start, neighbours: Int32Array.from(neighbours), valueStart, values };
}

/** Rows sorted by level (counting sort). */
function rowsByLevel(codes: Int32Array, levels: number) {
  const start = new Int32Array(levels + 1);
  for (const code of codes) start[code + 1]!++;
  for (let level = 0; level < levels; level++) start[level + 1]! += start[level]!;
  const next = start.slice();
  const order = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) order[next[codes[row]!]!++] = row;
  return { start, order };
}

/** [X y]'[X y], (p+1)², row-major. */
function borderProducts(X: Matrix, y: Float64Array): Float64Array {
  const p = X.cols;
  const b = p + 1;
  const products = new Float64Array(b * b);
  for (let row = 0; row < y.length; row++) {
    const x = row * p;
    for (let i = 0; i < p; i++) {
      const xi = X.data[x + i]!;
      for (let j = 0; j <= i; j++) products[i * b + j]! += xi * X.data[x + j]!;
    }
    const yi = y[row]!;
    for (let j = 0; j < p; j++) products[p * b + j]! += yi * X.data[x + j]!;
    products[p * b + p]! += yi * yi;
  }
  for (let i = 0; i < b; i++) for (let j = i + 1; j < b; j++) products[i * b + j] = products[j * b + i]!;
  return products;
}
