/** The short summary on standard output: for each analysis its status and its answers. */
import type { AnalysisDisplay, AnalysisResult, Run } from "../analysis/results.js";
import { ratioDecimals } from "../figure/ratio-decimals.js";
import type { Estimate } from "../inference/estimate.js";
import { formatPInText } from "../report/format-number.js";
import { texts } from "../report/texts.js";
import { printable } from "./print-problems.js";

/** Lines of the summary, each with its line break. */
export function renderSummary({ results, displays }: Run): string {
  const width = Math.max(...results.analyses.map(({ id }) => id.length));
  const lines = results.analyses.flatMap((result, i) => {
    const head = `${result.id.padEnd(width)}  ${result.status}  `;
    const answers = result.status === "estimated" ? answersOf(result, displays[i]) : [result.reason ?? ""];
    return answers.map((answer, a) => `${a === 0 ? head : " ".repeat(head.length)}${answer}`.trimEnd());
  });
  return [results.plan.title, ...lines].map((line) => `${printable(line)}\n`).join("");
}

/** The differences or ratios that the report shows, or else the last coefficient, which is the effect as a rule, or tests between groups. */
function answersOf({ estimates }: AnalysisResult, display: AnalysisDisplay | undefined): string[] {
  const names = [...(display?.differences ?? []), ...(display?.ratios ?? [])];
  const answers = estimates.filter(({ name }) => names.includes(name));
  const effect = estimates.findLast(({ name }) => name.startsWith("coefficient:")) ?? estimates[0];
  const tests = estimates.filter(
    ({ name }) => name === "test:log-rank" || name === "test:g-rho" || name.startsWith("test:gray:"),
  );
  const shown = answers.length > 0 ? answers : tests.length > 0 ? tests : effect === undefined ? [] : [effect];
  return shown.length === 0 ? [""] : shown.map((one) => (tests.includes(one) ? testLine(one) : estimateLine(one)));
}

function testLine({ name, statistic, df, p }: Estimate): string {
  const { figure, numbers } = texts.en;
  return `${name} χ² = ${figure.number(statistic, 2)}, df ${figure.number(df, 0)}, ${formatPInText(p, numbers)}`;
}

/** The standard error of a ratio is of its logarithm, and a count has none: both have decimals of their own, as in the report. */
function decimalsOf({
  name,
  estimate,
  se,
  lower,
  upper,
}: Pick<Estimate, "name" | "estimate" | "se" | "lower" | "upper">) {
  if (/^[a-z-]*ratio:/.test(name)) return ratioDecimals({ lower, upper });
  return se === null && lower === null && Number.isInteger(estimate) ? 0 : texts.en.figure.decimals(estimate, se);
}

function estimateLine({ name, estimate, se, lower, upper, p, level }: Estimate): string {
  const { figure, numbers } = texts.en;
  const value = figure.estimateWithInterval(estimate, lower, upper, decimalsOf({ name, estimate, se, lower, upper }));
  // A difference or a coefficient needs no word for what it is; a ratio does.
  const shortName = name.replace(/^(contrast|coefficient):/, "");
  const interval = lower === null && upper === null ? "" : ` (${figure.interval(level)})`;
  return `${shortName} ${value}${interval}${p === null ? "" : `, ${formatPInText(p, numbers)}`}`;
}
