/**
 * Plan text → Plan, with every problem of its text and shape, each with file, line and column.
 *
 * What is wrong is left out and the rest kept, so that the checks that follow (check-plan.ts, the
 * data) can list their problems in the same run. `complete` says whether anything was left out.
 */
import type { z } from "zod";
import {
  inFile,
  type Problem,
  ProblemError,
  planEmpty,
  planEmptyValue,
  planInvalidDate,
  planInvalidId,
  planInvalidValue,
  planLevelNotShare,
  planMissingKey,
  planNotInVersion,
  planNotKeys,
  planNotText,
  planReservedName,
  planSeedOutOfRange,
  planTooLarge,
  planUnknownKey,
  planUnknownValue,
  planWrongType,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { blindAnalyses, blindContent } from "./blind-plan.js";
import { expandPlan } from "./expand-plan.js";
import {
  analysisModels,
  columnSchema,
  everyAnalysisSchema,
  everyColumnSchema,
  modelsNotYet,
  type NotYet,
  type Plan,
  type PlanContent,
  planSchema,
  trialModels,
} from "./plan.js";
import { inLanguage, type Language, RESULTS_LANGUAGE, wordsIn } from "./plan-language.js";
import { type PositionedYaml, parsePositionedYaml, type YamlPath } from "./positioned-yaml.js";

/** How a plan is to be understood, whatever its file says. */
export interface PlanView {
  readonly language: Language;
  /** Call the arms X and Y (blind-plan.ts). */
  readonly blind: boolean;
}
export const PLAIN_VIEW: PlanView = { language: RESULTS_LANGUAGE, blind: false };

export interface ParsedPlan {
  /** What of the plan could be understood; null when too little for any further check. */
  readonly plan: Plan | null;
  /** Of the text and its shape. Empty when the plan is complete. */
  readonly problems: readonly Problem[];
  /** Columns that the plan declares in a way that could not be understood; they are not in `plan.columns`. */
  readonly unreadColumns: readonly string[];
  /** Ids of analyses that could not be understood; they are not in `plan.analyses`. */
  readonly unreadAnalyses: readonly string[];
  /** Whether something is wrong in how the plan says to read the data, so that they cannot be read as meant. */
  readonly isDataUnread: boolean;
  /** `plan.yaml:12:5` of a value of `plan`, or of the nearest that the file has above it. */
  readonly where: (path: YamlPath) => string;
}

export const maxPlanBytes = 1_000_000;

/**
 * Parse a plan without throwing.
 *
 * @param text  the plan file's text.
 * @param file  its name, as positions are to begin with.
 * @param view  the language of titles and labels, where the plan has several, and whether its arms are blinded.
 */
export function parsePlan(text: string, file: string, view: PlanView = PLAIN_VIEW): ParsedPlan {
  const nothing = (problem: Problem): ParsedPlan => ({
    plan: null,
    problems: [problem],
    unreadColumns: [],
    unreadAnalyses: [],
    isDataUnread: true,
    where: () => file,
  });
  if (text.length > maxPlanBytes) return nothing(planTooLarge(file, text.length));
  if (/[^\P{Cc}\t\n\v\f\r]|\ufffd/u.test(text)) return nothing(planNotText(file));

  const yaml = parsePositionedYaml(text.replace(/^\ufeff/, ""), file);
  if (!yaml.valid) {
    return {
      plan: null,
      problems: yaml.problems,
      unreadColumns: [],
      unreadAnalyses: [],
      isDataUnread: true,
      where: yaml.where,
    };
  }
  if (yaml.value === null) return nothing(planEmpty(inFile(file, 1, 1)));

  const { value: meant, problems: ofKinds, guessed } = withKindsMeant(yaml);
  const written = withFamilyDefaults(asWritten(meant, yaml));
  const value = inLanguage(written, view.language);
  const first = planSchema.safeParse(value);
  const problems = [...yaml.problems, ...ofKinds, ...reservedNames(value, yaml)];
  if (first.success && problems.length === 0) {
    return {
      ...expanded(
        first.data,
        yaml.where,
        view,
        titleOf(inLanguage(written, RESULTS_LANGUAGE)),
        wordsIn(written, view.language),
      ),
      problems,
      unreadColumns: [],
      unreadAnalyses: [],
      isDataUnread: false,
    };
  }
  const issues = first.error?.issues ?? [];
  const unread = [...yaml.duplicated, ...guessed];
  return {
    ...withoutIssues(value, issues, unread, yaml, view.blind),
    isDataUnread: [...unread, ...issues.map(({ path }) => path)].some(([area]) => area === "data"),
    problems: [...problems, ...issues.flatMap((issue) => toProblems(issue, value, yaml))].sort(byPosition),
  };
}

const titleOf = (value: unknown): string | undefined =>
  isKeyed(value) && typeof value["title"] === "string" ? value["title"] : undefined;

/** The plan with its trial-level analyses expanded; these have the place of what they are expanded from. */
function expanded(
  content: PlanContent,
  where: ParsedPlan["where"],
  { blind: isBlind, language }: PlanView,
  titleInResults: string = content.title,
  words: Readonly<Record<string, string>> = {},
): Pick<ParsedPlan, "plan" | "where"> {
  const blinded = isBlind ? blindContent(content) : null;
  const { plan: whole, sources: allSources, columnSources } = expandPlan(blinded?.content ?? content, language);
  const named = {
    ...whole,
    ...(titleInResults === content.title ? {} : { titleInResults }),
    ...(Object.keys(words).length === 0 ? {} : { words }),
  };
  const plan = blinded === null ? named : blindAnalyses(named, blinded.arms, content);
  // A blind plan has some analyses in another form, under the same id.
  const placeOf = (analysis: Plan["analyses"][number]): number => {
    const same = whole.analyses.indexOf(analysis);
    return same >= 0 ? same : whole.analyses.findIndex(({ id }) => id === analysis.id);
  };
  const sources = plan.analyses.map((analysis) => allSources[placeOf(analysis)]!);
  return {
    plan,
    where: ([area, item, ...below]) => {
      if (area === undefined) return where([]);
      const madeBy = area === "columns" ? columnSources.get(String(item)) : undefined;
      if (madeBy !== undefined) return where(["analyses", madeBy]);
      const source = area === "analyses" && typeof item === "number" ? sources[item] : undefined;
      if (source === undefined) return where([area, item, ...below].filter((step) => step !== undefined));
      const isPart = plan.analyses[item as number]!.partOf !== undefined;
      return where(["analyses", source, ...(isPart ? [] : below)]);
    },
  };
}

/** The order of the file. */
export function byPosition(a: Problem, b: Problem): number {
  const [lineA = 0, columnA = 0] = lineAndColumn(a.path);
  const [lineB = 0, columnB = 0] = lineAndColumn(b.path);
  return lineA - lineB || columnA - columnB;
}

const lineAndColumn = (path: string): number[] => path.split(":").slice(-2).map(Number);

/** The plan of a parse without problems. @throws ProblemError with all problems otherwise. */
export function completePlan({ plan, problems }: ParsedPlan): Plan {
  if (plan === null || problems.length > 0) throw new ProblemError(problems);
  return plan;
}

/** The method and degrees of freedom of a mixed model whose family is not gaussian, where the plan leaves them out. */
function withFamilyDefaults(value: unknown): unknown {
  if (!isKeyed(value) || !Array.isArray(value["analyses"])) return value;
  const analyses = value["analyses"].map((analysis: unknown) => {
    const isOther =
      isKeyed(analysis) && analysis["model"] === "mixed" && (analysis["family"] ?? "gaussian") !== "gaussian";
    return isOther ? { method: "ML", df: "normal", ...analysis } : analysis;
  });
  return { ...value, analyses };
}

// ── model and type, on which the other keys depend ──────────────────────────────────────────────

interface KindsMeant {
  /** The plan with the kinds that were probably meant. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Columns whose type is a guess: enough to check their other keys by, not to read data by. */
  readonly guessed: readonly YamlPath[];
}

/** `model` of an analysis, `type` of a column: which other keys there may be. */
interface Kind {
  readonly key: "model" | "type";
  readonly values: readonly string[];
  /** Values of the plan format that this version does not have. */
  readonly later: readonly string[];
  /** Keys of any kind. */
  readonly keys: ReadonlySet<string>;
}

const kindOf = (key: Kind["key"], options: readonly z.ZodObject[], later: readonly string[], more: string[]): Kind => ({
  key,
  values: options.map(({ shape }) => String((shape[key] as z.ZodLiteral).value)),
  later,
  keys: new Set([...options.flatMap(({ shape }) => Object.keys(shape)), ...more]),
});

const modelKind = kindOf(
  "model",
  [...Object.values(analysisModels), ...Object.values(trialModels)].map(({ schema }) => schema),
  modelsNotYet,
  Object.values(analysisModels).flatMap(({ notYet }): readonly string[] => notYet.keys),
);
const typeKind = kindOf("type", columnSchema.options, [], []);

/**
 * A misspelt `model` or `type`, as key or as value, becomes what was probably meant, so that the keys beside it can be
 * checked in the same run.
 */
function withKindsMeant(yaml: PositionedYaml): KindsMeant {
  const { value } = yaml;
  const problems: Problem[] = [];
  const guessed: YamlPath[] = [];
  if (!isKeyed(value)) return { value, problems, guessed };
  const meant = (owner: unknown, kind: Kind, path: YamlPath): unknown => {
    if (!isKeyed(owner)) return owner;
    const found = kindMeant(owner, kind, path, yaml, problems);
    if (found === null) return owner;
    if (found.isGuess && kind.key === "type") guessed.push(path);
    const others = Object.entries(owner).filter(([name]) => name !== found.written);
    return Object.fromEntries([...others, [kind.key, found.value]]);
  };
  const result: Keyed = { ...value };
  const { columns, analyses } = value;
  if (isKeyed(columns)) {
    result["columns"] = mapKeys(columns, (column, name) => meant(column, typeKind, ["columns", name]));
  }
  if (Array.isArray(analyses)) {
    result["analyses"] = analyses.map((analysis: unknown, i) => meant(analysis, modelKind, ["analyses", i]));
  }
  return { value: result, problems, guessed };
}

/** The kind of an analysis or a column when it is misspelt and can be told; null when not. */
function kindMeant(
  owner: Keyed,
  { key, values, later, keys }: Kind,
  path: YamlPath,
  yaml: PositionedYaml,
  problems: Problem[],
): { readonly written: string; readonly value: string; readonly isGuess: boolean } | null {
  const isMisspelt = (name: string): boolean => !keys.has(name) && suggest(name, keys) === key;
  const written = Object.hasOwn(owner, key) ? key : Object.keys(owner).find(isMisspelt);
  if (written === undefined) return null;
  const value = owner[written];
  const isKnown = typeof value === "string" && values.includes(value);
  const suggestion = isKnown ? value : suggestFor(value, [...values, ...later]);
  const isTold = suggestion !== undefined && values.includes(suggestion);
  if (written !== key) {
    if (!isTold) return null;
    problems.push(planUnknownKey(yaml.whereKey(path, written), written, ownerName(path, yaml.value), key));
  } else if (isKnown || !isTold) return null;
  if (!isKnown) {
    problems.push(planUnknownValue(yaml.where([...path, written]), key, inWords(value), values, suggestion));
  }
  return { written, value: suggestion, isGuess: !isKnown };
}

/** Names of columns that would be lost on the way, since the language gives them a meaning of their own. */
function reservedNames(value: unknown, yaml: PositionedYaml): Problem[] {
  const columns = valueAt(value, ["columns"]);
  if (!isKeyed(columns) || !Object.hasOwn(columns, "__proto__")) return [];
  return [planReservedName(yaml.whereKey(["columns"], "__proto__"), "__proto__")];
}

// ── values as written ───────────────────────────────────────────────────────────────────────────

/**
 * Numbers and booleans where labels are wanted become the text that the file has: a level written
 * 01 or 1.0 is not "1". Returns a new value.
 */
function asWritten(value: unknown, yaml: PositionedYaml): unknown {
  if (!isKeyed(value)) return value;
  const text = (item: unknown, path: YamlPath): unknown =>
    typeof item === "number" || typeof item === "boolean" ? (yaml.written(path) ?? item) : item;
  const texts = (list: unknown, path: YamlPath): unknown =>
    Array.isArray(list) ? list.map((item, i) => text(item, [...path, i])) : list;
  const columns = isKeyed(value["columns"]) ? value["columns"] : {};
  const isCategory = (name: string): boolean => {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    return isKeyed(column) && (column["type"] === "factor" || column["type"] === "id");
  };

  const result: Record<string, unknown> = { ...value };
  const { data, trial, registration, analyses } = value;
  if (isKeyed(data)) result["data"] = mapKey(data, "missing", (list) => texts(list, ["data", "missing"]));
  if (isKeyed(value["columns"])) {
    result["columns"] = mapKeys(columns, (column, name) =>
      isKeyed(column) ? mapKey(column, "levels", (list) => texts(list, ["columns", name, "levels"])) : column,
    );
  }
  if (isKeyed(registration)) {
    result["registration"] = mapKey(registration, "id", (id) => text(id, ["registration", "id"]));
  }
  if (isKeyed(trial)) {
    const { arm, visit } = trial;
    const newTrial = { ...trial };
    if (isKeyed(arm)) {
      newTrial["arm"] = mapKeys(arm, (level, key) => (key === "column" ? level : text(level, ["trial", "arm", key])));
    }
    if (isKeyed(visit) && isCategory(String(visit["column"]))) {
      newTrial["visit"] = mapKey(visit, "baseline", (baseline) => text(baseline, ["trial", "visit", "baseline"]));
    }
    result["trial"] = newTrial;
  }
  if (Array.isArray(analyses)) {
    result["analyses"] = analyses.map((analysis: unknown, i) => {
      if (!isKeyed(analysis) || !isKeyed(analysis["means"]) || !isKeyed(analysis["means"]["at"])) return analysis;
      const at = mapKeys(analysis["means"]["at"], (list, name) =>
        isCategory(name) ? texts(list, ["analyses", i, "means", "at", name]) : list,
      );
      return { ...analysis, means: { ...analysis["means"], at } };
    });
  }
  return result;
}

type Keyed = Record<string, unknown>;
const isKeyed = (value: unknown): value is Keyed =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const mapKeys = (object: Keyed, change: (value: unknown, key: string) => unknown): Keyed =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
const mapKey = (object: Keyed, key: string, change: (value: unknown) => unknown): Keyed =>
  Object.hasOwn(object, key) ? { ...object, [key]: change(object[key]) } : object;

// ── issues to problems ──────────────────────────────────────────────────────────────────────────

type Issue = z.core.$ZodIssue;

function toProblems(issue: Issue, root: unknown, yaml: PositionedYaml): Problem[] {
  const path = issue.path as YamlPath;
  const key = String(path.at(-1) ?? "the plan");
  const owner = ownerName(path.slice(0, -1), root);
  const value = valueAt(root, path);
  const where = yaml.where(path);

  if (path.length === 0 && issue.code === "invalid_type") return [planNotKeys(where, inWords(value))];
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    return unknownKind(issue.discriminator === "model" ? modelKind : typeKind, path, root, yaml);
  }
  if (value === undefined) return [planMissingKey(yaml.where(path.slice(0, -1)), key, owner)];
  if (value === null && typeof path.at(-1) === "string") {
    return [planEmptyValue(yaml.whereKey(path.slice(0, -1), key), key, "Give it a value, or remove the key.")];
  }
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((name) => unknownKey(name, path, root, yaml));
    case "invalid_union":
      return [planWrongType(where, key, issueTypes(issue), inWords(value))];
    case "invalid_value":
      return [invalidValue(where, path, value, issue.values.map(String), root)];
    case "invalid_type":
      if (key === "seed") return [planSeedOutOfRange(where, inWords(value))];
      return [planWrongType(where, namedItem(path), typeInWords(issue.expected), inWords(value))];
    case "too_small":
    case "too_big":
      return [outOfRange(issue, where, path, value)];
    case "invalid_format":
      if (key === "id") return [planInvalidId(where, String(value))];
      return [planInvalidDate(where, key, String(value))];
    case "invalid_key":
      return [planEmptyValue(yaml.whereKey(path.slice(0, -1), key), `a name in ${owner}`, "Give the column its name.")];
    case "custom":
      return [planEmptyValue(where, key, issue.message)];
    default:
      return [planInvalidValue(where, namedItem(path), inWords(value))];
  }
}

function unknownKey(name: string, path: YamlPath, root: unknown, yaml: PositionedYaml): Problem {
  const where = yaml.whereKey(path, name);
  const notYet = notYetAt(path, root);
  if (notYet?.keys.includes(name)) {
    return planNotInVersion(where, `"${name}" of model: ${modelAt(path, root)}`, "Remove the key.");
  }
  return planUnknownKey(where, name, ownerName(path, root), suggest(name, knownKeys(path, root)));
}

/** A model or type that is missing or unknown, and what can be said of the keys beside it all the same. */
function unknownKind(kind: Kind, path: YamlPath, root: unknown, yaml: PositionedYaml): Problem[] {
  const owner = path.slice(0, -1);
  const value = valueAt(root, path);
  const isLater = typeof value === "string" && kind.later.includes(value);
  const shared = (kind.key === "model" ? everyAnalysisSchema : everyColumnSchema).safeParse(valueAt(root, owner));
  const issues = (shared.error?.issues ?? []).map((issue) => ({ ...issue, path: [...owner, ...issue.path] }) as Issue);
  const unknown = isLater ? [] : Object.keys(valueAt(root, owner) as Keyed).filter((name) => !kind.keys.has(name));
  return [
    ...kindProblem(kind, path, value, unknown, root, yaml),
    ...unknown.map((name) =>
      planUnknownKey(yaml.whereKey(owner, name), name, ownerName(owner, root), suggest(name, kind.keys)),
    ),
    ...issues.flatMap((issue) => toProblems(issue, root, yaml)),
  ];
}

function kindProblem(
  { key, values, later, keys }: Kind,
  path: YamlPath,
  value: unknown,
  unknown: readonly string[],
  root: unknown,
  yaml: PositionedYaml,
): Problem[] {
  const owner = path.slice(0, -1);
  const where = yaml.where(path);
  if (value === null) return [planEmptyValue(yaml.whereKey(owner, key), key, "Give it a value, or remove the key.")];
  if (value === undefined) {
    const isThere = unknown.some((name) => suggest(name, keys) === key);
    return isThere ? [] : [planMissingKey(yaml.where(owner), key, ownerName(owner, root))];
  }
  if (typeof value === "string" && later.includes(value)) {
    return [planNotInVersion(where, `${key}: ${value}`, `This version has ${values.join(" and ")}.`)];
  }
  return [planUnknownValue(where, key, inWords(value), values, suggestFor(value, [...values, ...later]))];
}

function invalidValue(
  where: string,
  path: YamlPath,
  value: unknown,
  allowed: readonly string[],
  root: unknown,
): Problem {
  // An entry of a list is called by the list's key.
  const key = String(path.findLast((part) => typeof part === "string"));
  const later = notYetAt(path.slice(0, -1), root)?.values[key] ?? [];
  if (typeof value === "string" && later.includes(value)) {
    const instead = allowed.length === 1 ? `Use ${allowed.join("")}.` : `Use one of ${allowed.join(", ")}.`;
    return planNotInVersion(where, `${key}: ${value}`, instead);
  }
  return unknownValue(where, key, value, allowed);
}

const unknownValue = (where: string, key: string, value: unknown, allowed: readonly string[]): Problem =>
  planUnknownValue(where, key, inWords(value), allowed, allowed.length > 1 ? suggestFor(value, allowed) : undefined);

function outOfRange(issue: Issue, where: string, path: YamlPath, value: unknown): Problem {
  const key = String(path.at(-1));
  if (typeof value === "string") return planEmptyValue(where, namedItem(path), "Give it a value, or remove the key.");
  if (key === "seed") return planSeedOutOfRange(where, inWords(value));
  if (key === "level" && typeof value === "number") return planLevelNotShare(where, value);
  if (key === "range") return planWrongType(where, key, "two numbers, such as [0, 63]", `a list of ${lengthOf(value)}`);
  if (Array.isArray(value) && value.length === 0) return planEmptyValue(where, key, "List at least one.");
  return planInvalidValue(where, namedItem(path), issue.code === "too_big" ? "so large" : inWords(value));
}

const suggestFor = (value: unknown, candidates: readonly string[]): string | undefined =>
  typeof value === "string" ? suggest(value, candidates) : undefined;

/** What the schema allows at a path: the alternatives of a union. */
function issueTypes(issue: Issue): string {
  const alternatives = "errors" in issue ? (issue.errors as readonly (readonly Issue[])[]) : [];
  const types = alternatives.flatMap((issues) => issues.map((i) => (i.code === "invalid_type" ? i.expected : "")));
  return types.includes("number") ? "a text or a number" : "a text";
}

function typeInWords(expected: string): string {
  switch (expected) {
    case "string":
      return "a text (in quotes, if it looks like a number)";
    case "number":
    case "int":
      return "a number";
    case "array":
    case "tuple":
      return "a list, such as [a, b]";
    case "boolean":
      return "true or false";
    default:
      return "a group of keys, each with its value";
  }
}

/** A value of the plan for a message: its kind, and the value when it is short. */
function inWords(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  if (typeof value === "string") return `"${shortened(value)}"`;
  return String(value);
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** `range`, or `levels[2]` for an item of a list (counted from 1). */
function namedItem(path: YamlPath): string {
  const last = path.at(-1);
  if (typeof last !== "number") return String(last ?? "the plan");
  return `item ${last + 1} of ${String(path.at(-2) ?? "the list")}`;
}

/** The part of the plan that a path leads to, as a reader would call it. */
function ownerName(path: YamlPath, root: unknown): string {
  const [area, item, ...rest] = path;
  if (area === undefined) return "the plan";
  if (area === "analyses" && typeof item === "number") {
    const id = valueAt(root, ["analyses", item, "id"]);
    const analysis = typeof id === "string" && id !== "" ? `analysis "${shortened(id)}"` : `analysis ${item + 1}`;
    return rest.length === 0 ? analysis : `${rest.join(".")} of ${analysis}`;
  }
  if (area === "columns" && item !== undefined) return `column "${shortened(String(item))}"`;
  return path.join(".");
}

// ── keys that the schema knows at a path ────────────────────────────────────────────────────────

const modelAt = (path: YamlPath, root: unknown): string => String(valueAt(root, [...path.slice(0, 2), "model"]));

function notYetAt(path: YamlPath, root: unknown): NotYet | undefined {
  if (path[0] !== "analyses" || path.length !== 2) return undefined;
  const model = modelAt(path, root);
  return Object.hasOwn(analysisModels, model) ? analysisModels[model as keyof typeof analysisModels].notYet : undefined;
}

function knownKeys(path: YamlPath, root: unknown): string[] {
  let schema: unknown = planSchema;
  let value = root;
  for (const step of path) {
    const inner = objectSchema(schema, value);
    if (inner === undefined) return [];
    schema = inner.type === "object" ? inner.shape?.[String(step)] : (inner.element ?? inner.valueType);
    value = valueAt(value, [step]);
  }
  return Object.keys(objectSchema(schema, value)?.shape ?? {});
}

interface OpenSchema {
  readonly type: string;
  readonly shape?: Record<string, unknown>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly innerType?: unknown;
  readonly discriminator?: string;
  readonly options?: readonly { readonly shape: Record<string, { readonly value?: unknown }> }[];
}

/** The object, list or record schema below optional and default wrappers; of a union, the member that the value chose. */
function objectSchema(schema: unknown, value: unknown): OpenSchema | undefined {
  let definition = (schema as { readonly def?: OpenSchema } | undefined)?.def;
  while (definition?.innerType !== undefined) definition = (definition.innerType as { readonly def: OpenSchema }).def;
  const { discriminator } = definition ?? {};
  if (definition === undefined || discriminator === undefined) return definition;
  const chosen = isKeyed(value) ? value[discriminator] : undefined;
  return objectSchema(
    definition.options?.find((option) => option.shape[discriminator]?.value === chosen),
    value,
  );
}

function valueAt(root: unknown, path: YamlPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

// ── the rest of a plan with problems ────────────────────────────────────────────────────────────

/** Leave out what the issues name, then what cannot be without it: a column, the trial, an analysis. */
function withoutIssues(
  value: unknown,
  issues: readonly Issue[],
  unread: readonly YamlPath[],
  yaml: PositionedYaml,
  isBlind: boolean,
): Pick<ParsedPlan, "plan" | "unreadColumns" | "unreadAnalyses" | "where"> {
  const none = { plan: null, unreadColumns: [], unreadAnalyses: [], where: yaml.where };
  if (!isKeyed(value) || !isKeyed(value["columns"]) || !Array.isArray(value["analyses"])) return none;
  if (unread.some(([area, item]) => item === undefined && (area === "columns" || area === "analyses"))) return none;

  const rest = structuredClone(value) as Keyed & { columns: Keyed; analyses: unknown[] };
  const unreadColumns = new Set<string>();
  const unreadAnalyses = new Set<number>();
  const leaveOut = (path: YamlPath, whole: boolean): void => {
    const [area, item] = path;
    if (area === "columns" && item !== undefined) {
      unreadColumns.add(String(item));
      delete rest.columns[String(item)];
    } else if (area === "analyses" && typeof item === "number" && (whole || path.length === 2)) {
      unreadAnalyses.add(item);
    } else if (whole) delete rest[String(area)];
    else deleteAt(rest, path);
  };
  for (const path of unread) if (path[0] !== "data") leaveOut(path, true);
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) deleteAt(rest, [...(issue.path as YamlPath), key]);
    } else leaveOut(issue.path as YamlPath, false);
  }
  rest["plan"] = "fit-rct/1";
  rest["title"] ??= "untitled";

  for (const issue of planSchema.safeParse(rest).error?.issues ?? []) leaveOut(issue.path as YamlPath, true);
  if (!Array.isArray(rest.analyses)) return { ...none, unreadColumns: [...unreadColumns] };
  const kept = [...rest.analyses.keys()].filter((i) => !unreadAnalyses.has(i));
  rest.analyses = kept.map((i) => rest.analyses[i]);
  const second = planSchema.safeParse(rest);
  if (!second.success) return { ...none, unreadColumns: [...unreadColumns] };
  const where: ParsedPlan["where"] = ([area, item, ...below]) =>
    area === "analyses" && typeof item === "number"
      ? yaml.where([area, kept[item] ?? item, ...below])
      : yaml.where([area, item, ...below].filter((step) => step !== undefined));
  return {
    ...expanded(second.data, where, { ...PLAIN_VIEW, blind: isBlind }),
    unreadColumns: [...unreadColumns],
    unreadAnalyses: [...unreadAnalyses].map((i) => String(valueAt(value, ["analyses", i, "id"]) ?? "")),
  };
}

/** Delete a key, or the whole list that an item is of: a list without one of its items is another list. */
function deleteAt(root: Keyed, path: YamlPath): void {
  const named = path.findLastIndex((step) => typeof step === "string");
  const owner = valueAt(root, path.slice(0, named));
  if (isKeyed(owner)) delete owner[String(path[named])];
}
