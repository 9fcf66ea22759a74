/**
 * Problems, and every message that users can meet: one function each, so that wording, codes and
 * severity are decided in one place. A message says what is wrong, the value, and what to do;
 * `path` says where.
 */

export type Severity = "error" | "warning" | "note";

/** One thing that is wrong, or worth knowing. Travels from where it is found to the report. */
export interface Problem {
  /** Stable, `area.what`: `data.unknown-level`, `fit.singular`. */
  readonly code: string;
  readonly severity: Severity;
  /** A short sentence or two in plain English: what, the value, what to do. */
  readonly message: string;
  /** Where: `plan.yaml:12:5`, `data.csv:14, column "bdi"`, `analysis "primary"`. Empty when nowhere in particular. */
  readonly path: string;
}

/** Thrown when something cannot be answered as asked. Holds all problems found, never only the first. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(renderProblem).join("\n"));
    this.name = "ProblemError";
    this.problems = problems;
  }
}

/** One line: `error plan.yaml:12:5 Unknown key "formla". Did you mean "formula"? [plan.unknown-key]`. */
export function renderProblem({ code, severity, message, path }: Problem): string {
  return `${severity}${path === "" ? "" : ` ${path}`}: ${message} [${code}]`;
}

export const isError = (problem: Problem): boolean => problem.severity === "error";

/** `file:line:column`, lines and columns counted from 1. */
export const inFile = (file: string, line: number, column?: number): string =>
  column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;

const error = (code: string, path: string, message: string): Problem => ({ code, severity: "error", path, message });
const warning = (code: string, path: string, message: string): Problem => ({
  code,
  severity: "warning",
  path,
  message,
});
const note = (code: string, path: string, message: string): Problem => ({ code, severity: "note", path, message });

/** ` Did you mean "x"?`, or nothing. */
const didYouMean = (suggestion: string | undefined): string =>
  suggestion === undefined ? "" : ` Did you mean "${suggestion}"?`;

// ── data ────────────────────────────────────────────────────────────────────────────────────────

// ── plan ────────────────────────────────────────────────────────────────────────────────────────

export const planTooLarge = (path: string, bytes: number): Problem =>
  error(
    "plan.too-large",
    path,
    `The plan holds ${(bytes / 1e6).toFixed(1)} MB; at most 1 MB is read. Data belong in the file that data.file names.`,
  );
export const planNotText = (path: string): Problem =>
  error("plan.not-text", path, "This is not a text file in UTF-8. A plan is a YAML file; save it as text, in UTF-8.");
export const planEmpty = (path: string): Problem =>
  error("plan.empty", path, "The plan is empty. It begins with the line plan: fit-rct/1.");
export const planSyntax = (path: string, detail: string): Problem =>
  error("plan.syntax", path, `Not valid YAML: ${detail}`);
export const planSeveralDocuments = (path: string): Problem =>
  error("plan.several-documents", path, 'A plan is one YAML document; remove this "---" and what follows it.');
export const planTooManyAliases = (path: string): Problem =>
  error(
    "plan.too-many-aliases",
    path,
    "The YAML aliases (*name) expand to too much. Write the repeated parts out; at most 100 aliases are read.",
  );
export const planUnknownAlias = (path: string, alias: string): Problem =>
  error(
    "plan.unknown-alias",
    path,
    `The alias *${alias} has no anchor &${alias} above it. Put a text with * in quotes.`,
  );
export const planTooDeep = (path: string): Problem =>
  error(
    "plan.too-deep",
    path,
    "Lists or keys are nested too deeply here; no plan needs this. Look for a missing ] or }.",
  );
export const planTagged = (path: string): Problem =>
  error("plan.tag", path, "A value that begins with ! is a YAML tag. Put the value in quotes.");
export const planDuplicateKey = (path: string, key: string, firstLine: number): Problem =>
  error("plan.duplicate-key", path, `The key "${key}" is there twice; the first is on line ${firstLine}. Keep one.`);
export const planKeyNotText = (path: string): Problem =>
  error("plan.key-not-text", path, "A key must be a text here, not a list or keys of its own.");
export const planUnknownKey = (path: string, key: string, owner: string, suggestion: string | undefined): Problem =>
  error("plan.unknown-key", path, `Unknown key "${key}" in ${owner}.${didYouMean(suggestion) || " Remove it."}`);
export const planMissingKey = (path: string, key: string, owner: string): Problem =>
  error("plan.missing-key", path, `The key "${key}" is missing in ${owner}. Add it.`);
export const planWrongType = (path: string, key: string, expected: string, found: string): Problem =>
  error("plan.wrong-type", path, `"${key}" must be ${expected}; it is ${found}.`);
export const planUnknownValue = (
  path: string,
  key: string,
  found: string,
  allowed: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "plan.unknown-value",
    path,
    `"${key}" must be ${allowed.length > 1 ? `one of ${allowed.join(", ")}` : allowed.join("")}; it is ${found}.${didYouMean(suggestion)}`,
  );
export const planLevelNotShare = (path: string, level: number): Problem =>
  error(
    "plan.level-not-share",
    path,
    `"level" is a share above 0.5 and below 1; it is ${level}.${level > 50 && level < 100 ? ` Write ${level / 100}.` : " Write 0.95 for 95 %."}`,
  );
export const planInvalidId = (path: string, id: string): Problem =>
  error("plan.invalid-id", path, `The id "${id}" may have lower-case letters a–z, digits and hyphens only.`);
export const planInvalidDate = (path: string, key: string, found: string): Problem =>
  error("plan.invalid-date", path, `"${key}" must be a date such as 2024-09-19; it is "${found}".`);
export const planEmptyValue = (path: string, key: string, what: string): Problem =>
  error("plan.empty-value", path, `"${key}" is empty. ${what}`);
export const planSeedOutOfRange = (path: string, found: string): Problem =>
  error("plan.seed", path, `"seed" must be a whole number from 0 to 9007199254740991; it is ${found}.`);
export const planInvalidValue = (path: string, key: string, found: string): Problem =>
  error("plan.invalid-value", path, `"${key}" cannot be ${found}. See: analyze schema plan.`);
export const planNotInVersion = (path: string, what: string, instead: string): Problem =>
  error(
    "plan.not-in-version",
    path,
    `${what} is part of the plan format but not in this version of fit-rct. ${instead}`,
  );
export const planDuplicateId = (path: string, id: string, firstLine: string): Problem =>
  error(
    "plan.duplicate-id",
    path,
    `The id "${id}" is there twice; the first is at ${firstLine}. Each analysis needs its own.`,
  );
export const planUnknownColumn = (path: string, name: string, used: string, suggestion: string | undefined): Problem =>
  error(
    "plan.unknown-column",
    path,
    `Unknown column "${name}" in ${used}.${didYouMean(suggestion) || " Add it to columns, or correct the name."}`,
  );
export const planNotFactor = (path: string, name: string, used: string, type: string): Problem =>
  error(
    "plan.not-factor",
    path,
    `${used} needs a factor; the column "${name}" is of type ${type}. Give it type: factor with its levels.`,
  );
export const planUnknownLevel = (
  path: string,
  level: string,
  column: string,
  levels: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "plan.unknown-level",
    path,
    `"${level}" is not a level of "${column}" (${levels.slice(0, 8).join(", ")}${levels.length > 8 ? ", …" : ""}).${didYouMean(suggestion)}`,
  );
export const planDuplicateLevel = (path: string, level: string, column: string): Problem =>
  error("plan.duplicate-level", path, `The level "${level}" of "${column}" is there twice. Remove one.`);
export const planRangeReversed = (path: string, column: string, low: number, high: number): Problem =>
  error("plan.range-reversed", path, `The range of "${column}" is [${low}, ${high}]. Write the smaller value first.`);
export const planArmsEqual = (path: string, level: string): Problem =>
  error("plan.arms-equal", path, `control and intervention are the same level, "${level}". Name two arms.`);
export const planKenwardRogerNeedsReml = (path: string): Problem =>
  error(
    "plan.kenward-roger-needs-reml",
    path,
    "df: kenward-roger needs method: REML. Change the method, or use df: satterthwaite.",
  );
export const planRandomTermInLinear = (path: string): Problem =>
  error(
    "plan.random-term-in-linear",
    path,
    "model: linear has no random terms. Use model: mixed, or remove the term ( | ).",
  );
export const planNoRandomTerm = (path: string): Problem =>
  error(
    "plan.no-random-term",
    path,
    "model: mixed needs a random term, such as (1 | participant). Add one, or use model: linear.",
  );
export const planMeansNotInFormula = (path: string, name: string, key: string): Problem =>
  error(
    "plan.means-not-in-formula",
    path,
    `${key} names "${name}", which is not among the fixed effects of the formula. Add it to the formula, or remove it here.`,
  );
export const planMeansNeedsValues = (path: string, name: string): Problem =>
  error(
    "plan.means-needs-values",
    path,
    `means.by names "${name}", which is not a factor. Give its values: at: { ${name}: [3, 8] }.`,
  );
export const planMeansTwice = (path: string, name: string): Problem =>
  error("plan.means-twice", path, `"${name}" is there twice in means. Name each column once in of and by.`);
export const planMeansOneLevel = (path: string, name: string): Problem =>
  error(
    "plan.means-one-level",
    path,
    `means.of names "${name}", which has one level: there is no difference to estimate.`,
  );
export const planRoleTwice = (path: string, name: string): Problem =>
  error(
    "plan.role-twice",
    path,
    `The column "${name}" is there twice in clusters. Name each once, the outermost first.`,
  );
export const planChangedSinceLock = (path: string, what: string, date: string): Problem =>
  warning(
    "plan.changed-since-lock",
    path,
    `${what} changed since the plan was locked on ${date}. The results are marked as not locked; see analyze lock.`,
  );
export const planLockUnreadable = (path: string): Problem =>
  warning(
    "plan.lock-unreadable",
    path,
    "The lock file cannot be read, so the plan counts as not locked. Write it again with analyze lock.",
  );

// ── formula and frame ───────────────────────────────────────────────────────────────────────────

// ── fit ─────────────────────────────────────────────────────────────────────────────────────────

// ── run, verify, command line ───────────────────────────────────────────────────────────────────
