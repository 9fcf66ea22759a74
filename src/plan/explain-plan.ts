/**
 * A plan in words: for each analysis the model that its formula expands to, how it is estimated,
 * which standard errors and degrees of freedom it has, which rows and which means. English.
 */

import { columnsOf, type Expression, renderExpression } from "../formula/expression.js";
import {
  type CovarianceStructure,
  columnsOfFormula,
  type Formula,
  type RandomPart,
  renderGroup,
  renderTerm,
  type Terms,
} from "../formula/formula.js";
import { parseFormula } from "../formula/parse-formula.js";
import { renderFormula, renderRandom } from "../formula/render-formula.js";
import { isClusterRobust } from "../inference/robust-variance.js";
import { trialCaution } from "../problem.js";
import { explainMadeColumns } from "./explain-made-columns.js";
import { moderationInWords } from "./explain-moderation.js";
import { survivalInWords } from "./explain-survival.js";
import { wedgeInWords, wedgeVariables } from "./explain-wedge.js";
import {
  type AgreementAnalysis,
  type Analysis,
  type BaselineTableAnalysis,
  type ChangeClassesAnalysis,
  columnOfName,
  type EffectSizeAnalysis,
  type Estimand,
  type Evidence,
  type Family,
  type FormulaAnalysis,
  type GeeAnalysis,
  geeVisit,
  isSurvivalAnalysis,
  type JointAnalysis,
  type Means,
  type MixedAnalysis,
  type MmrmAnalysis,
  type ParticipantFlowAnalysis,
  type Plan,
  type PlanColumn,
  type RegressionAnalysis,
  regressionDf,
  type SharesAnalysis,
  type SurvivalAnalysis,
  survivalParticipant,
} from "./plan.js";

/** The plan in words, as plain text. @throws ProblemError when a formula cannot be read. */
export function explainPlan(plan: Plan): string {
  return [
    explainFrame(plan),
    ...explainMadeColumns(plan),
    ...Object.entries(plan.populations ?? {}).map(explainPopulation),
    ...plan.analyses.flatMap((analysis) => [...explainTrialAnalysis(plan, analysis), explainAnalysis(plan, analysis)]),
    ...(plan.multiplicity ?? []).map(explainFamily),
    ...(plan.estimands ?? []).map(explainEstimand),
    ...(plan.evidence === undefined ? [] : [explainEvidence(plan.evidence)]),
  ].join("\n\n");
}

const explainPopulation = ([name, { exclude, arm }]: [string, NonNullable<Plan["populations"]>[string]]): string =>
  [
    `Population ${name}: everybody ${arm === "received" ? "by the arm received" : "as randomised"}${exclude.length === 0 ? "" : " but"}`,
    ...exclude.map(({ where, reason }) => `  those for whom ${where} (${reason})`),
  ].join("\n");

function explainFrame({ title, seed, data, columns, trial }: Plan): string {
  const files =
    data.file ??
    Object.values(data.tables ?? {})
      .map(({ file }) => file)
      .join(", ");
  const lines = [title, `  Data: ${files}, ${count(Object.keys(columns).length, "column")} read.`];
  if (trial?.arm !== undefined) {
    const { column, control, intervention } = trial.arm;
    lines.push(`  Arms: ${intervention} against ${control} (column ${column}).`);
  }
  if (trial?.participant !== undefined) lines.push(`  Participants: column ${trial.participant}.`);
  if (trial?.clusters !== undefined) lines.push(`  Clusters, the outermost first: ${trial.clusters.join(", ")}.`);
  lines.push(`  Seed: ${seed ?? "1 (none given)"}. It affects analyses that draw random numbers only.`);
  return lines.join("\n");
}

/** Before its first part: what a trial-level analysis expands to. */
function explainTrialAnalysis({ trialAnalyses = [], columns }: Plan, { id }: Analysis): string[] {
  return trialAnalyses
    .filter(({ parts }) => parts[0] === id)
    .map(({ analysis, parts, columns: made }) =>
      [
        `${headingOf(analysis)}, model: ${analysis.model}, expands to ${parts.join(", ")}${made.length === 0 ? "" : ":"}`,
        ...made.map((name) => `  Column ${name}: ${madeInWords(columns[name]!)}.`),
      ].join("\n"),
    );
}

function madeInWords({ derive, summarise, classify }: PlanColumn): string {
  if (classify?.is !== undefined) return `1 for ${classify.is.join(" or ")}, 0 for the others`;
  if (summarise === undefined) return derive ?? "";
  const { take, value, where, order, table } = summarise;
  const rows = `the ${value ?? "rows"} of each participant${table === undefined ? "" : ` in ${table}`}`;
  return [
    `${take === "count" ? "how many" : take === "one" ? "the one" : `the ${take}`} of ${rows}`,
    where === undefined ? "" : ` for which ${where}`,
    order === undefined ? "" : `, by ${order}`,
  ].join("");
}

/** One analysis in words. */
export function explainAnalysis(plan: Plan, analysis: Analysis): string {
  if (analysis.model === "effect-size") return explainEffectSize(plan, analysis);
  if (isSurvivalAnalysis(analysis)) return explainSurvival(plan, analysis);
  if (analysis.model === "joint") return explainJoint(analysis);
  if (analysis.model === "participant-flow") return explainParticipantFlow(analysis);
  if (analysis.model === "baseline-table") return explainBaselineTable(analysis);
  if (analysis.model === "agreement") return explainAgreement(analysis);
  if (analysis.model === "shares" || analysis.model === "change-classes") return explainShares(plan, analysis);
  if (analysis.model === "moderation") return moderationInWords(plan, analysis, headingOf(analysis));
  if (analysis.model !== "stepped-wedge") return explainFormulaAnalysis(plan, analysis);
  return [
    headingOf(analysis),
    ...wedgeInWords(plan, analysis),
    intervalsInWords(analysis),
    `  Rows: ${rowsInWords(analysis, wedgeVariables(plan, analysis))}`,
  ].join("\n");
}

function explainJoint(analysis: JointAnalysis): string {
  const { individual, "stepped-wedge": wedge, effects, method, df } = analysis;
  return [
    headingOf(analysis),
    `  Model: analyses ${individual} (individual randomisation) and ${wedge} (stepped wedge) in one linear mixed model with a common effect; each keeps its own fixed effects, random terms and residual variances. Beside it the effects of each alone, their inverse-variance mean (two stages), and the test that they differ.`,
    ...Object.entries(effects).map(
      ([name, effect]) =>
        `  Effect ${name}: ${effect.individual} of ${individual} = ${effect["stepped-wedge"]} of ${wedge}.`,
    ),
    `  Estimated by ${method}; ${df === "normal" ? "normal approximation" : `${df === "satterthwaite" ? "Satterthwaite" : "Kenward–Roger"} degrees of freedom`}.`,
    intervalsInWords(analysis),
    ...(analysis.baseline === undefined
      ? []
      : [
          `  Standardised: each effect also divided by the standard deviation of ${analysis.baseline} within arms and designs, pooled over both designs.`,
        ]),
    `  Rows: those of ${individual} and of ${wedge}; no row may be in both.`,
  ].join("\n");
}

const explainParticipantFlow = (analysis: ParticipantFlowAnalysis): string =>
  [
    headingOf(analysis),
    `  Flow of participants by arm and design (CONSORT): clusters, staff and participants; those with ${analysis.outcome} at each visit and at ${analysis.primary}, the primary one${analysis.ending === undefined ? "" : `; how the contact ended (${analysis.ending})`}. Counts, no model.`,
    `  Rows: ${rowsInWords(analysis, [])}`,
  ].join("\n");

const explainBaselineTable = (analysis: BaselineTableAnalysis): string =>
  [
    headingOf(analysis),
    `  ${analysis.variables.join(", ")} by arm and design: mean (SD) and median [quartiles] of numbers, counts and shares of categories, missing values counted. No tests: differences at baseline between randomised arms are due to chance.`,
    `  Rows: ${rowsInWords(analysis, [])}`,
  ].join("\n");

const explainAgreement = (analysis: AgreementAnalysis): string =>
  [
    headingOf(analysis),
    `  Agreement of ${analysis.columns.join(", ")}: of each pair a cross-table, the share of participants on which they agree (Wilson's interval), and Cohen's kappa, unweighted, with its large-sample standard error (Fleiss, Cohen and Everitt).`,
    intervalsInWords(analysis),
    `  Rows: ${rowsInWords(analysis, analysis.columns)}`,
  ].join("\n");

function explainFormulaAnalysis(plan: Plan, analysis: FormulaAnalysis): string {
  const formula = parseFormula(analysis.formula);
  const offsets = formula.offsets.map(renderExpression);
  const lines = [
    headingOf(analysis),
    `  Model: ${modelInWords(analysis)}`,
    `  Formula: ${formula.text}`,
    `  Expanded: ${renderFormula(formula)}`,
    `  Outcome: ${outcomeInWords(plan, formula.response)}`,
    `  Fixed effects: ${fixedInWords(plan, formula.fixed)}.`,
    ...(offsets.length > 0 ? [`  Offset: ${offsets.join(" + ")}, added to the linear predictor as it is.`] : []),
    ...formula.random.map((part) => `  Random effects: ${randomInWords(part)}`),
    ...covarianceInWords(formula),
    ...varianceInWords(varianceParameters(plan, analysis, formula.random)),
    `  Standard errors and tests: ${testsInWords(analysis)}`,
    intervalsInWords(analysis),
    `  Rows: ${rowsInWords(analysis, [...new Set([...columnsOfFormula(formula), ...furtherColumns(plan, analysis)])])}`,
    ...(analysis.means === undefined ? [] : meansInWords(plan, analysis.means)),
    ...risksInWords(plan, analysis),
    ...standardiseInWords(plan, analysis),
    ...compareInWords(analysis),
  ];
  return lines.join("\n");
}

const headingOf = ({ id, title, role }: Pick<Analysis, "id" | "title" | "role">): string =>
  `Analysis ${id}${title === undefined ? "" : `, "${title}"`} (${role})`;

const intervalsInWords = (analysis: Analysis): string =>
  `  Confidence intervals: ${Number((analysis.level * 100).toPrecision(12))} %${
    "interval" in analysis && analysis.interval === "profile"
      ? ", by profile likelihood (ML) for coefficients and standard deviations"
      : ""
  }.`;

function explainSurvival(plan: Plan, analysis: SurvivalAnalysis): string {
  const formula = parseFormula(analysis.formula);
  const participant = survivalParticipant(plan, analysis);
  const columns = [...columnsOfFormula(formula), analysis.weights, participant].filter((name) => name !== undefined);
  const lines = [
    headingOf(analysis),
    ...survivalInWords(plan, analysis, formula),
    intervalsInWords(analysis),
    `  Rows: ${rowsInWords(analysis, [...new Set(columns)])}`,
  ];
  return lines.join("\n");
}

function explainShares(plan: Plan, analysis: SharesAnalysis | ChangeClassesAnalysis): string {
  const { by } = analysis;
  const groups = by === undefined ? "all rows as one group" : `each level of ${by}`;
  if (analysis.model === "shares")
    return [
      headingOf(analysis),
      `  Model: none; counts and shares of ${Object.keys(analysis.of).join(", ")} for ${groups}, Wilson's intervals. Nothing is tested.`,
      intervalsInWords(analysis),
      `  Rows: ${rowsInWords(analysis, by === undefined ? [] : [by])}`,
    ].join("\n");
  const { classes, grid } = analysis;
  const classify = plan.columns[classes]?.classify;
  const columns = [by, classify?.before, classify?.after].filter((name) => name !== undefined);
  return [
    headingOf(analysis),
    `  Model: none; for ${groups} the classes of ${classes} and cut-off crossing (counts, shares, Wilson's intervals), the mean change (t interval) and the severity-adjusted effect size. Nothing is tested: a change is not an effect.`,
    ...(grid === undefined
      ? []
      : [
          `  Grid: the classes again at SD ${grid.sd.join(", ")} and reliability ${grid.reliability.join(", ")}, each with each.`,
        ]),
    intervalsInWords(analysis),
    `  Rows: ${rowsInWords(analysis, columns)}`,
  ].join("\n");
}

function explainEffectSize(plan: Plan, analysis: EffectSizeAnalysis): string {
  const { outcome, by } = analysis;
  const isBinary = columnOf(plan, outcome)?.type === "binary";
  const factor = columnOf(plan, by);
  const [reference = "", ...others] = factor?.type === "factor" ? factor.levels : [];
  const lines = [
    headingOf(analysis),
    "  Model: none; effect sizes of the rows as they are.",
    `  Outcome: ${outcomeInWords(plan, { kind: "name", name: outcome, at: 0 })}`,
    `  Comparison: ${others.join(", ")} against ${reference} (column ${by}).`,
    isBinary
      ? "  Measures: risk difference (Newcombe's interval), number needed to treat, risk ratio and odds ratio (log-Wald)."
      : "  Measures: mean difference (Welch), Cohen's d, Hedges' g and Glass's delta (noncentral-t intervals; Glass's SD is the reference's), probability of a larger value (Brunner–Munzel).",
    intervalsInWords(analysis),
    `  Rows: ${rowsInWords(analysis, [outcome, by])}`,
    ...((analysis as Analysis).cautions ?? []).map((caution) => `  ${trialCaution("", caution).message}`),
  ];
  return lines.join("\n");
}

function standardiseInWords(plan: Plan, analysis: FormulaAnalysis): string[] {
  const { standardise, baseline } = "standardise" in analysis ? analysis : {};
  const visit = plan.trial?.visit;
  const by = {
    baseline: `the SD of ${baseline ?? `the outcome at ${visit?.column} ${visit?.baseline}`}, pooled within arms, over the participants analysed`,
    total: `the SD of the outcome, pooled within arms, over the rows used${visit === undefined ? "" : ", at each visit its own"}`,
    control: `the reference arm's SD of the outcome over the rows used${visit === undefined ? "" : ", at each visit its own"}`,
    residual: "the model's residual SD",
  };
  return standardise === undefined
    ? []
    : [`  Standardised: each difference of means also divided by ${by[standardise]}.`];
}

function explainFamily({ family, method, level, estimates }: Family): string {
  const how = {
    bonferroni: "Bonferroni",
    holm: "Holm",
    hochberg: "Hochberg (assumes independent or positively dependent tests)",
    "fixed-sequence": "fixed sequence: in this order, until one is not rejected",
  }[method];
  return [
    `Family "${family}" of ${count(estimates.length, "test")}, level ${level}`,
    `  Adjustment: ${how}. A test that cannot be carried out counts as p = 1.`,
    ...estimates.map((text, i) => `  ${i + 1}. ${text}`),
  ].join("\n");
}

const explainEstimand = (estimand: Estimand): string =>
  [
    `Estimand "${estimand.id}": ${estimand.question}`,
    `  Population: ${estimand.population}`,
    `  Treatments: ${estimand.treatment}`,
    `  Variable: ${estimand.variable}`,
    ...estimand.intercurrent.map(({ event, strategy }) => `  Intercurrent event: ${event} (${strategy})`),
    `  Summary: ${estimand.summary}`,
    `  Estimated by: ${estimand.analyses.join(", ")}`,
  ].join("\n");

const explainEvidence = (evidence: readonly Evidence[]): string =>
  [
    `Earlier evidence, shown beside the trial's effects (${evidence.length})`,
    ...evidence.map(({ label, measure, estimate, lower, upper }) =>
      [`  ${label}: ${measure} ${estimate}`, lower === undefined ? "" : ` [${lower}, ${upper}]`].join(""),
    ),
  ].join("\n");

function modelInWords(analysis: FormulaAnalysis): string {
  switch (analysis.model) {
    case "linear":
      return "linear model, least squares.";
    case "logistic":
      return analysis.link === "cloglog"
        ? "regression of a binary outcome (complementary log-log link), maximum likelihood; hazard ratios beside the coefficients: with one row for each period until an event, proportional hazards in discrete time."
        : "logistic regression (logit link), maximum likelihood; odds ratios beside the coefficients.";
    case "poisson":
      return "Poisson regression (log link), maximum likelihood; rate ratios beside the coefficients.";
    case "gee":
      return geeInWords(analysis);
    case "mixed":
      if (analysis.family !== "gaussian") return generalisedMixedInWords(analysis);
      return `linear mixed model${residualStrata(analysis)}, ${criterionInWords(analysis.method)}.`;
    case "mmrm":
      return `mixed model for repeated measures, ${criterionInWords(analysis.method)}${ladderInWords(analysis)}.`;
  }
}

const criterionInWords = (method: "REML" | "ML"): string =>
  method === "REML" ? "restricted maximum likelihood (REML)" : "maximum likelihood (ML)";

const residualStrata = ({ "residual-by": column }: MixedAnalysis): string =>
  column === undefined ? "" : ` with a residual variance for each level of ${column}`;

const ladderInWords = ({ fallback }: MmrmAnalysis): string =>
  fallback === undefined
    ? ""
    : `; where the covariance of the formula cannot be fitted, ${fallback.join(", then ")}, and the report says so`;

function covarianceInWords({ special }: Formula): string[] {
  return special.flatMap((term) =>
    term.kind === "covariance"
      ? [
          `  Repeated measures: ${STRUCTURES[term.structure]} covariance over the levels of ${term.visit}, in their order, within each ${term.group}.`,
        ]
      : [],
  );
}

const STRUCTURES: Record<CovarianceStructure, string> = {
  us: "unstructured",
  cs: "compound symmetry",
  csh: "heterogeneous compound symmetry",
  ar1: "first-order autoregressive",
  ar1h: "heterogeneous first-order autoregressive",
  ad: "first-order ante-dependence",
  adh: "heterogeneous first-order ante-dependence",
  toep: "Toeplitz",
  toeph: "heterogeneous Toeplitz",
};

const compareInWords = (analysis: FormulaAnalysis): string[] =>
  "compare" in analysis && analysis.compare !== undefined
    ? [
        `  Compared with: the smaller model of ${analysis.compare}, by a likelihood-ratio test (ML when the fixed effects differ; a mixture of chi-squared for one or two variances at zero).`,
      ]
    : [];

function generalisedMixedInWords({ family, link, quadrature }: MixedAnalysis): string {
  const binomial =
    link === "cloglog"
      ? "mixed model of a binary outcome (complementary log-log link: hazard ratios, with one row for each period until an event in discrete time)"
      : "logistic mixed model (logit link)";
  const model = family === "binomial" ? binomial : "Poisson mixed model (log link)";
  const how =
    quadrature === 1 ? "Laplace's approximation" : `adaptive Gauss-Hermite quadrature with ${quadrature} points`;
  return `${model}, maximum likelihood by ${how}.`;
}

function testsInWords(analysis: FormulaAnalysis): string {
  if (analysis.model === "gee") return geeTestsInWords(analysis);
  if (analysis.model === "linear" || analysis.model === "logistic" || analysis.model === "poisson") {
    return robustInWords(analysis);
  }
  if (isClusterRobust(analysis.vcov)) return mixedRobustInWords(analysis);
  switch (analysis.df) {
    case "satterthwaite":
      return `model-based; t with Satterthwaite degrees of freedom (observed information, as ${analysis.model === "mmrm" ? "mmrm" : "lmerTest"}).`;
    case "kenward-roger":
      if (analysis.model === "mmrm")
        return "Kenward–Roger, first order: adjusted for the estimated variances; t with Kenward–Roger degrees of freedom (observed information, as SAS and mmrm's Kenward-Roger-Linear).";
      return "Kenward–Roger, first order: adjusted for the estimated variances; t with Kenward–Roger degrees of freedom (expected information, as pbkrtest).";
    case "between-within":
      return "model-based; t with between–within degrees of freedom.";
    case "residual":
      return "model-based; t with residual degrees of freedom (rows less fixed effects).";
    case "normal":
      return "model-based; normal distribution. Too narrow with few clusters.";
  }
}

function mixedRobustInWords({ vcov, cluster, df }: MixedAnalysis | MmrmAnalysis): string {
  const by = cluster === undefined ? "the outermost grouping factor" : cluster;
  const tests = {
    satterthwaite:
      "t with Satterthwaite degrees of freedom (Bell–McCaffrey, as clubSandwich); several coefficients by HTZ.",
    "kenward-roger": "",
    "between-within": "t with between–within degrees of freedom.",
    residual: "t with residual degrees of freedom (rows less fixed effects).",
    normal: "normal distribution. Too narrow with few clusters.",
  }[df];
  return `${vcov}, robust to dependence within the levels of ${by} whatever its form, the model's covariance as working covariance; ${tests}`;
}

function robustInWords(analysis: RegressionAnalysis): string {
  const { model, vcov, cluster } = analysis;
  const classical = model === "linear" ? "classical (equal variances)" : "from the model";
  const kind =
    vcov === "classical"
      ? classical
      : cluster === undefined
        ? `${vcov}, robust to unequal variances`
        : `${vcov}, robust to dependence within the levels of ${cluster}`;
  const df = {
    normal: "normal distribution.",
    residual: "t with residual degrees of freedom.",
    satterthwaite:
      "t with Satterthwaite degrees of freedom (Bell–McCaffrey, as clubSandwich); several coefficients by HTZ.",
  }[regressionDf(analysis)];
  return `${kind}; ${df}`;
}

const linkOf = { gaussian: "identity", binomial: "logit", poisson: "log" } as const;

const geeInWords = ({ family, correlation, cluster }: GeeAnalysis): string =>
  `marginal model by generalised estimating equations, ${family} with ${linkOf[family]} link; ${correlation} correlation within ${cluster}.`;

function geeTestsInWords({ vcov, df }: GeeAnalysis): string {
  const kind = {
    robust: "sandwich (Liang–Zeger)",
    "kauermann-carroll": "sandwich corrected by Kauermann and Carroll",
    "mancl-derouen": "sandwich corrected by Mancl and DeRouen",
    "fay-graubard": "sandwich corrected by Fay and Graubard",
  }[vcov];
  return `${kind}; ${df === "normal" ? "normal distribution. Too narrow with few clusters." : "t with clusters less coefficients degrees of freedom."}`;
}

function risksInWords(plan: Plan, analysis: FormulaAnalysis): string[] {
  const risks = "risks" in analysis ? analysis.risks : undefined;
  if (risks === undefined) return [];
  const column = columnOf(plan, columnOfName(plan, risks.of) ?? risks.of);
  const against = column?.type === "factor" ? ` against ${column.levels[0]}` : "";
  return [
    `  Risks: if all rows had each level of ${risks.of} in turn, covariates as they are (g-computation); differences and ratios${against}, delta method.`,
  ];
}

function outcomeInWords({ columns }: Plan, response: Expression): string {
  const [name] = columnsOf(response);
  const column = name !== undefined && Object.hasOwn(columns, name) ? columns[name] : undefined;
  const unit = column?.type === "number" && column.unit !== undefined ? `, in ${column.unit}` : "";
  const better = column !== undefined && "better" in column ? `; ${column.better} is better` : "";
  return `${renderExpression(response)}${response.kind === "name" ? unit : ""}${better}.`;
}

function fixedInWords(plan: Plan, fixed: Terms): string {
  const terms = fixed.terms.map((term) => {
    const variable = term.length === 1 ? fixed.variables[term[0]!]! : undefined;
    const column = variable?.kind === "name" ? columnOf(plan, variable.name) : undefined;
    if (column?.type !== "factor") return renderTerm(fixed, term);
    const [reference, ...others] = column.levels;
    return `${renderTerm(fixed, term)} (${others.join(", ")} against ${reference})`;
  });
  if (fixed.intercept) terms.unshift("intercept");
  return terms.length === 0 ? "none" : terms.join("; ");
}

function randomInWords(part: RandomPart): string {
  const { terms } = part;
  const varying = terms.terms.map((term) => `effect of ${renderTerm(terms, term)}`);
  if (terms.intercept) varying.unshift("intercept");
  const verb = varying.length > 1 ? "vary, correlated," : "varies";
  const between = part.group.length > 1 ? "combinations" : "levels";
  return `${renderRandom(part)}: the ${varying.join(" and the ")} ${verb} between the ${between} of ${part.group.join(" and ")}.`;
}

const varianceInWords = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`  Variance parameters: ${names.join(", ")}.`];

/** Names of the variance parameters as results.json has them. */
function varianceParameters(plan: Plan, analysis: Analysis, random: readonly RandomPart[]): string[] {
  const { model } = analysis;
  if (model === "linear") return ["sd:residual"];
  if (model === "logistic" || model === "poisson") return [];
  if (model === "gee") {
    const { correlation, cluster } = analysis;
    const names = {
      independence: [],
      exchangeable: [`icc:${columnOfName(plan, cluster) ?? cluster}`],
      ar1: ["correlation:lag-1"],
      unstructured: ["correlation:a,b for each pair"],
    };
    return [...names[correlation], "scale"];
  }
  const names = random.flatMap((part) => {
    const group = renderGroup(part.group);
    const columns = randomColumns(plan, part.terms);
    const sds = columns.map((column) => `sd:${group}:${column}`);
    const cors = columns.flatMap((a, i) => columns.slice(i + 1).map((b) => `cor:${group}:${a},${b}`));
    return [...sds, ...cors];
  });
  if (model === "mmrm")
    return [...names, "covariance:VISIT1,VISIT2 and correlation:VISIT1,VISIT2 for each pair of visits"];
  if (analysis.model === "mixed" && analysis.family !== "gaussian") return names;
  const by = analysis.model === "mixed" ? analysis["residual-by"] : undefined;
  return [
    ...names,
    ...(by === undefined ? ["sd:residual"] : strataOf(plan, by).map((level) => `sd:residual:${by}[${level}]`)),
  ];
}

function strataOf(plan: Plan, name: string): readonly string[] {
  const column = columnOf(plan, name);
  return column?.type === "factor" ? column.levels : ["0", "1"];
}

/** Columns of a random term: a factor has one for each level, or all but the reference beside an intercept. */
function randomColumns(plan: Plan, terms: Terms): string[] {
  const columns = terms.intercept ? ["(Intercept)"] : [];
  terms.terms.forEach((term, i) => {
    const full = i === 0 && !terms.intercept;
    const parts = term.map((v) => {
      const name = renderExpression(terms.variables[v]!);
      const column = columnOf(plan, name);
      if (column?.type !== "factor") return [name];
      return column.levels.slice(full ? 0 : 1).map((level) => `${name}[${level}]`);
    });
    const names = parts.reduce(
      (left, right) => right.flatMap((b) => left.map((a) => (a === "" ? b : `${a}:${b}`))),
      [""],
    );
    columns.push(...names);
  });
  return columns;
}

/** Columns that a row must have beside those of the formula. */
function furtherColumns(plan: Plan, analysis: FormulaAnalysis): string[] {
  const strata = analysis.model === "mixed" && analysis["residual-by"] !== undefined ? [analysis["residual-by"]] : [];
  const clustered = "cluster" in analysis && analysis.cluster !== undefined ? [analysis.cluster] : [];
  const visit = analysis.model === "gee" ? geeVisit(plan, analysis) : undefined;
  return [
    ...strata,
    ...clustered.map((name) => columnOfName(plan, name) ?? name),
    ...(visit === undefined ? [] : [visit]),
  ];
}

function rowsInWords({ where, population }: Analysis, columns: readonly string[]): string {
  const values =
    columns.length === 0
      ? "all"
      : `those with a value in ${columns.length === 1 ? "" : "each of "}${columns.join(", ")}`;
  const whose = population === undefined ? "" : `of the population ${population}, `;
  return where === undefined ? `${whose}${values}.` : `${whose}${values}, and for which ${where}.`;
}

function meansInWords(plan: Plan, { of, by = [], at = {} }: Means): string[] {
  const factor = columnOfName(plan, of) ?? of;
  const column = columnOf(plan, factor);
  const against =
    column?.type === "factor" ? `, and the difference of each from ${column.levels[0]}` : " and differences";
  const each = by.length === 0 ? "" : `, for each value of ${by.join(" and ")}`;
  const held = Object.entries(at).map(([name, values]) => `${name} at ${values.join(", ")}`);
  const others = "other covariates at their mean over the rows used, other factors weighted equally";
  return [`  Means: the adjusted mean of each level of ${of}${against}${each}; ${[...held, others].join("; ")}.`];
}

const columnOf = ({ columns }: Plan, name: string): PlanColumn | undefined =>
  Object.hasOwn(columns, name) ? columns[name] : undefined;

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
