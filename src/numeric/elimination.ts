/**
 * The order and the pattern of a sparse Cholesky factor whose matrix is made of small dense blocks
 * with a dense border:
 *
 *     ┌ A_zz  A_zb ┐   A_zz sparse: one block row per node (a level of a grouping factor),
 *     └ A_bz  A_bb ┘   A_zb dense:  b border columns (fixed effects and response).
 *
 * Nodes are eliminated in the order of their numbers. Nodes whose columns of the factor have the same
 * pattern are joined into supernodes, so that nested factors cost no more than their tree and crossed
 * factors end in one dense block. Worked out once; every factorisation reuses it.
 *
 * Sources: Davis (2006) Direct Methods for Sparse Linear Systems, ch. 4; Bates et al., MixedModels.jl
 * (blocked Cholesky of a mixed model).
 */

/** Which nodes meet: for each node its later neighbours, ascending. */
export interface BlockPattern {
  /** Scalars per node (k of its grouping factor). */
  readonly size: Int32Array;
  /** neighbours[start[j] … start[j+1]−1] are the nodes i > j with A_ij ≠ 0. */
  readonly start: Int32Array;
  readonly neighbours: Int32Array;
}

export interface Elimination {
  readonly nodes: number;
  readonly size: Int32Array;
  /** First scalar of each node, nodes + 1 entries; the last is q. */
  readonly scalar: Int32Array;
  readonly border: number;
  /** Number of supernodes, in the order of elimination, children before parents, components together. */
  readonly supernodes: number;
  /** Supernode of each node. */
  readonly owner: Int32Array;
  /** c: scalar columns of each supernode. */
  readonly columns: Int32Array;
  /** r: scalar rows below them, without the border. */
  readonly below: Int32Array;
  /** Parent supernode, −1 when only the border is left. */
  readonly parent: Int32Array;
  readonly hasChildren: Uint8Array;
  /** index[indexStart[s] …]: global scalars of the c columns and r rows of supernode s. */
  readonly indexStart: Int32Array;
  readonly index: Int32Array;
  /** Aligned with index: where a row lies in the parent's front; unused for columns. */
  readonly inParent: Int32Array;
  /** Start of each supernode's panel, (c + r + b) × c row-major, in one array of panelLength. */
  readonly panelStart: Float64Array;
  readonly panelLength: number;
  /** Start of each front, (c + r + b)², for supernodes with children; −1 for leaves. */
  readonly frontStart: Float64Array;
  readonly frontLength: number;
  /** The largest c + r + b. */
  readonly largest: number;
  /** Supernodes componentStart[i] … componentStart[i+1]−1 are one component: unconnected to the others but by the border. */
  readonly componentStart: Int32Array;
}

/** Work out the elimination of a block pattern with `border` dense columns. */
export function eliminate(pattern: BlockPattern, border: number): Elimination {
  const { size } = pattern;
  const nodes = size.length;
  const { below: belowNodes, parent: parentNode, children } = symbolicFactor(pattern);

  // A chain j → parent(j) is one supernode while the parent has no other child and no further rows.
  const chains: number[][] = [];
  const chainOf = new Int32Array(nodes).fill(-1);
  for (let j = 0; j < nodes; j++) {
    if (chainOf[j] !== -1) continue;
    const chain = [j];
    chainOf[j] = chains.length;
    for (let last = j; ; ) {
      const next = parentNode[last]!;
      if (next === -1 || children[next] !== 1 || belowNodes[next]!.length + 1 !== belowNodes[last]!.length) break;
      chain.push(next);
      chainOf[next] = chains.length;
      last = next;
    }
    chains.push(chain);
  }

  const order = postorder(chains, chainOf, parentNode);
  const supernodes = chains.length;
  const numberOf = new Int32Array(supernodes);
  order.chains.forEach((chain, s) => {
    numberOf[chain] = s;
  });

  const scalar = new Int32Array(nodes + 1);
  for (let j = 0; j < nodes; j++) scalar[j + 1] = scalar[j]! + size[j]!;
  const owner = new Int32Array(nodes);
  for (let j = 0; j < nodes; j++) owner[j] = numberOf[chainOf[j]!]!;

  const columns = new Int32Array(supernodes);
  const below = new Int32Array(supernodes);
  const parent = new Int32Array(supernodes).fill(-1);
  const hasChildren = new Uint8Array(supernodes);
  const indexStart = new Int32Array(supernodes + 1);
  const panelStart = new Float64Array(supernodes);
  const frontStart = new Float64Array(supernodes).fill(-1);
  let panelLength = 0;
  let frontLength = 0;
  let largest = border;

  for (let s = 0; s < supernodes; s++) {
    const chain = chains[order.chains[s]!]!;
    const last = chain.at(-1)!;
    for (const j of chain) columns[s]! += size[j]!;
    for (const i of belowNodes[last]!) below[s]! += size[i]!;
    const above = parentNode[last]!;
    if (above !== -1) {
      parent[s] = owner[above]!;
      hasChildren[owner[above]!] = 1;
    }
    indexStart[s + 1] = indexStart[s]! + columns[s]! + below[s]!;
    panelStart[s] = panelLength;
    const d = columns[s]! + below[s]! + border;
    panelLength += d * columns[s]!;
    largest = Math.max(largest, d);
    if (hasChildren[s] === 1) {
      frontStart[s] = frontLength;
      frontLength += d * d;
    }
  }

  const index = new Int32Array(indexStart[supernodes]!);
  for (let s = 0; s < supernodes; s++) {
    const chain = chains[order.chains[s]!]!;
    let at = indexStart[s]!;
    for (const list of [chain, belowNodes[chain.at(-1)!]!])
      for (const j of list) for (let k = 0; k < size[j]!; k++) index[at++] = scalar[j]! + k;
  }

  const inParent = new Int32Array(index.length);
  const position = new Int32Array(scalar[nodes]!);
  for (let s = 0; s < supernodes; s++) {
    const p = parent[s]!;
    if (p === -1) continue;
    for (let at = indexStart[p]!; at < indexStart[p + 1]!; at++) position[index[at]!] = at - indexStart[p]!;
    for (let at = indexStart[s]! + columns[s]!; at < indexStart[s + 1]!; at++) inParent[at] = position[index[at]!]!;
  }

  return {
    nodes,
    size,
    scalar,
    border,
    supernodes,
    owner,
    columns,
    below,
    parent,
    hasChildren,
    indexStart,
    index,
    inParent,
    panelStart,
    panelLength,
    frontStart,
    frontLength,
    largest,
    componentStart: order.componentStart,
  };
}

/** The rows of each column of the factor, and the elimination tree: a node's parent is its first row below. */
function symbolicFactor({ size, start, neighbours }: BlockPattern) {
  const nodes = size.length;
  const below: Int32Array[] = new Array(nodes);
  const parent = new Int32Array(nodes).fill(-1);
  const children = new Int32Array(nodes);
  const firstChild = new Int32Array(nodes).fill(-1);
  const nextSibling = new Int32Array(nodes).fill(-1);
  const seen = new Int32Array(nodes).fill(-1);

  for (let j = 0; j < nodes; j++) {
    const rows: number[] = [];
    const add = (i: number) => {
      if (i > j && seen[i] !== j) {
        seen[i] = j;
        rows.push(i);
      }
    };
    for (let at = start[j]!; at < start[j + 1]!; at++) add(neighbours[at]!);
    for (let child = firstChild[j]!; child !== -1; child = nextSibling[child]!) below[child]!.forEach(add);
    below[j] = Int32Array.from(rows).sort();
    if (rows.length === 0) continue;
    const p = below[j]![0]!;
    parent[j] = p;
    children[p]!++;
    nextSibling[j] = firstChild[p]!;
    firstChild[p] = j;
  }
  return { below, parent, children };
}

/** Chains with children before parents and each component together. */
function postorder(chains: readonly number[][], chainOf: Int32Array, parentNode: Int32Array) {
  const parent = chains.map((chain) => {
    const above = parentNode[chain.at(-1)!]!;
    return above === -1 ? -1 : chainOf[above]!;
  });
  const childrenOf: number[][] = chains.map(() => []);
  const roots: number[] = [];
  parent.forEach((p, chain) => {
    (p === -1 ? roots : childrenOf[p]!).push(chain);
  });

  const order: number[] = [];
  const componentStart = [0];
  for (const root of roots) {
    // A parent before its children, then turned round.
    const from = order.length;
    const stack = [root];
    while (stack.length > 0) {
      const chain = stack.pop()!;
      order.push(chain);
      for (const child of childrenOf[chain]!) stack.push(child);
    }
    reverseInPlace(order, from);
    componentStart.push(order.length);
  }
  return { chains: order, componentStart: Int32Array.from(componentStart) };
}

function reverseInPlace(list: number[], from: number): void {
  for (let i = from, j = list.length - 1; i < j; i++, j--) [list[i], list[j]] = [list[j]!, list[i]!];
}
