/**
 * Levels of the grouping factor with most levels that are alike, to the bit. A class has the same Z'Z and the same Z'Z
 * with the same later levels: participants of one school who came to the same visits. Classes with the same Z'Z of their
 * own share a pattern: participants of any school who came to the same visits.
 */
import type { CrossProducts } from "./cross-products.js";

/** Supernodes that are a single level of the first factor, by class. */
export interface AlikeLevels {
  /** Class of each supernode; −1 where it is something else. */
  readonly classOf: Int32Array;
  /** Supernodes of each class. */
  readonly members: readonly (readonly number[])[];
  /** Pattern of each class. */
  readonly patternOf: readonly number[];
  readonly patterns: number;
  /** Supernodes in all classes together. */
  readonly levels: number;
}

export function alikeLevels({ elimination, raw, structure }: CrossProducts): AlikeLevels {
  const { supernodes, columns, below, hasChildren, index, indexStart, panelStart, owner } = elimination;
  const { k, levels: allLevels } = structure.factors[0]!;
  const isFirst = new Uint8Array(supernodes);
  for (let node = 0; node < allLevels.length; node++) isFirst[owner[node]!] = 1;

  const classOf = new Int32Array(supernodes).fill(-1);
  const members: number[][] = [];
  const classByBits = new Map<string, number>();
  const patternOf: number[] = [];
  const patternByBits = new Map<string, number>();
  let levels = 0;
  for (let s = 0; s < supernodes; s++) {
    if (isFirst[s] === 0 || hasChildren[s] === 1 || columns[s] !== k) continue;
    levels++;
    const r = below[s]!;
    const rows = index.subarray(indexStart[s]! + k, indexStart[s]! + k + r);
    const values = raw.subarray(panelStart[s]!, panelStart[s]! + (k + r) * k);
    const key = bitsOf(rows) + bitsOf(values);
    const known = classByBits.get(key);
    classOf[s] = known ?? members.length;
    if (known === undefined) {
      classByBits.set(key, members.length);
      members.push([s]);
      const own = bitsOf(values.subarray(0, k * k));
      if (!patternByBits.has(own)) patternByBits.set(own, patternByBits.size);
      patternOf.push(patternByBits.get(own)!);
    } else members[known]!.push(s);
  }
  return { classOf, members, patternOf, patterns: patternByBits.size, levels };
}

/** The bytes of some numbers as a text: a key that costs far less than their digits. */
function bitsOf({ buffer, byteOffset, byteLength }: Int32Array | Float64Array): string {
  const halfWords = new Uint16Array(buffer, byteOffset, byteLength / 2);
  let text = "";
  for (let i = 0; i < halfWords.length; i++) text += String.fromCharCode(halfWords[i]!);
  return text;
}
