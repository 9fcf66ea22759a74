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

// ── formula and frame ───────────────────────────────────────────────────────────────────────────

// ── fit ─────────────────────────────────────────────────────────────────────────────────────────

// ── run, verify, command line ───────────────────────────────────────────────────────────────────
