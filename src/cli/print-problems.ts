/** Problems for a terminal: one line each, and never a control character that a file smuggled in. */
import { moreOfAll, type Problem, renderProblem } from "../problem.js";

/** More than this say no more. */
const mostListed = 200;

export function printProblems(problems: readonly Problem[], print: (text: string) => void): void {
  for (const problem of problems.slice(0, mostListed)) print(`${printable(renderProblem(problem))}\n`);
  if (problems.length > mostListed) print(`${moreOfAll(problems.length - mostListed)}\n`);
}

/** Text with control characters, which a terminal would obey, as �. Line breaks become spaces. */
export const printable = (text: string): string => text.replace(/[\r\n]+/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd");
