/** The short summary on standard output: one line for each analysis and its first answer. */
import type { AnalysisDisplay, AnalysisResult, Run } from "../analysis/results.js";
import type { Estimate } from "../inference/estimate.js";
import { formatPInText } from "../report/format-number.js";
import { texts } from "../report/texts.js";
import { printable } from "./print-problems.js";

/** Lines of the summary, each with its line break. */
export function renderSummary({ results, displays }: Run): string {
  const width = Math.max(...results.analyses.map(({ id }) => id.length));
  const lines = results.analyses.map((result, i) => {
    const answer = result.status === "estimated" ? answerLine(result, displays[i]) : result.reason;
    return `${result.id.padEnd(width)}  ${result.status}  ${answer ?? ""}`.trimEnd();
  });
  return [results.plan.title, ...lines].map((line) => `${printable(line)}\n`).join("");
}

/** The first difference that the report would show, or else the last coefficient, which is the effect as a rule. */
function answerLine({ estimates }: AnalysisResult, display: AnalysisDisplay | undefined): string | undefined {
  const name = display?.differences[0];
  const answer =
    estimates.find((e) => e.name === name) ?? estimates.findLast((e) => e.measure === "coefficient") ?? estimates[0];
  return answer === undefined ? undefined : estimateLine(answer);
}

function estimateLine({ name, estimate, se, lower, upper, p, level }: Estimate): string {
  const { figure, numbers } = texts.en;
  const value = figure.estimateWithInterval(estimate, lower, upper, figure.decimals(estimate, se));
  const shortName = name.slice(name.indexOf(":") + 1);
  return `${shortName} ${value} (${figure.interval(level)})${p === null ? "" : `, ${formatPInText(p, numbers)}`}`;
}
