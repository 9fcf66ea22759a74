/** Simulation text → Simulation, or every problem of it, each with file, line and column. */
import type { z } from "zod";
import { byPosition, maxPlanBytes } from "../plan/parse-plan.js";
import { type PositionedYaml, parsePositionedYaml, type YamlPath } from "../plan/positioned-yaml.js";
import {
  type Problem,
  ProblemError,
  planEmpty,
  planNotText,
  planTooLarge,
  simulationIcc,
  simulationInvalidValue,
  simulationLateSwitch,
  simulationLengths,
  simulationMissingKey,
  simulationShares,
  simulationTimes,
  simulationUnknownKey,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { parseIsoDate } from "../table/iso-date.js";
import { type Simulation, simulationSchema } from "./simulation.js";

/**
 * @param text  the simulation file's text.
 * @param file  its name, as positions are to begin with.
 * @throws ProblemError with all that is wrong: first the text and its shape, then what the numbers say together.
 */
export function parseSimulation(text: string, file: string): Simulation {
  if (text.length > maxPlanBytes) throw new ProblemError([planTooLarge(file, text.length)]);
  if (/[^\P{Cc}\t\n\v\f\r]|\ufffd/u.test(text)) throw new ProblemError([planNotText(file)]);
  const yaml = parsePositionedYaml(text.replace(/^\ufeff/, ""), file);
  if (yaml.problems.length > 0) throw new ProblemError(yaml.problems);
  if (yaml.value === null) throw new ProblemError([planEmpty(file)]);
  const parsed = simulationSchema.safeParse(yaml.value);
  const problems = parsed.success
    ? together(parsed.data, yaml)
    : parsed.error.issues.flatMap((issue) => toProblems(issue, yaml));
  if (problems.length > 0 || !parsed.success) throw new ProblemError(problems.sort(byPosition));
  return parsed.data;
}

type Issue = z.core.$ZodIssue;

function toProblems(issue: Issue, yaml: PositionedYaml): Problem[] {
  const path = issue.path as YamlPath;
  const key = namedItem(path);
  const value = valueAt(yaml.value, path);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(path);
    return issue.keys.map((name) => simulationUnknownKey(yaml.whereKey(path, name), name, suggest(name, known)));
  }
  if (value === undefined) return [simulationMissingKey(yaml.where(path.slice(0, -1)), key)];
  return [simulationInvalidValue(yaml.where(path), key, needed(issue, path), inWords(value))];
}

/** What the schema asks for, in words. */
function needed(issue: Issue, path: YamlPath): string {
  switch (issue.code) {
    case "too_small":
      if (issue.origin === "array") return `a list of ${issue.minimum} or more`;
      if (issue.origin === "string") return "a text that is not empty";
      return issue.inclusive === false ? `above ${issue.minimum}` : `${issue.minimum} or more`;
    case "too_big":
      return issue.origin === "array" ? `a list of ${issue.maximum}` : `${issue.maximum} or less`;
    case "invalid_value":
      return issue.values.map(String).join(" or ");
    case "invalid_format":
      return "a date such as 2025-01-01";
    case "custom":
      return "two numbers, the smaller first";
    case "invalid_type":
      if (issue.expected === "int") return "a whole number";
      if (issue.expected === "number") return "a number";
      if (issue.expected === "tuple") return "two numbers, such as [12, 28]";
      if (issue.expected === "array") return "a list, such as [1, 2]";
      if (issue.expected === "string") return "a text";
      return "a group of keys, each with its value";
    default:
      return `as the format has it (${path.length === 0 ? "a group of keys" : "analyze schema simulation"})`;
  }
}

function inWords(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a group of keys";
  return typeof value === "string" ? `"${value.slice(0, 60)}"` : String(value);
}

/** `clients`, or `item 2 of clients`. */
function namedItem(path: YamlPath): string {
  const last = path.at(-1);
  return typeof last === "number" ? `item ${last + 1} of ${String(path.at(-2))}` : String(last ?? "the file");
}

function valueAt(root: unknown, path: YamlPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** Keys that the schema has at a path. */
function knownKeys(path: YamlPath): string[] {
  interface Open {
    readonly shape?: Record<string, unknown>;
    readonly innerType?: unknown;
    readonly valueType?: unknown;
  }
  const open = (schema: unknown): Open | undefined => {
    let definition = (schema as { readonly def?: Open } | undefined)?.def;
    while (definition?.innerType !== undefined) definition = (definition.innerType as { readonly def: Open }).def;
    return definition;
  };
  let schema: unknown = simulationSchema;
  for (const step of path) schema = open(schema)?.shape?.[String(step)] ?? open(schema)?.valueType;
  return Object.keys(open(schema)?.shape ?? {});
}

// ── what the numbers say together ───────────────────────────────────────────────────────────────

function together(simulation: Simulation, yaml: PositionedYaml): Problem[] {
  const { calendar, designs, clients, endings, ors, sessions } = simulation;
  const problems: Problem[] = [];
  const invalid = (path: YamlPath, what: string, value: unknown): void => {
    problems.push(simulationInvalidValue(yaml.where(path), namedItem(path), what, inWords(value)));
  };
  if (Number.isNaN(parseIsoDate(calendar.start)))
    invalid(["calendar", "start"], "a day of the calendar", calendar.start);
  for (const [i, quarter] of designs.B.switches.entries()) {
    const path = ["designs", "B", "switches", i];
    if (quarter > calendar.quarters) {
      problems.push(simulationLateSwitch(yaml.where(path), quarter, calendar.quarters));
    }
  }
  const pairs: readonly (readonly [YamlPath, readonly [number, number]])[] = [
    [["clients", "age", "range"], clients.age.range],
    [["sessions", "interval"], sessions.interval],
  ];
  for (const [path, [low, high]] of pairs) if (low > high) invalid(path, "two numbers, the smaller first", [low, high]);
  problems.push(...shareProblems(simulation, yaml));

  const { from } = endings;
  if (from[0] !== 0 || from.some((time, i) => i > 0 && time <= from[i - 1]!)) {
    problems.push(simulationTimes(yaml.where(["endings", "from"])));
  }
  for (const cause of ["planned", "dropout", "moving"] as const) {
    const found = endings[cause].length;
    if (found === from.length) continue;
    problems.push(simulationLengths(yaml.where(["endings", cause]), cause, found, from.length));
  }
  const known = Object.keys(clients.problem);
  const weights: YamlPath = ["ors", "off-track", "weights", "problem"];
  for (const name of Object.keys(ors["off-track"].weights.problem)) {
    if (known.includes(name)) continue;
    problems.push(simulationUnknownKey(yaml.whereKey(weights, name), name, suggest(name, known)));
  }
  return [...problems, ...iccProblems(simulation, yaml)];
}

function shareProblems({ units, staff, clients }: Simulation, yaml: PositionedYaml): Problem[] {
  const sharesOf = (levels: Simulation["clients"]["sex"]): number[] => Object.values(levels).map(({ share }) => share);
  const lists: readonly (readonly [YamlPath, readonly number[]])[] = [
    [["units", "provider"], Object.values(units.provider)],
    [["units", "setting"], Object.values(units.setting)],
    [["staff", "profession"], Object.values(staff.profession)],
    [["clients", "sex"], sharesOf(clients.sex)],
    [["clients", "referral"], sharesOf(clients.referral)],
    [["clients", "problem"], sharesOf(clients.problem)],
  ];
  return lists.flatMap(([path, shares]) => {
    const sum = shares.reduce((total, one) => total + one, 0);
    return Math.abs(sum - 1) < 1e-6 ? [] : [simulationShares(yaml.where(path), String(path.at(-1)), sum)];
  });
}

/** A declared correlation that the standard deviations do not give. */
function iccProblems({ designs: { A, B } }: Simulation, yaml: PositionedYaml): Problem[] {
  const problems: Problem[] = [];
  const compare = (path: YamlPath, declared: number, sd: number, others: readonly number[]): void => {
    const total = [sd, ...others].reduce((sum, one) => sum + one ** 2, 0);
    const found = total === 0 ? 0 : sd ** 2 / total;
    if (Math.abs(found - declared) <= 0.005) return;
    problems.push(simulationIcc(yaml.where(path), String(path.at(-1)), declared, found));
  };
  const { unit, client, residual, therapist } = A.sd;
  for (const arm of ["TAU", "FIT"] as const) {
    if (A.icc === undefined) break;
    compare(["designs", "A", "icc", "therapist", arm], A.icc.therapist[arm], therapist[arm], [unit, client, residual]);
  }
  for (const name of ["unit", "unit-period", "therapist"] as const) {
    if (B.icc === undefined) break;
    const others = Object.entries(B.sd).filter(([other]) => other !== name);
    compare(
      ["designs", "B", "icc", name],
      B.icc[name],
      B.sd[name],
      others.map(([, one]) => one),
    );
  }
  return problems;
}
