/**
 * The rows of a marginal model, cut into what can be treated apart: subjects (the participants, or single rows),
 * and components, the subjects that share a random effect. Subjects without random effects are components alone, or
 * pooled with those that have the same visits (pattern-pool.ts) where they are many.
 */
import type { Matrix } from "../numeric/matrix.js";
import { type PatternPool, patternPool, worthPooling } from "./pattern-pool.js";
import type { RandomStructure } from "./random-structure.js";

/** Rows that belong to one subject, each at one visit (or stratum) of K. */
export interface RepeatedRows {
  /** n codes from 0. */
  readonly subjects: Int32Array;
  /** n codes from 0 to K − 1; a subject has each at most once. */
  readonly visits: Int32Array;
}

/** The visits that some subjects have, and no others: they share R. */
export interface Pattern {
  /** Ascending. */
  readonly visits: Int32Array;
  readonly count: number;
}

export interface Subject {
  /** n_i rows of the frame, by visit. */
  readonly rows: Int32Array;
  readonly pattern: number;
  /** a scalars of the component that a row of the subject has in Z. */
  readonly scalars: Int32Array;
  /** [Z X y], n_i × (a + p + 1). */
  readonly values: Float64Array;
}

/** One level of a grouping factor within a component. */
export interface Node {
  readonly factor: number;
  readonly level: number;
  /** Its first scalar in the component; the factor's k scalars follow. */
  readonly at: number;
}

export interface Component {
  readonly subjects: readonly Subject[];
  readonly nodes: readonly Node[];
  /** q, scalars of all nodes. */
  readonly scalars: number;
}

export interface MarginalBlocks {
  readonly n: number;
  readonly p: number;
  readonly patterns: readonly Pattern[];
  readonly components: readonly Component[];
  /** The subjects that are in no component. */
  readonly pools: readonly PatternPool[];
  readonly structure: RandomStructure;
}

export function marginalBlocks(structure: RandomStructure, repeated: RepeatedRows, X: Matrix, y: Float64Array) {
  const rowsOf = rowsBySubject(repeated);
  const nodesOf = rowsOf.map((rows) => nodesOfRows(structure, rows));
  const { patterns, patternOf } = patternsOfSubjects(rowsOf, repeated.visits);
  const pooled = patterns.map((): number[] => []);
  nodesOf.forEach((nodes, subject) => {
    if (nodes.length === 0) pooled[patternOf[subject]!]!.push(subject);
  });
  const pools = pooled.flatMap((members, pattern): PatternPool[] => {
    if (!worthPooling(members.length, patterns[pattern]!.visits.length, X.cols + 1)) return [];
    const rows = members.map((subject) => rowsOf[subject]!);
    return [patternPool(pattern, rows, X, y)];
  });
  const isPooled = new Uint8Array(patterns.length);
  for (const { pattern } of pools) isPooled[pattern] = 1;
  const apart = rowsOf.map((_, subject) => nodesOf[subject]!.length > 0 || isPooled[patternOf[subject]!] === 0);
  const components = connected(nodesOf, apart).map((members): Component => {
    const nodes: Node[] = [];
    const nodeAt = new Map<string, Node>();
    let scalars = 0;
    const subjects = members.map((subject): Subject => {
      const rows = rowsOf[subject]!;
      const own = nodesOf[subject]!.map(({ factor, level }) => {
        const key = `${factor} ${level}`;
        let node = nodeAt.get(key);
        if (node === undefined) {
          node = { factor, level, at: scalars };
          scalars += structure.factors[factor]!.k;
          nodes.push(node);
          nodeAt.set(key, node);
        }
        return node;
      });
      return { rows, pattern: patternOf[subject]!, ...subjectValues(structure, own, rows, X, y) };
    });
    return { subjects, nodes, scalars };
  });
  return { n: y.length, p: X.cols, patterns, components, pools, structure } satisfies MarginalBlocks;
}

/** The patterns, numbered by first appearance, and that of each subject. */
function patternsOfSubjects(rowsOf: readonly Int32Array[], visitOf: Int32Array) {
  const patterns: { visits: Int32Array; count: number }[] = [];
  const patternAt = new Map<string, number>();
  const patternOf = Int32Array.from(rowsOf, (rows) => {
    const visits = rows.map((row) => visitOf[row]!);
    const key = visits.join(" ");
    let pattern = patternAt.get(key);
    if (pattern === undefined) {
      pattern = patterns.push({ visits, count: 0 }) - 1;
      patternAt.set(key, pattern);
    }
    patterns[pattern]!.count++;
    return pattern;
  });
  return { patterns, patternOf };
}

function rowsBySubject({ subjects, visits }: RepeatedRows): Int32Array[] {
  const rows: number[][] = [];
  subjects.forEach((subject, row) => {
    while (rows.length <= subject) rows.push([]);
    rows[subject]!.push(row);
  });
  return rows.map((own) => Int32Array.from(own.sort((a, b) => visits[a]! - visits[b]!)));
}

/** Levels with an effect on one of the rows. A slope that is zero in a row ties nothing together there. */
function nodesOfRows({ factors }: RandomStructure, rows: Int32Array): { factor: number; level: number }[] {
  return factors.flatMap(({ codes, k, values }, factor) => {
    const levels = new Set<number>();
    for (const row of rows)
      if (values.data.subarray(row * k, (row + 1) * k).some((value) => value !== 0)) levels.add(codes[row]!);
    return [...levels].map((level) => ({ factor, level }));
  });
}

/** Subjects (those of `apart`) joined by the nodes that they share, each group in the order of the subjects. */
function connected(
  nodesOf: readonly (readonly { factor: number; level: number }[])[],
  apart: readonly boolean[],
): number[][] {
  const parent = nodesOf.map((_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  const first = new Map<string, number>();
  nodesOf.forEach((nodes, subject) => {
    for (const { factor, level } of nodes) {
      const key = `${factor} ${level}`;
      const other = first.get(key);
      if (other === undefined) first.set(key, subject);
      else parent[root(subject)] = root(other);
    }
  });
  const groups = new Map<number, number[]>();
  nodesOf.forEach((_, subject) => {
    if (!apart[subject]!) return;
    const at = root(subject);
    const group = groups.get(at);
    if (group === undefined) groups.set(at, [subject]);
    else group.push(subject);
  });
  return [...groups.values()];
}

function subjectValues(
  { factors }: RandomStructure,
  nodes: readonly Node[],
  rows: Int32Array,
  X: Matrix,
  y: Float64Array,
): Pick<Subject, "scalars" | "values"> {
  const scalars = nodes.flatMap(({ factor, at }) => Array.from({ length: factors[factor]!.k }, (_, j) => at + j));
  const width = scalars.length + X.cols + 1;
  const values = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    let at = i * width;
    for (const { factor, level } of nodes) {
      const { codes, k, values: z } = factors[factor]!;
      if (codes[row] === level) for (let j = 0; j < k; j++) values[at + j] = z.data[row * k + j]!;
      at += k;
    }
    values.set(X.data.subarray(row * X.cols, (row + 1) * X.cols), at);
    values[at + X.cols] = y[row]!;
  });
  return { scalars: Int32Array.from(scalars), values };
}
