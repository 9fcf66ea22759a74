/**
 * The plan against itself: every column, level, formula and expression that it names is one that it
 * declares, and the keys of an analysis go together. The data are not needed.
 */
import { columnsOf, renderExpression, renderName } from "../formula/expression.js";
import { columnsOfFormula, type Formula, isSurvival, type SpecialKind } from "../formula/formula.js";
import { checkSpecials, parseFormula } from "../formula/parse-formula.js";
import { isClusterRobust } from "../inference/robust-variance.js";
import {
  agreementLevelsDiffer,
  agreementTwice,
  agreementType,
  baselineVariableType,
  baselineWithoutStandardise,
  changeGridNeedsScale,
  changeNotClassified,
  clusterColumnMissing,
  clusterColumnUnused,
  effectOutcomeType,
  evidenceLimits,
  evidenceNotRatio,
  fallbackTwice,
  familyMalformed,
  familyNameTwice,
  familyTwice,
  familyUnknownAnalysis,
  isError,
  jointPartModel,
  jointPartPopulation,
  jointPartsSwapped,
  jointPartTable,
  jointUnknownPart,
  jointWhere,
  linkNeedsBinomial,
  moderationRiskTaken,
  moderatorAtFactor,
  moderatorType,
  oneCovarianceTerm,
  type Problem,
  ProblemError,
  planArmsEqual,
  planClusterRobustWith,
  planCompareItself,
  planCompareUnknown,
  planControlNotReference,
  planDuplicateId,
  planDuplicateLevel,
  planEmptyValue,
  planEstimandTwice,
  planEstimandUnknownAnalysis,
  planFamilyDf,
  planFamilyMethod,
  planFamilyStandardise,
  planFileAndTables,
  planJoinNeedsKey,
  planKenwardRogerNeedsReml,
  planMadeColumnTaken,
  planMeansNotInFormula,
  planMeansOneLevel,
  planMeansTwice,
  planMissingKey,
  planNoRandomTerm,
  planNotFactor,
  planQuadratureGaussian,
  planRandomTermInLinear,
  planRandomTermNotTaken,
  planRangeReversed,
  planRoleTwice,
  planRoleType,
  planSapItem,
  planSapMissing,
  planSurvivalOutcome,
  planTrialRoleMissing,
  planUnknownColumn,
  planUnknownLevel,
  planUnknownTable,
  planValueType,
  residualByWith,
  risksNeedBinomial,
  robustDfNeedsClusters,
  sharesColumnType,
  standardiseNeedsMeans,
  standardiseNoBaseline,
  survivalOutcomeNeeded,
  survivalRandomTerm,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { checkDerivedColumns, checkSummaries } from "../table/derived-column.js";
import { checkExpression } from "../table/expression.js";
import { censoredLevelProblems, competingRisksProblems } from "./check-competing-risks.js";
import { checkInstruments, checkMadeColumns } from "./check-made-columns.js";
import { checkPopulationOf, checkPopulations, checkReceivedArm } from "./check-populations.js";
import { expanderOf } from "./expand-plan.js";
import type { ParsedPlan } from "./parse-plan.js";
import {
  type AgreementAnalysis,
  type Analysis,
  agreementLevels,
  type BaselineTableAnalysis,
  type ChangeClassesAnalysis,
  columnOfName,
  type EffectSizeAnalysis,
  type FormulaAnalysis,
  isSurvivalAnalysis,
  type JointAnalysis,
  type Means,
  type MixedAnalysis,
  type MmrmAnalysis,
  type ModerationAnalysis,
  moderationModel,
  type ParticipantFlowAnalysis,
  type Plan,
  PREDICTED_RISK,
  parseEstimateReference,
  type SharesAnalysis,
  type SteppedWedgeAnalysis,
  type SurvivalAnalysis,
  type SurvivalModel,
  tableNames,
} from "./plan.js";
import type { YamlPath } from "./positioned-yaml.js";
import { missingSapItems } from "./sap-items.js";
import { wedgeColumns, wedgeModelOf } from "./wedge-plan.js";

export interface PlanCheck {
  /** Errors and warnings, in the order of the plan's parts. */
  readonly problems: readonly Problem[];
  /** Places, from 0, of the analyses without an error: those whose data can be checked too. */
  readonly soundAnalyses: readonly number[];
  /** Whether the dictionary is without errors, so that the data can be read by it. */
  readonly columnsSound: boolean;
}

/** Check what a plan says against what it declares. */
export function checkPlan(parsed: ParsedPlan): PlanCheck {
  const { plan } = parsed;
  if (plan === null) return { problems: [], soundAnalyses: [], columnsSound: false };
  const at: Located = { plan, where: parsed.where, unread: parsed.unreadColumns, unreadIds: parsed.unreadAnalyses };
  const perAnalysis = plan.analyses.map((analysis, i) => checkAnalysis(at, analysis, i));
  const columns = [...checkData(at), ...checkColumns(at)];
  return {
    problems: [
      ...columns,
      ...checkTrial(at),
      ...(at.unread.length > 0 ? [] : checkPopulations(plan, at.where)),
      ...checkIds(at),
      ...checkTrialAnalyses(at),
      ...perAnalysis.flat(),
      ...censoredLevelProblems(plan, (i) => at.where(["analyses", i, "censored"])),
      ...checkMultiplicity(at),
      ...checkEvidence(at),
      ...checkEstimands(at),
    ],
    soundAnalyses: [...perAnalysis.keys()].filter((i) => !perAnalysis[i]!.some(isError)),
    columnsSound: parsed.unreadColumns.length === 0 && !columns.some(isError),
  };
}

/** A plan, where its parts stand, and the columns and analyses that it has but that could not be understood. */
interface Located {
  readonly plan: Plan;
  readonly where: (path: YamlPath) => string;
  readonly unread: readonly string[];
  /** Of analyses that could not be understood. */
  readonly unreadIds: readonly string[];
}

/** Estimands of different names, of analyses that there are. */
function checkEstimands({ plan, where, unreadIds }: Located): Problem[] {
  const estimands = plan.estimands ?? [];
  const known = [
    ...plan.analyses.map(({ id }) => id),
    ...(plan.trialAnalyses ?? []).map(({ analysis }) => analysis.id),
    ...unreadIds,
  ];
  return estimands.flatMap(({ id, analyses }, i) => [
    ...(estimands.findIndex((one) => one.id === id) < i ? [planEstimandTwice(where(["estimands", i, "id"]), id)] : []),
    ...analyses.flatMap((name, j) =>
      known.includes(name)
        ? []
        : [planEstimandUnknownAnalysis(where(["estimands", i, "analyses", j]), name, suggest(name, known))],
    ),
  ]);
}

/** Notes on the items of a statistical analysis plan that nothing in the plan answers. */
export function checkSap({ plan, where }: ParsedPlan): Problem[] {
  if (plan === null) return [];
  if (plan.sap === undefined) return [planSapMissing(where([]))];
  return missingSapItems(plan).map(({ item, about, key, elsewhere }) =>
    planSapItem(where(["sap"]), item, about, key === null ? elsewhere!.part : `sap.${key}`),
  );
}

// ── columns and roles ───────────────────────────────────────────────────────────────────────────

/** One file or several, and joins of tables that there are, by columns that there are. */
function checkData(at: Located): Problem[] {
  const { plan, where } = at;
  const { file, tables } = plan.data;
  if (tables === undefined) return file === undefined ? [planMissingKey(where(["data"]), "file", "data")] : [];
  const problems: Problem[] = file === undefined ? [] : [planFileAndTables(where(["data", "file"]))];
  const names = Object.keys(tables);
  if (names.length === 0) problems.push(planEmptyValue(where(["data", "tables"]), "tables", "List at least one."));
  for (const [name, { key, join }] of Object.entries(tables)) {
    const path = ["data", "tables", name];
    if (key !== undefined) isKnown(at, key, "key", [...path, "key"], problems);
    for (const [other, by] of Object.entries(join)) {
      isKnown(at, by, "join", [...path, "join", other], problems);
      if (!names.includes(other)) {
        problems.push(planUnknownTable(where([...path, "join", other]), other, names, suggest(other, names)));
      } else if (tables[other]!.key === undefined)
        problems.push(planJoinNeedsKey(where([...path, "join", other]), other));
    }
  }
  return problems;
}

/** A table that is named must be one of the plan's. */
function checkTable({ plan, where }: Located, table: string | undefined, path: YamlPath): Problem[] {
  const names = tableNames(plan);
  if (table === undefined || (plan.data.tables !== undefined && names.includes(table))) return [];
  const known = plan.data.tables === undefined ? [] : names;
  return [planUnknownTable(where([...path, "table"]), table, known, suggest(table, known))];
}

function checkColumns(at: Located): Problem[] {
  const { plan, where, unread } = at;
  const problems = Object.entries(plan.columns).flatMap(([name, { table }]) =>
    checkTable(at, table, ["columns", name]),
  );
  if (unread.length === 0) {
    problems.push(...checkDerivedColumns(plan.columns, (name) => where(["columns", name, "derive"])));
    const ofSummary = (name: string): string => where(["columns", name, "summarise"]);
    problems.push(...checkSummaries(plan.columns, plan.trial?.participant, ofSummary));
    for (const [name, { summarise }] of Object.entries(plan.columns))
      problems.push(...checkTable(at, summarise?.table, ["columns", name, "summarise"]));
    problems.push(...checkInstruments(plan, where), ...checkMadeColumns(plan, where));
  }
  for (const [name, column] of Object.entries(plan.columns)) {
    if (column.type === "factor") {
      column.levels.forEach((level, i) => {
        if (column.levels.indexOf(level) < i) {
          problems.push(planDuplicateLevel(where(["columns", name, "levels", i]), level, name));
        }
      });
      const { levels, "level-labels": labels = {} } = column;
      for (const level of Object.keys(labels).filter((one) => !levels.includes(one))) {
        const path = where(["columns", name, "level-labels", level]);
        problems.push(planUnknownLevel(path, level, name, levels, suggest(level, levels)));
      }
    }
    if (column.type === "number" && column.range !== undefined && column.range[0] > column.range[1]) {
      problems.push(planRangeReversed(where(["columns", name, "range"]), name, ...column.range));
    }
  }
  return problems;
}

function checkTrial(at: Located): Problem[] {
  const { plan, where } = at;
  const { trial } = plan;
  if (trial === undefined) return [];
  const problems: Problem[] = [];
  const known = (name: string | undefined, path: YamlPath): name is string =>
    name !== undefined && isKnown(at, name, `trial.${path.slice(1).join(".")}`, path, problems);

  known(trial.participant, ["trial", "participant"]);
  known(trial.period, ["trial", "period"]);
  if (known(trial.arm?.column, ["trial", "arm", "column"])) problems.push(...checkArms(at));
  if (known(trial.visit?.column, ["trial", "visit", "column"])) problems.push(...checkBaseline(at));
  known(trial.staff?.column, ["trial", "staff", "column"]);
  if (known(trial.staff?.arm, ["trial", "staff", "arm"])) {
    const { type } = plan.columns[trial.staff!.arm]!;
    const path = where(["trial", "staff", "arm"]);
    if (type !== "factor") problems.push(planNotFactor(path, trial.staff!.arm, "trial.staff.arm", type));
  }
  for (const [name, later] of Object.entries(trial.received ?? {})) {
    known(name, ["trial", "received", name]);
    known(later, ["trial", "received", name]);
  }
  problems.push(...checkReceivedArm(plan, where));
  for (const [event, name] of Object.entries(trial.dates ?? {})) {
    const path = ["trial", "dates", event];
    if (!known(name, path)) continue;
    const { type } = plan.columns[name]!;
    if (type !== "date") problems.push(planRoleType(where(path), `trial.dates.${event}`, name, "date", type));
  }
  trial.clusters?.forEach((name, i) => {
    const path = ["trial", "clusters", i];
    if (trial.clusters!.indexOf(name) < i) problems.push(planRoleTwice(where(path), name));
    else isKnown(at, name, "trial.clusters", path, problems);
  });
  return problems;
}

function checkArms({ plan, where }: Located): Problem[] {
  const { column: name, control, intervention } = plan.trial!.arm!;
  const column = plan.columns[name]!;
  if (column.type !== "factor") {
    return [planNotFactor(where(["trial", "arm", "column"]), name, "trial.arm", column.type)];
  }
  const { levels } = column;
  const problems = (["control", "intervention"] as const)
    .map((key) => ({ key, level: key === "control" ? control : intervention }))
    .filter(({ level }) => !levels.includes(level))
    .map(({ key, level }) =>
      planUnknownLevel(where(["trial", "arm", key]), level, name, levels, suggest(level, levels)),
    );
  if (control === intervention) problems.push(planArmsEqual(where(["trial", "arm", "intervention"]), control));
  if (problems.length === 0 && levels[0] === intervention) {
    problems.push(planControlNotReference(where(["trial", "arm", "control"]), control, levels[0]));
  }
  return problems;
}

function checkBaseline({ plan, where }: Located): Problem[] {
  const { column: name, baseline } = plan.trial!.visit!;
  const column = plan.columns[name]!;
  const path = where(["trial", "visit", "baseline"]);
  if (column.type === "id") {
    return [planRoleType(where(["trial", "visit", "column"]), "trial.visit", name, "number or factor", column.type)];
  }
  return baseline === undefined ? [] : checkValue(plan, name, baseline, path);
}

/** A value that a column is to have: a level of a factor, a number otherwise. */
function checkValue(plan: Plan, name: string, value: string | number, path: string): Problem[] {
  const column = plan.columns[name]!;
  if (column.type === "factor") {
    const level = String(value);
    if (column.levels.includes(level)) return [];
    return [planUnknownLevel(path, level, name, column.levels, suggest(level, column.levels))];
  }
  if (typeof value === "number" || column.type === "id") return [];
  return [planValueType(path, name, "a number", `the text "${value}"`)];
}

/** Whether a column can be looked up in the plan; a problem when it is not declared at all. */
function isKnown(at: Located, name: string, used: string, path: YamlPath, problems: Problem[]): boolean {
  if (Object.hasOwn(at.plan.columns, name)) return true;
  if (!at.unread.includes(name)) problems.push(unknownColumn(at, name, used, at.where(path)));
  return false;
}

const unknownColumn = ({ plan, unread }: Located, name: string, used: string, path: string): Problem =>
  planUnknownColumn(path, name, used, suggest(name, [...Object.keys(plan.columns), ...unread]));

// ── analyses ────────────────────────────────────────────────────────────────────────────────────

function checkIds({ plan, where }: Located): Problem[] {
  const first = new Map<string, number>();
  return plan.analyses.flatMap(({ id }, i) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, i);
    return before === undefined
      ? []
      : [planDuplicateId(where(["analyses", i, "id"]), id, where(["analyses", before, "id"]))];
  });
}

/** Roles that a trial-level analysis needs, and ids that no other analysis has. */
function checkTrialAnalyses({ plan, where }: Located): Problem[] {
  const ids = plan.analyses.map(({ id }) => id);
  const place = where(plan.trial === undefined ? [] : ["trial"]);
  return (plan.trialAnalyses ?? []).flatMap(({ analysis, parts, taken }) => {
    const { id, model } = analysis;
    const missing = expanderOf(analysis).missingRoles({ ...plan, analyses: [] }, analysis);
    const isTaken = ids.some((other, i) => other === id && plan.analyses[i]!.partOf !== id);
    return [
      ...missing.map((role) => planTrialRoleMissing(place, id, model, role)),
      ...taken.map((name) => planMadeColumnTaken(where(["columns", name]), name, id)),
      ...(isTaken && !parts.includes(id) ? [planDuplicateId(place, id, "another analysis")] : []),
    ];
  });
}

function checkAnalysis(at: Located, analysis: Analysis, i: number): Problem[] {
  const path = ["analyses", i];
  const where = (...below: (string | number)[]): string => at.where([...path, ...below]);
  const problems = [
    ...checkTable(at, analysis.table, path),
    ...checkPopulationOf(at.plan, analysis, where("population")),
  ];
  if (analysis.model === "mixed")
    problems.push(...checkMixed(at, analysis, path), ...checkResidualBy(at, analysis, path));
  if (analysis.model === "mmrm" && analysis.df === "kenward-roger" && analysis.method === "ML") {
    problems.push(planKenwardRogerNeedsReml(where("df")));
  }
  if (analysis.where !== undefined && at.unread.length === 0) {
    problems.push(...checkExpression(analysis.where, at.plan.columns, { path: where("where"), needed: "condition" }));
  }
  if (analysis.model === "effect-size") return [...problems, ...checkEffectSize(at, analysis, path)];
  if (analysis.model === "participant-flow") return [...problems, ...checkParticipantFlow(at, analysis, path)];
  if (analysis.model === "baseline-table") return [...problems, ...checkBaselineTable(at, analysis, path)];
  if (analysis.model === "agreement") return [...problems, ...checkAgreement(at, analysis, path)];
  if (analysis.model === "moderation") return [...problems, ...checkModeration(at, analysis, i)];
  if (analysis.model === "joint") return [...problems, ...checkJoint(at, analysis, path)];
  if (analysis.model === "shares" || analysis.model === "change-classes")
    return [...problems, ...checkShares(at, analysis, path)];
  if (analysis.model === "stepped-wedge") return [...problems, ...checkWedge(at, analysis, path)];
  if (isSurvivalAnalysis(analysis)) return [...problems, ...checkSurvival(at, analysis, path)];
  problems.push(...checkStandardise(at, analysis, path), ...checkRobust(at, analysis, path));
  const formula = readFormula(analysis.formula, where("formula"), problems);
  if (formula !== null) {
    problems.push(...checkFormula(at, analysis, formula, where("formula")));
    if (analysis.model === "mmrm") problems.push(...checkCovariance(at, analysis, formula, path));
  }
  problems.push(...checkRisks(at, analysis, formula, path));
  if (analysis.means !== undefined) problems.push(...checkMeans(at, analysis.means, formula, [...path, "means"]));
  return problems;
}

/** What of the keys of a mixed model goes with its family, and the analysis that it is compared with. */
function checkMixed(at: Located, analysis: MixedAnalysis, path: YamlPath): Problem[] {
  const { family, df, method, quadrature, compare, id } = analysis;
  const where = (key: string): string => at.where([...path, key]);
  const problems: Problem[] = [];
  if (family === "gaussian") {
    if (df === "kenward-roger" && method === "ML") problems.push(planKenwardRogerNeedsReml(where("df")));
    if (quadrature > 1) problems.push(planQuadratureGaussian(where("quadrature")));
  } else {
    if (df !== "normal") problems.push(planFamilyDf(where("df"), family, df));
    if (method !== "ML") problems.push(planFamilyMethod(where("method"), family, method));
    if (analysis.standardise !== undefined) problems.push(planFamilyStandardise(where("standardise"), family));
  }
  if (analysis.risks !== undefined && family !== "binomial") problems.push(risksNeedBinomial(where("risks"), family));
  if (analysis.link !== undefined && family !== "binomial") problems.push(linkNeedsBinomial(where("link"), family));
  const ids = [...at.plan.analyses.map((other) => other.id), ...at.unreadIds];
  if (compare === id) problems.push(planCompareItself(where("compare"), id));
  else if (compare !== undefined && !ids.includes(compare))
    problems.push(planCompareUnknown(where("compare"), compare, suggest(compare, ids)));
  return problems;
}

/** The residual strata must be a factor's levels, and go with what is asked of the fit. */
function checkResidualBy(at: Located, analysis: MixedAnalysis, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const column = analysis["residual-by"];
  const compared = plan.analyses.find(({ id }) => id === analysis.compare);
  const isComparedToStrata = compared?.model === "mixed" && compared["residual-by"] !== undefined;
  const problems = isComparedToStrata ? [residualByWith(where([...path, "compare"]), "compare")] : [];
  if (column === undefined) return problems;
  if (isKnown(at, column, "residual-by", [...path, "residual-by"], problems)) {
    const { type } = plan.columns[column]!;
    if (type !== "factor" && type !== "binary") {
      problems.push(planNotFactor(where([...path, "residual-by"]), column, "residual-by", type));
    }
  }
  if (analysis.family !== "gaussian") problems.push(residualByWith(where([...path, "residual-by"]), "family"));
  if (analysis.compare !== undefined && !isComparedToStrata)
    problems.push(residualByWith(where([...path, "compare"]), "compare"));
  return problems;
}

/** One covariance over the visits, its columns of a type that has levels, and a ladder that names each structure once. */
function checkCovariance(
  { plan, where }: Located,
  { fallback = [] }: MmrmAnalysis,
  { special }: Formula,
  path: YamlPath,
): Problem[] {
  const terms = special.filter((term) => term.kind === "covariance");
  const problems = terms.length === 1 ? [] : [oneCovarianceTerm(where([...path, "formula"]), terms.length)];
  const tried = new Set<string>(terms.map(({ structure }) => structure));
  fallback.forEach((structure, i) => {
    if (tried.has(structure)) problems.push(fallbackTwice(where([...path, "fallback", i]), structure));
    tried.add(structure);
  });
  for (const { visit } of terms) {
    const column = Object.hasOwn(plan.columns, visit) ? plan.columns[visit] : undefined;
    if (column?.type === "id")
      problems.push(planRoleType(where([...path, "formula"]), "the visit", visit, "factor or number", "id"));
  }
  return problems;
}

function checkParticipantFlow(at: Located, analysis: ParticipantFlowAnalysis, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const { outcome, primary, visits = [] } = analysis;
  const problems = missingRoles(at, analysis, ["participant", "visit"], path);
  isKnown(at, outcome, "outcome", [...path, "outcome"], problems);
  for (const key of ["ending", "reasons", "not-received"] as const) {
    const name = analysis[key];
    if (name === undefined || !isKnown(at, name, key, [...path, key], problems)) continue;
    const { type } = plan.columns[name]!;
    if (type !== "factor") problems.push(planNotFactor(where([...path, key]), name, key, type));
  }
  const visit = plan.trial?.visit?.column;
  if (visit !== undefined && Object.hasOwn(plan.columns, visit)) {
    problems.push(...checkValue(plan, visit, primary, where([...path, "primary"])));
    visits.forEach((value, i) => {
      problems.push(...checkValue(plan, visit, value, where([...path, "visits", i])));
    });
  }
  return problems;
}

function checkBaselineTable(at: Located, analysis: BaselineTableAnalysis, path: YamlPath): Problem[] {
  const problems = missingRoles(at, analysis, ["participant"], path);
  analysis.variables.forEach((name, i) => {
    const below = [...path, "variables", i];
    if (!isKnown(at, name, "variables", below, problems)) return;
    const { type } = at.plan.columns[name]!;
    if (type === "id" || type === "date") problems.push(baselineVariableType(at.where(below), name, type));
  });
  return problems;
}

/** Roles of `trial` that an analysis cannot do without. */
function missingRoles(
  { plan, where }: Located,
  { id, model }: Analysis,
  roles: readonly ("participant" | "visit")[],
  path: YamlPath,
): Problem[] {
  const missing = roles.filter((role) => plan.trial?.[role] === undefined);
  return missing.map((role) => planTrialRoleMissing(where([...path, "model"]), id, model, role));
}

function checkEffectSize(at: Located, { outcome, by }: EffectSizeAnalysis, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const problems: Problem[] = [];
  if (isKnown(at, outcome, "outcome", [...path, "outcome"], problems)) {
    const { type } = plan.columns[outcome]!;
    if (type !== "number" && type !== "binary") {
      problems.push(effectOutcomeType(where([...path, "outcome"]), outcome, type));
    }
  }
  if (isKnown(at, by, "by", [...path, "by"], problems)) {
    const { type } = plan.columns[by]!;
    if (type !== "factor") problems.push(planNotFactor(where([...path, "by"]), by, "by", type));
  }
  return problems;
}

/** The models that it fits, each as an analysis of its own, and moderators of a type that the effect can depend on. */
function checkModeration(at: Located, analysis: ModerationAnalysis, i: number): Problem[] {
  const { plan, where } = at;
  const path = ["analyses", i];
  const problems: Problem[] = checkAnalysis(at, moderationModel({ ...analysis, moderators: [] }), i);
  analysis.moderators.forEach(({ column, at: values }, j) => {
    const below = [...path, "moderators", j];
    if (!isKnown(at, column, "moderators", [...below, "column"], problems)) return;
    const { type } = plan.columns[column]!;
    if (type === "id" || type === "date") problems.push(moderatorType(where([...below, "column"]), column, type));
    if (type === "factor" && values !== undefined) problems.push(moderatorAtFactor(where([...below, "at"]), column));
  });
  const { risk, naive, alongside, formula } = analysis;
  for (const term of alongside) readFormula(`y ~ ${term}`, where([...path, "alongside"]), problems);
  if (naive !== undefined) isKnown(at, naive.measured, "naive.measured", [...path, "naive", "measured"], problems);
  if (Object.hasOwn(plan.columns, PREDICTED_RISK))
    problems.push(moderationRiskTaken(where(["columns", PREDICTED_RISK]), PREDICTED_RISK));
  if (risk === undefined || formula === "") return problems;
  const place = where([...path, "risk"]);
  for (const role of ["participant", "arm", "clusters"] as const)
    if (plan.trial?.[role] === undefined) problems.push(planTrialRoleMissing(place, analysis.id, "moderation", role));
  const model = readFormula(`${renderName(risk.outcome)} ~ ${risk.predictors.join(" + ")}`, place, problems);
  return model === null ? problems : [...problems, ...checkColumnsOfFormula(at, model, place)];
}

/** Definitions that are declared, each once, of the same classes. */
function checkAgreement(at: Located, { columns }: AgreementAnalysis, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const problems: Problem[] = [];
  let first: string | undefined;
  columns.forEach((name, i) => {
    const below = [...path, "columns", i];
    if (!isKnown(at, name, "columns", below, problems)) return;
    const column = plan.columns[name]!;
    const levels = agreementLevels(column);
    if (columns.indexOf(name) < i) problems.push(agreementTwice(where(below), name));
    else if (levels.length === 0) problems.push(agreementType(where(below), name, column.type));
    else if (first === undefined) first = name;
    else if (agreementLevels(plan.columns[first]!).join("\n") !== levels.join("\n"))
      problems.push(agreementLevelsDiffer(where(below), name, first));
  });
  return problems;
}

/** What is counted is 0/1 or a factor, or a class of change; the groups are those of a factor. */
function checkShares(at: Located, analysis: SharesAnalysis | ChangeClassesAnalysis, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const problems: Problem[] = [];
  const { by } = analysis;
  if (by !== undefined && isKnown(at, by, "by", [...path, "by"], problems)) {
    const { type } = plan.columns[by]!;
    if (type !== "factor") problems.push(planNotFactor(where([...path, "by"]), by, "by", type));
  }
  if (analysis.model === "shares") {
    for (const [name, column] of Object.entries(analysis.of)) {
      const below = [...path, "of", name];
      if (!isKnown(at, column, "of", below, problems)) continue;
      const { type } = plan.columns[column]!;
      if (type !== "factor" && type !== "binary") problems.push(sharesColumnType(where(below), column, type));
    }
    return problems;
  }
  const { classes, grid } = analysis;
  const isThere = isKnown(at, classes, "classes", [...path, "classes"], problems);
  if (isThere && plan.columns[classes]!.classify === undefined)
    problems.push(changeNotClassified(where([...path, "classes"]), classes));
  const lists = grid === undefined ? [] : [grid.sd, grid.reliability];
  if (lists.some((list) => new Set(list).size < list.length))
    problems.push(changeGridNeedsScale(where([...path, "grid"])));
  return problems;
}

/** Both parts are gaussian analyses of the same table, with random terms that can be put into one model. */
function checkJoint(located: Located, analysis: JointAnalysis, path: YamlPath): Problem[] {
  const { plan, where, unreadIds } = located;
  const { standardise, baseline } = analysis;
  const problems: Problem[] = [];
  if (standardise !== undefined && baseline === undefined)
    problems.push(standardiseNoBaseline(where([...path, "standardise"])));
  if (baseline !== undefined && standardise === undefined)
    problems.push(baselineWithoutStandardise(where([...path, "baseline"])));
  if (baseline !== undefined && isKnown(located, baseline, "baseline", [...path, "baseline"], problems)) {
    const { type } = plan.columns[baseline]!;
    if (type !== "number")
      problems.push(planRoleType(where([...path, "baseline"]), "baseline", baseline, "number", type));
  }
  if (analysis.where !== undefined) problems.push(jointWhere(where([...path, "where"])));
  if (analysis.df === "kenward-roger" && analysis.method === "ML")
    problems.push(planKenwardRogerNeedsReml(where([...path, "df"])));
  for (const design of ["individual", "stepped-wedge"] as const) {
    const id = analysis[design];
    const part = plan.analyses.find((one) => one.id === id);
    const at = where([...path, design]);
    if (part === undefined) {
      const ids = [...plan.analyses.map((one) => one.id), ...unreadIds];
      if (!unreadIds.includes(id)) problems.push(jointUnknownPart(at, design, id, suggest(id, ids)));
    } else if (!canBeJoined(part)) problems.push(jointPartModel(at, id));
    else if (design === "individual" && part.model === "stepped-wedge") problems.push(jointPartsSwapped(at, id));
    else if ((part.table ?? "") !== (analysis.table ?? "")) problems.push(jointPartTable(at, id));
    else if (part.population !== analysis.population) problems.push(jointPartPopulation(at, id));
  }
  return problems;
}

const canBeJoined = (part: Analysis): boolean =>
  part.model === "mixed"
    ? part.family === "gaussian"
    : part.model === "stepped-wedge" && part.family === "gaussian" && part.correlation !== "decay";

/** Columns that are declared and of the right type, keys that go together, and covariates that are terms of a formula. */
function checkWedge(at: Located, analysis: SteppedWedgeAnalysis, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const problems: Problem[] = [];
  const whereKey = (key: string): string => where([...path, key]);
  const named = { ...wedgeColumns(plan, analysis), ...withDefault(analysis) };
  for (const [key, name] of Object.entries(named))
    if (name !== null && name !== undefined) isKnown(at, name, key, [...path, key], problems);
  analysis.random?.forEach((name, i) => {
    isKnown(at, name, "random", [...path, "random", i], problems);
  });
  for (const key of ["enrolled", "visited", "switch"] as const) {
    const name = analysis.exposure?.[key];
    if (name !== undefined) isKnown(at, name, key, [...path, "exposure", key], problems);
  }
  const stratify = analysis.permutation?.stratify;
  if (stratify !== undefined) isKnown(at, stratify, "stratify", [...path, "permutation", "stratify"], problems);
  analysis.covariates?.forEach((text, i) => {
    const below = where([...path, "covariates", i]);
    const formula = readFormula(`${renderName(analysis.outcome)} ~ ${text}`, below, problems);
    if (formula === null) return;
    const unknown = columnsOfFormula(formula).filter(
      (name) => name !== analysis.outcome && !Object.hasOwn(plan.columns, name) && !at.unread.includes(name),
    );
    problems.push(...unknown.map((name) => unknownColumn(at, name, "covariates", below)));
    if (formula.random.length > 0) problems.push(planRandomTermNotTaken(below, "stepped-wedge, under covariates,"));
  });
  const found = wedgeModelOf(plan, analysis, where(path), whereKey);
  return "problems" in found ? [...problems, ...found.problems] : problems;
}

const withDefault = ({ outcome, treated, time }: SteppedWedgeAnalysis) => ({ outcome, treated, time });

/** Variance, clusters and degrees of freedom that go together, and risks of an outcome that has some. */
function checkRobust(at: Located, analysis: FormulaAnalysis, path: YamlPath): Problem[] {
  const { where } = at;
  const problems: Problem[] = [];
  const declared = (key: "cluster" | "visit", name: string | undefined): void => {
    if (name !== undefined) isKnown(at, columnOfName(at.plan, name) ?? name, key, [...path, key], problems);
  };
  if (analysis.model === "gee") {
    declared("cluster", analysis.cluster);
    declared("visit", analysis.visit);
    if (analysis.risks !== undefined && analysis.family !== "binomial") {
      problems.push(risksNeedBinomial(where([...path, "risks"]), analysis.family));
    }
    return problems;
  }
  const { vcov, cluster, df } = analysis;
  declared("cluster", cluster);
  const isClustered = isClusterRobust(vcov);
  if (analysis.model === "mixed" || analysis.model === "mmrm") {
    if (!isClustered)
      return cluster === undefined ? problems : [...problems, clusterColumnUnused(where([...path, "cluster"]), vcov)];
    const excluded = { df: df === "kenward-roger", ...excludedByFamily(analysis) };
    const keys = Object.entries(excluded).filter(([, is]) => is);
    return [...problems, ...keys.map(([key]) => planClusterRobustWith(where([...path, key]), vcov, key))];
  }
  if (isClustered && cluster === undefined) problems.push(clusterColumnMissing(where([...path, "vcov"]), vcov));
  if (!isClustered && cluster !== undefined) problems.push(clusterColumnUnused(where([...path, "cluster"]), vcov));
  if (!isClustered && df === "satterthwaite") problems.push(robustDfNeedsClusters(where([...path, "df"]), vcov));
  return problems;
}

/** @param formula  null when it cannot be read: what does not depend on it is checked all the same. */
const excludedByFamily = (analysis: MixedAnalysis | MmrmAnalysis) =>
  analysis.model === "mmrm"
    ? {}
    : { family: analysis.family !== "gaussian", interval: analysis.interval === "profile" };

function checkRisks(at: Located, analysis: FormulaAnalysis, formula: Formula | null, path: YamlPath): Problem[] {
  const of = "risks" in analysis ? analysis.risks?.of : undefined;
  if (of === undefined) return [];
  const { plan, where } = at;
  const column = columnOfName(plan, of) ?? of;
  const problems: Problem[] = [];
  const below = [...path, "risks", "of"];
  if (!isKnown(at, column, "risks.of", below, problems) || formula === null) return problems;
  const used = formula.fixed.variables.filter((variable) => columnsOf(variable).includes(column));
  if (used.length === 0) return [planMeansNotInFormula(where(below), of, "risks.of")];
  const { type } = plan.columns[column]!;
  return type === "factor" || used.some(isFactorCall) ? [] : [planNotFactor(where(below), of, "risks.of", type)];
}

/** What `standardise` divides by must be there: differences to standardise, and a baseline when it is the baseline. */
function checkStandardise(at: Located, analysis: FormulaAnalysis, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const { standardise, baseline } = "standardise" in analysis || "baseline" in analysis ? analysis : {};
  const problems: Problem[] = [];
  if (standardise !== undefined && analysis.means === undefined) {
    problems.push(standardiseNeedsMeans(where([...path, "standardise"])));
  }
  if (baseline !== undefined && standardise !== "baseline") {
    problems.push(baselineWithoutStandardise(where([...path, "baseline"])));
  } else if (baseline !== undefined && isKnown(at, baseline, "baseline", [...path, "baseline"], problems)) {
    const { type } = plan.columns[baseline]!;
    if (type !== "number" && type !== "binary") {
      problems.push(planRoleType(where([...path, "baseline"]), "baseline", baseline, "number", type));
    }
  }
  if (standardise === "baseline" && baseline === undefined && plan.trial?.visit?.baseline === undefined) {
    problems.push(standardiseNoBaseline(where([...path, "standardise"])));
  }
  return problems;
}

// ── over all analyses ───────────────────────────────────────────────────────────────────────────

/** Families name estimates of analyses that the plan has, each once. */
function checkMultiplicity({ plan, where, unreadIds }: Located): Problem[] {
  const ids = [...plan.analyses.map(({ id }) => id), ...unreadIds];
  const families = plan.multiplicity ?? [];
  return families.flatMap(({ family, estimates }, i) => [
    ...(families.findIndex((other) => other.family === family) < i
      ? [familyNameTwice(where(["multiplicity", i, "family"]), family)]
      : []),
    ...estimates.flatMap((text, j) => {
      const path = where(["multiplicity", i, "estimates", j]);
      const { id, name } = parseEstimateReference(text);
      if (name === "") return [familyMalformed(path, text)];
      if (estimates.indexOf(text) < j) return [familyTwice(path, text)];
      return ids.includes(id) ? [] : [familyUnknownAnalysis(path, id, suggest(id, ids))];
    }),
  ]);
}

/** Numbers that can be what they say they are: limits around the estimate, ratios above 0. */
function checkEvidence({ plan, where }: Located): Problem[] {
  return (plan.evidence ?? []).flatMap(({ label, measure, estimate, lower, upper }, i) => {
    const path = where(["evidence", i]);
    const both = lower !== undefined && upper !== undefined;
    const around = both ? lower <= estimate && estimate <= upper : lower === upper;
    const isRatio = measure.endsWith("-ratio");
    return [
      ...(around ? [] : [evidenceLimits(path, label)]),
      ...(isRatio && Math.min(estimate, lower ?? estimate) <= 0 ? [evidenceNotRatio(path, label, measure)] : []),
    ];
  });
}

function readFormula(text: string, path: string, problems: Problem[]): Formula | null {
  try {
    return parseFormula(text, { path });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

function checkFormula(at: Located, { model }: FormulaAnalysis, formula: Formula, path: string): Problem[] {
  const problems = checkColumnsOfFormula(at, formula, path);
  problems.push(...checkSpecials(formula, model === "mmrm" ? ["covariance"] : [], path));
  if (isSurvival(formula.response)) problems.push(planSurvivalOutcome(path, model));
  if (model === "linear" && formula.random.length > 0) problems.push(planRandomTermInLinear(path));
  if ((model === "logistic" || model === "poisson" || model === "gee") && formula.random.length > 0) {
    problems.push(planRandomTermNotTaken(path, model));
  }
  if (model === "mixed" && formula.random.length === 0 && formula.special.length === 0) {
    problems.push(planNoRandomTerm(path));
  }
  return problems;
}

/** Special terms that each model of time to an event takes, and whether it takes random terms. */
const SURVIVAL_TERMS: Record<SurvivalModel, { readonly specials: readonly SpecialKind[]; readonly random: boolean }> = {
  "kaplan-meier": { specials: ["strata", "cluster"], random: false },
  "competing-risks": { specials: ["strata"], random: false },
  "fine-gray": { specials: ["cluster"], random: false },

  cox: { specials: ["strata", "cluster", "frailty"], random: true },
};

/** Times and events themselves are checked with the data; see `survivalFrame`. */
function checkSurvival(at: Located, analysis: SurvivalAnalysis, path: YamlPath): Problem[] {
  const problems: Problem[] = [];
  const { model, weights, participant } = analysis;
  for (const [key, name] of Object.entries({ weights, participant })) {
    if (name !== undefined) isKnown(at, columnOfName(at.plan, name) ?? name, key, [...path, key], problems);
  }
  const where = at.where([...path, "formula"]);
  const formula = readFormula(analysis.formula, where, problems);
  if (formula === null) return problems;
  problems.push(...checkColumnsOfFormula(at, formula, where));
  problems.push(...checkSpecials(formula, SURVIVAL_TERMS[model].specials, where));
  if (analysis.model === "cox") {
    const { means, predict } = analysis;
    if (means !== undefined) problems.push(...checkMeans(at, means, formula, [...path, "means"]));
    if (predict !== undefined) problems.push(...checkMeans(at, predict, formula, [...path, "predict"]));
  }
  if (!isSurvival(formula.response)) problems.push(survivalOutcomeNeeded(where, renderExpression(formula.response)));
  if (formula.random.length > 0 && !SURVIVAL_TERMS[model].random) problems.push(survivalRandomTerm(where, model));
  if (model === "competing-risks" || model === "fine-gray")
    problems.push(...competingRisksProblems(at.plan, analysis, formula, (key) => at.where([...path, key])));
  return problems;
}

const checkColumnsOfFormula = (at: Located, formula: Formula, path: string): Problem[] =>
  columnsOfFormula(formula)
    .filter((name) => !Object.hasOwn(at.plan.columns, name) && !at.unread.includes(name))
    .map((name) => unknownColumn(at, name, "the formula", path));

/** @param formula  null when it cannot be read: what does not depend on it is checked all the same. */
function checkMeans(at: Located, means: Means, formula: Formula | null, path: YamlPath): Problem[] {
  const { plan, where } = at;
  const problems: Problem[] = [];
  const variables = formula?.fixed.variables ?? [];
  const fixed = new Set(variables.flatMap(columnsOf));
  const made = new Set(variables.filter(isFactorCall).flatMap(columnsOf));
  /** The column that a name means, when it is declared and in the formula. */
  const resolve = (name: string, key: string, below: YamlPath): string | undefined => {
    const column = columnOfName(plan, name) ?? name;
    if (!isKnown(at, column, key, [...path, ...below], problems)) return undefined;
    if (formula === null || fixed.has(column)) return column;
    problems.push(planMeansNotInFormula(where([...path, ...below]), name, key));
    return undefined;
  };

  const of = resolve(means.of, "means.of", ["of"]);
  const ofColumn = of === undefined ? undefined : plan.columns[of]!;
  if (ofColumn?.type === "factor" && ofColumn.levels.length < 2) {
    problems.push(planMeansOneLevel(where([...path, "of"]), means.of));
  } else if (formula !== null && ofColumn !== undefined && ofColumn.type !== "factor" && !made.has(of!)) {
    problems.push(planNotFactor(where([...path, "of"]), means.of, "means.of", ofColumn.type));
  }

  const held = new Set<string>();
  for (const [name, values] of Object.entries(means.at ?? {})) {
    const column = resolve(name, "means.at", ["at", name]);
    if (column === undefined) continue;
    if (column === of || held.has(column)) problems.push(planMeansTwice(where([...path, "at", name]), name));
    held.add(column);
    values.forEach((value, i) => {
      problems.push(...checkValue(plan, column, value, where([...path, "at", name, i])));
    });
  }

  const repeated = new Set([of]);
  means.by?.forEach((name, i) => {
    const column = resolve(name, "means.by", ["by", i]);
    if (column === undefined) return;
    if (repeated.has(column)) problems.push(planMeansTwice(where([...path, "by", i]), name));
    repeated.add(column);
  });
  return problems;
}

const isFactorCall = (variable: Formula["fixed"]["variables"][number]): boolean =>
  variable.kind === "call" && variable.name === "factor";
