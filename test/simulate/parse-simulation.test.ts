import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ProblemError, renderProblem } from "../../src/problem.js";
import { parseSimulation } from "../../src/simulate/parse-simulation.js";

const text = readFileSync(new URL("../../analyses/fit-simulation.yaml", import.meta.url), "utf8");

/** The problems of the committed simulation with a part of its text replaced. */
function problemsWith(part: string, instead: string): string[] {
  expect(text).toContain(part);
  try {
    parseSimulation(text.replace(part, instead), "s.yaml");
    return [];
  } catch (error) {
    if (error instanceof ProblemError) return error.problems.map(renderProblem);
    throw error;
  }
}
const line = (part: string): number => text.slice(0, text.indexOf(part)).split("\n").length;

describe("parseSimulation", () => {
  it("takes the committed file", () => {
    expect(problemsWith("trend: 0.1", "trend: 0.1")).toEqual([]);
  });

  it.each([
    [
      "an unknown key",
      "frailty: 0.4\n",
      "frailty: 0.4\n  frailtee: 1\n",
      'Unknown key "frailtee". Did you mean "frailty"?',
    ],
    ["a missing key", "  frailty: 0.4\n", "", 'The key "frailty" is missing. Add it.'],
    ["a text for a number", "slope: 0.5", "slope: half", '"slope" must be a number; it is "half".'],
    ["a share above 1", "crossover: 0.03", "crossover: 3", '"crossover" must be 1 or less; it is 3.'],
    [
      "a negative hazard",
      "[0.06, 0.04, 0.025]",
      "[0.06, -1, 0.025]",
      '"item 2 of dropout" must be 0 or more; it is -1.',
    ],
    ["half a unit", "    units: 12\n", "    units: 12.5\n", '"units" must be a whole number; it is 12.5.'],
    ["sizes the wrong way round", "staff: [3, 5]", "staff: [5, 3]", '"staff" must be two numbers, the smaller first'],
    ["another format", "fit-rct/1", "fit-rct/9", '"simulation" must be fit-rct/1; it is "fit-rct/9".'],
    ["a date that is none", "2025-01-01", "2025-02-30", '"start" must be a day of the calendar; it is "2025-02-30".'],
    ["shares that do not add up", "kommunal: 0.6", "kommunal: 0.7", 'The shares of "provider" add up to 1.1.'],
    [
      "a hazard too few",
      "[0.03, 0.09, 0.14]",
      "[0.03, 0.09]",
      '"planned" has 2 hazards, but endings.from has 3 times.',
    ],
    ["times out of order", "from: [0, 3, 6]", "from: [0, 6, 3]", '"from" must begin with 0 and increase.'],
    ["a switch after the end", "[2, 3, 4, 5, 6, 7]", "[2, 3, 4, 5, 6, 9]", "A unit cannot switch in quarter 9"],
    [
      "another ICC than the variances give",
      "TAU: 0.034",
      "TAU: 0.05",
      "is declared as 0.05, but the standard deviations give 0.034",
    ],
    [
      "a weight for no level",
      "problem: { missbruk: 2,",
      "problem: { misbruk: 2,",
      'Unknown key "misbruk". Did you mean "missbruk"?',
    ],
  ])("refuses %s", (_, part, instead, message) => {
    const problems = problemsWith(part, instead);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toMatch(/^error s\.yaml:\d+:\d+/);
  });

  it("says where", () => {
    expect(problemsWith("slope: 0.5", "slope: half")[0]).toContain(`s.yaml:${line("slope: 0.5")}:10: `);
  });

  it("lists all problems, in the order of the file", () => {
    const problems = problemsWith("slope: 0.5\n", "slop: 0.5\n  sloppe: 1\n");
    expect(problems.map((one) => /\[(.*)\]/.exec(one)?.[1])).toEqual([
      "simulation.missing-key",
      "simulation.unknown-key",
      "simulation.unknown-key",
    ]);
  });

  it.each([
    ["an empty file", ""],
    ["no keys at all", "hello"],
    ["text that is not YAML", "a: [1, 2"],
  ])("refuses %s", (_, instead) => {
    expect(() => parseSimulation(instead, "s.yaml")).toThrow(ProblemError);
  });
});
