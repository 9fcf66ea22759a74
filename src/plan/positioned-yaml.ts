/**
 * YAML text → plain values, with the position of every value and key, and every problem of the text.
 *
 * Walks the `yaml` library's tree itself instead of calling its toJS, so that the work is bounded
 * whatever the text holds: depth, aliases and the number of values have limits, and duplicated keys
 * are found in linear time.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import {
  inFile,
  type Problem,
  planDuplicateKey,
  planKeyNotText,
  planSeveralDocuments,
  planSyntax,
  planTagged,
  planTooDeep,
  planTooManyAliases,
  planTooManyValues,
  planUnknownAlias,
} from "../problem.js";

export type YamlPath = readonly (string | number)[];

export interface PositionedYaml {
  /** null when the text is empty. Only to be used when there are no problems that say otherwise. */
  readonly value: unknown;
  /** False after a syntax error: the value is not what was meant. */
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  /** Of keys that are there twice: which of their values is meant cannot be told. */
  readonly duplicated: readonly YamlPath[];
  /** `file:line:column` of the value at a path, or of the nearest that there is above it. */
  readonly where: (path: YamlPath) => string;
  /** The same of a key. */
  readonly whereKey: (path: YamlPath, key: string) => string;
  /** A scalar as it is written, without quotes: `01` and `1.0`, whose values are 1. Undefined when it is no scalar. */
  readonly written: (path: YamlPath) => string | undefined;
}

const maxDepth = 50;
const maxAliases = 100;
const maxValues = 100_000;

/** Parse YAML 1.2 (core schema). `file` is the name that positions begin with. Never throws. */
export function parsePositionedYaml(text: string, file: string): PositionedYaml {
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return inFile(file, Math.max(1, line), Math.max(1, col));
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "error",
  });
  const problems = [
    ...syntaxProblems(document.errors, lines, at),
    ...document.warnings.filter((w) => w.code === "TAG_RESOLVE_FAILED").map((w) => planTagged(at(w.pos[0]))),
  ];
  const root = document.contents;
  const valid = problems.length === 0;
  const walk =
    valid && root !== null ? toValue(root as Node, at, lines) : { value: null, problems: [], duplicated: [] };

  const nodeAt = (path: YamlPath): Node | null => descend(root as Node | null, path, walk.anchors);
  return {
    value: walk.value,
    valid: valid && walk.problems.every((p) => p.code === "plan.duplicate-key"),
    problems: [...problems, ...walk.problems],
    duplicated: walk.duplicated,
    where: (path) => at(nodeAt(path)?.range?.[0] ?? 0),
    whereKey: (path, key) => at(keyOffset(nodeAt(path), key)),
    written: (path) => {
      const node = nodeAt(path);
      return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
    },
  };
}

/** One problem a line: what follows on the same line is a consequence as a rule. */
function syntaxProblems(errors: readonly YAMLError[], lines: LineCounter, at: (offset: number) => string): Problem[] {
  if (errors.some((e) => e.code === "RESOURCE_EXHAUSTION")) {
    return [planTooDeep(at(Math.max(...errors.map((e) => e.pos[0]))))];
  }
  const seen = new Set<number>();
  const problems: Problem[] = [];
  for (const error of errors) {
    const { line } = lines.linePos(error.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    const where = at(error.pos[0]);
    problems.push(
      error.code === "MULTIPLE_DOCS" ? planSeveralDocuments(where) : planSyntax(where, inPlainWords(error)),
    );
  }
  return problems;
}

/** What the mistakes that people make are, in words that say what to do. */
function inPlainWords({ code, message }: YAMLError): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return "a tab is used to indent. Use spaces.";
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return "a value holds a colon with a space after it, or the indentation is off. Put the value in quotes, or align the keys.";
    case "BAD_SCALAR_START":
    case "BAD_ALIAS":
      return "a value cannot begin with this sign. Put the value in quotes.";
    case "BAD_INDENT":
      return "a bracket is not closed, or the indentation is off.";
    case "MISSING_CHAR":
      return message.includes("quote") ? "a closing quote is missing." : "a colon, comma or bracket is missing.";
    default:
      return `${message[0]?.toLowerCase() ?? ""}${message.slice(1)}. Put a value with signs such as : # [ ] { } > | * & ! % @ in quotes.`;
  }
}

interface Walk {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly duplicated: readonly YamlPath[];
  /** Nodes by anchor name, for descending through aliases. */
  readonly anchors?: ReadonlyMap<string, Node>;
}

/** Thrown to leave the walk at a limit. */
class LimitReached extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

function toValue(root: Node, at: (offset: number) => string, lines: LineCounter): Walk {
  const problems: Problem[] = [];
  const duplicated: YamlPath[] = [];
  const anchors = new Map<string, Node>();
  let aliases = 0;
  let values = 0;

  const visit = (node: Node | null, path: YamlPath, depth: number, inAlias: boolean): unknown => {
    const where = (): string => at(node?.range?.[0] ?? 0);
    if (++values > maxValues) throw new LimitReached((inAlias ? planTooManyAliases : planTooManyValues)(where()));
    if (depth > maxDepth) throw new LimitReached(planTooDeep(where()));
    if (isAlias(node)) {
      if (++aliases > maxAliases) throw new LimitReached(planTooManyAliases(where()));
      const target = anchors.get(node.source);
      if (target !== undefined) return visit(target, path, depth + 1, true);
      problems.push(planUnknownAlias(where(), node.source));
      return null;
    }
    const anchor = (isMap(node) || isSeq(node) || isScalar(node)) && node.anchor;
    if (anchor) anchors.set(anchor, node as Node);
    if (isMap(node)) return visitMap(node, path, depth, inAlias);
    if (isSeq(node)) return node.items.map((item, i) => visit(item as Node, [...path, i], depth + 1, inAlias));
    return isScalar(node) ? node.value : null;
  };

  const visitMap = (map: YAMLMap, path: YamlPath, depth: number, inAlias: boolean): unknown => {
    const entries = new Map<string, unknown>();
    const firstAt = new Map<string, number>();
    for (const { key, value } of map.items) {
      const offset = (key as Node).range?.[0] ?? 0;
      const name = isScalar(key) ? String(key.value ?? "") : undefined;
      if (name === undefined) {
        problems.push(planKeyNotText(at(offset)));
        continue;
      }
      const first = firstAt.get(name);
      if (first === undefined) firstAt.set(name, offset);
      else {
        duplicated.push([...path, name]);
        if (!inAlias) problems.push(planDuplicateKey(at(offset), name, lines.linePos(first).line));
      }
      entries.set(name, visit(value as Node | null, [...path, name], depth + 1, inAlias));
    }
    return Object.fromEntries(entries);
  };

  try {
    return { value: visit(root, [], 0, false), problems, duplicated, anchors };
  } catch (error) {
    if (error instanceof LimitReached)
      return { value: null, problems: [...problems, error.problem], duplicated, anchors };
    throw error;
  }
}

/** The node at a path; where there is none, the nearest above. */
function descend(root: Node | null, path: YamlPath, anchors: ReadonlyMap<string, Node> = new Map()): Node | null {
  let node = root;
  for (const step of path) {
    const target = isAlias(node) ? (anchors.get(node.source) ?? null) : node;
    let next: unknown;
    if (isMap(target)) {
      next = pairsByKey(target).get(String(step))?.value;
    } else if (isSeq(target)) next = target.items[Number(step)];
    if (next === undefined || next === null) return node;
    node = next as Node;
  }
  return node;
}

function keyOffset(node: Node | null, key: string): number {
  if (isMap(node)) {
    const offset = (pairsByKey(node).get(key)?.key as Node | undefined)?.range?.[0];
    if (offset !== undefined) return offset;
  }
  return node?.range?.[0] ?? 0;
}

/** Pairs of a map by their key; of duplicated keys the last, which is the one whose value counts. */
function pairsByKey(map: YAMLMap): ReadonlyMap<string, Pair> {
  let pairs = pairIndex.get(map);
  if (pairs === undefined) {
    pairs = new Map(map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value ?? ""), pair]] : [])));
    pairIndex.set(map, pairs);
  }
  return pairs;
}

/** Each map is indexed once, when a position in it is first asked for. */
const pairIndex = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
