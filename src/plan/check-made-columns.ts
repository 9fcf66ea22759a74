/** Instruments, and the columns that are scores of items or classes of change: whether what they name is there and enough. */
import {
  changeCutoffGroups,
  changeIsNeedsBinary,
  changeLevels,
  changeLevelWithoutCutoff,
  changeNoCriterion,
  changeUnknownGroup,
  instrumentIncomplete,
  instrumentTwoCriteria,
  instrumentUnknown,
  madeColumnType,
  madeTwice,
  madeType,
  type Problem,
  planRangeReversed,
  planUnknownLevel,
  scoreAllowsAll,
  scoreItemCount,
  scoreItemTwice,
  scoreNeedsRange,
  scoreReversedUnknown,
  summaryUnknownColumn,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { laterColumns, waysMade } from "../table/derived-column.js";
import type { Classify, Score } from "../table/dictionary.js";
import { CHANGE_CLASSES } from "../trial/clinical-change.js";
import { scoringRule } from "../trial/column-makers.js";
import { type ChangeGap, declaredChange } from "../trial/declared-change.js";
import { INSTRUMENTS, type Instrument } from "../trial/instruments.js";
import { instrumentNames, resolveInstrument } from "../trial/resolve-instrument.js";
import type { Plan } from "./plan.js";
import type { YamlPath } from "./positioned-yaml.js";

type Where = (path: YamlPath) => string;

/** Entries of `instruments`: complete, and with one criterion. */
export function checkInstruments({ instruments = {} }: Pick<Plan, "instruments">, where: Where): Problem[] {
  return Object.entries(instruments).flatMap(([name, own]) => {
    const path = ["instruments", name];
    const isNew = !Object.hasOwn(INSTRUMENTS, name);
    const missing = isNew ? (["range", "better"] as const).filter((key) => own[key] === undefined) : [];
    const reversed = own.range !== undefined && own.range[0] > own.range[1] ? own.range : null;
    const isTwo = own.points !== undefined && (own.sd !== undefined || own.reliability !== undefined);
    return [
      ...missing.map((key) => instrumentIncomplete(where(path), name, key)),
      ...(reversed === null ? [] : [planRangeReversed(where([...path, "range"]), name, ...reversed)]),
      ...(isTwo ? [instrumentTwoCriteria(where([...path, "points"]), name)] : []),
    ];
  });
}

/** Columns with `score` or `classify`. */
export function checkMadeColumns(plan: Pick<Plan, "columns" | "instruments">, where: Where): Problem[] {
  return Object.entries(plan.columns).flatMap(([name, spec]) => {
    const { score, classify } = spec;
    const ways = waysMade(spec);
    const isTwice = ways.length > 1 && (score !== undefined || classify !== undefined);
    return [
      ...(isTwice ? [madeTwice(where(["columns", name]), name, ways)] : []),
      ...(score === undefined ? [] : checkScore(plan, name, score, where)),
      ...(classify === undefined ? [] : checkClassify(plan, name, classify, where)),
    ];
  });
}

function checkScore(plan: Pick<Plan, "columns" | "instruments">, name: string, score: Score, where: Where): Problem[] {
  const path = ["columns", name, "score"];
  const problems: Problem[] = [];
  const { type } = plan.columns[name]!;
  if (type !== "number") problems.push(madeType(where(["columns", name]), name, "score", "number", type));
  score.items.forEach((item, i) => {
    if (score.items.indexOf(item) < i) problems.push(scoreItemTwice(where([...path, "items", i]), item));
    problems.push(...checkNumber(plan, name, item, "items", where([...path, "items", i])));
  });
  const instrument = score.instrument === undefined ? null : known(plan, score.instrument, path, where, problems);
  const count = instrument?.items?.count ?? score.items.length;
  if (count !== score.items.length)
    problems.push(scoreItemCount(where([...path, "items"]), score.instrument!, count, score.items.length));
  score.reversed?.forEach((item, i) => {
    if (!score.items.includes(item)) problems.push(scoreReversedUnknown(where([...path, "reversed", i]), item));
  });
  const rule = scoringRule(score, instrument);
  if (rule.reversed.includes(true) && rule.itemRange === null) problems.push(scoreNeedsRange(where(path), name));
  if (rule.allowMissing >= score.items.length)
    problems.push(scoreAllowsAll(where([...path, "missing"]), rule.allowMissing, score.items.length));
  return problems;
}

function checkClassify(
  plan: Pick<Plan, "columns" | "instruments">,
  name: string,
  classify: Classify,
  where: Where,
): Problem[] {
  const path = ["columns", name, "classify"];
  const problems: Problem[] = [];
  const column = plan.columns[name]!;
  if (column.type !== "factor" && column.type !== "binary")
    problems.push(madeType(where(["columns", name]), name, "classify", "factor or binary", column.type));
  else if ((column.type === "binary") !== (classify.is !== undefined))
    problems.push(changeIsNeedsBinary(where(path), name, column.type));
  for (const key of ["before", "after"] as const)
    problems.push(...checkNumber(plan, name, classify[key], key, where([...path, key])));
  problems.push(...checkCutOffLevels(plan, name, classify, path, where));
  const instrument = known(plan, classify.instrument, path, where, problems);
  if (instrument === null) return problems;
  const found = declaredChange(classify, instrument);
  if ("gaps" in found) return [...problems, ...found.gaps.map((gap) => gapProblem(gap, classify, path, where))];
  if (column.type === "factor") {
    const hasCutOff = found.change.cutOff.kind === "by" || found.change.cutOff.cutOff !== null;
    const isOwn = found.change.rule.functionalStart === "own-class";
    const possible = CHANGE_CLASSES.filter(
      (one) => (hasCutOff || one !== "recovered") && ((hasCutOff && isOwn) || one !== "started-functional"),
    );
    const missing = possible.filter((one) => !column.levels.includes(one));
    if (missing.length > 0) problems.push(changeLevels(where(["columns", name, "levels"]), name, missing));
  }
  return problems;
}

function gapProblem(gap: ChangeGap, { instrument }: Classify, path: YamlPath, where: Where): Problem {
  switch (gap.gap) {
    case "criterion":
      return changeNoCriterion(where(path), instrument);
    case "two-criteria":
      return instrumentTwoCriteria(where([...path, "points"]), instrument);
    case "groups":
      return changeCutoffGroups(where(path), instrument, gap.groups);
    case "unknown-group":
      return changeUnknownGroup(where([...path, "cutoff", "levels"]), gap.group, gap.groups);
  }
}

/** A cut-off for each level of the factor, and for nothing else. */
function checkCutOffLevels(
  { columns }: Pick<Plan, "columns">,
  name: string,
  { cutoff }: Classify,
  path: YamlPath,
  where: Where,
): Problem[] {
  if (typeof cutoff !== "object") return [];
  const { by, levels } = cutoff;
  const below = [...path, "cutoff"];
  const problems = checkThere(columns, name, by, where([...below, "by"]));
  const column = Object.hasOwn(columns, by) ? columns[by]! : undefined;
  if (column === undefined) return problems;
  if (column.type !== "factor")
    return [...problems, madeColumnType(where([...below, "by"]), by, "by", "factor", column.type)];
  const given = Object.keys(levels);
  return [
    ...problems,
    ...given
      .filter((level) => !column.levels.includes(level))
      .map((level) =>
        planUnknownLevel(
          where([...below, "levels", level]),
          level,
          by,
          column.levels,
          suggest(level, [...column.levels]),
        ),
      ),
    ...column.levels
      .filter((level) => !given.includes(level))
      .map((level) => changeLevelWithoutCutoff(where([...below, "levels"]), by, level)),
  ];
}

function known(
  { instruments = {} }: Pick<Plan, "instruments">,
  name: string,
  path: YamlPath,
  where: Where,
  problems: Problem[],
): Instrument | null {
  const names = instrumentNames(instruments);
  if (!names.includes(name))
    problems.push(instrumentUnknown(where([...path, "instrument"]), name, suggest(name, names)));
  return resolveInstrument(name, instruments);
}

function checkNumber(
  { columns }: Pick<Plan, "columns">,
  name: string,
  column: string,
  key: string,
  path: string,
): Problem[] {
  const problems = checkThere(columns, name, column, path);
  if (problems.length > 0) return problems;
  const { type } = columns[column]!;
  return type === "number" || type === "binary" ? [] : [madeColumnType(path, column, key, "number", type)];
}

/** A column that is declared, and made above the one that uses it. */
function checkThere(columns: Plan["columns"], name: string, column: string, path: string): Problem[] {
  const later = laterColumns(columns, name);
  if (Object.hasOwn(columns, column) && !later.has(column)) return [];
  const candidates = Object.keys(columns).filter((one) => !later.has(one));
  return [summaryUnknownColumn(path, column, later.has(column), suggest(column, candidates))];
}
