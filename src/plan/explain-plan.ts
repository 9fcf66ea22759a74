/**
 * A plan in words: for each analysis the model that its formula expands to, how it is estimated,
 * which standard errors and degrees of freedom it has, which rows and which means. English.
 */
import { columnsOf, type Expression, renderExpression } from "../formula/expression.js";
import { columnsOfFormula, type RandomPart, renderGroup, renderTerm, type Terms } from "../formula/formula.js";
import { parseFormula } from "../formula/parse-formula.js";
import { renderFormula, renderRandom } from "../formula/render-formula.js";
import { type Analysis, columnOfName, type Means, type Plan, type PlanColumn } from "./plan.js";

/** The plan in words, as plain text. @throws ProblemError when a formula cannot be read. */
export function explainPlan(plan: Plan): string {
  return [explainFrame(plan), ...plan.analyses.map((analysis) => explainAnalysis(plan, analysis))].join("\n\n");
}

function explainFrame({ title, seed, data, columns, trial }: Plan): string {
  const lines = [title, `  Data: ${data.file}, ${count(Object.keys(columns).length, "column")} read.`];
  if (trial?.arm !== undefined) {
    const { column, control, intervention } = trial.arm;
    lines.push(`  Arms: ${intervention} against ${control} (column ${column}).`);
  }
  if (trial?.participant !== undefined) lines.push(`  Participants: column ${trial.participant}.`);
  if (trial?.clusters !== undefined) lines.push(`  Clusters, the outermost first: ${trial.clusters.join(", ")}.`);
  lines.push(`  Seed: ${seed ?? "1 (none given)"}. It affects analyses that draw random numbers only.`);
  return lines.join("\n");
}

/** One analysis in words. */
export function explainAnalysis(plan: Plan, analysis: Analysis): string {
  const formula = parseFormula(analysis.formula);
  const offsets = formula.offsets.map(renderExpression);
  const lines = [
    `Analysis ${analysis.id}${analysis.title === undefined ? "" : `, "${analysis.title}"`} (${analysis.role})`,
    `  Model: ${modelInWords(analysis)}`,
    `  Formula: ${formula.text}`,
    `  Expanded: ${renderFormula(formula)}`,
    `  Outcome: ${outcomeInWords(plan, formula.response)}`,
    `  Fixed effects: ${fixedInWords(plan, formula.fixed)}.`,
    ...(offsets.length > 0 ? [`  Offset: ${offsets.join(" + ")}, added to the linear predictor as it is.`] : []),
    ...formula.random.map((part) => `  Random effects: ${randomInWords(part)}`),
    `  Variance parameters: ${varianceParameters(plan, analysis, formula.random).join(", ")}.`,
    `  Standard errors and tests: ${testsInWords(analysis)}`,
    `  Confidence intervals: ${Number((analysis.level * 100).toPrecision(12))} %.`,
    `  Rows: ${rowsInWords(analysis, columnsOfFormula(formula))}`,
    ...(analysis.means === undefined ? [] : meansInWords(plan, analysis.means)),
  ];
  return lines.join("\n");
}

function modelInWords(analysis: Analysis): string {
  switch (analysis.model) {
    case "linear":
      return "linear model, least squares.";
    case "mixed":
      return `linear mixed model, ${analysis.method === "REML" ? "restricted maximum likelihood (REML)" : "maximum likelihood (ML)"}.`;
  }
}

function testsInWords(analysis: Analysis): string {
  if (analysis.model === "linear") {
    return `classical (equal variances); ${analysis.df === "normal" ? "normal distribution." : "t with residual degrees of freedom."}`;
  }
  switch (analysis.df) {
    case "satterthwaite":
      return "model-based; t with Satterthwaite degrees of freedom (observed information, as lmerTest).";
    case "kenward-roger":
      return "Kenward–Roger, first order: adjusted for the estimated variances; t with Kenward–Roger degrees of freedom (expected information, as pbkrtest).";
    case "between-within":
      return "model-based; t with between–within degrees of freedom.";
    case "residual":
      return "model-based; t with residual degrees of freedom (rows less fixed effects).";
    case "normal":
      return "model-based; normal distribution. Too narrow with few clusters.";
  }
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

/** Names of the variance parameters as results.json has them. */
function varianceParameters(plan: Plan, { model }: Analysis, random: readonly RandomPart[]): string[] {
  if (model === "linear") return ["sd:residual"];
  const names = random.flatMap((part) => {
    const group = renderGroup(part.group);
    const columns = randomColumns(plan, part.terms);
    const sds = columns.map((column) => `sd:${group}:${column}`);
    const cors = columns.flatMap((a, i) => columns.slice(i + 1).map((b) => `cor:${group}:${a},${b}`));
    return [...sds, ...cors];
  });
  return [...names, "sd:residual"];
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

function rowsInWords({ where }: Analysis, columns: readonly string[]): string {
  const values = `those with a value in each of ${columns.join(", ")}`;
  return where === undefined ? `${values}.` : `${values}, and for which ${where}.`;
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
