import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/parse-arguments.js";
import { ProblemError } from "../../src/problem.js";

const parse = (line: string) => parseArguments(line.split(" ").filter(Boolean), "9.9.9");
const problemsOf = (line: string): string[] => {
  try {
    return [`no problem: ${JSON.stringify(parse(line))}`];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(({ message }) => message);
  }
};
const nothing = {
  command: "run",
  target: null,
  seed: null,
  out: null,
  data: null,
  language: "en",
  only: null,
  resultsOnly: false,
  blind: false,
  verbose: false,
  workers: null,
};

describe("parseArguments", () => {
  it.each([
    ["", {}],
    ["run", {}],
    ["plan.yaml", { target: "plan.yaml" }],
    ["run plan.yaml --seed 20240919", { target: "plan.yaml", seed: 20240919 }],
    ["--seed=0 --out there plan.yaml", { target: "plan.yaml", seed: 0, out: "there" }],
    ["007 --data 1e3 --lang sv", { target: "007", data: "1e3", language: "sv" }],
    ["--only a,b --only c --results-only --verbose", { only: ["a", "b", "c"], resultsOnly: true, verbose: true }],
    ["plan.yaml --workers 2", { target: "plan.yaml", workers: 2 }],
    ["verify out --workers=1", { command: "verify", target: "out", workers: 1 }],
    ["check plan.yaml", { command: "check", target: "plan.yaml" }],
    ["verify reports/x", { command: "verify", target: "reports/x" }],
    ["schema plan", { command: "schema", target: "plan" }],
    ["lock -- --odd-name", { command: "lock", target: "--odd-name" }],
  ])("understands: %s", (line, expected) => {
    expect(parse(line)).toEqual({ ...nothing, ...expected });
  });

  it("returns the text of help and version", () => {
    expect(parse("--version")).toBe("9.9.9\n");
    expect(parse("--help")).toMatch(/^analyze \[run\] \[PLAN\] \[options\]\n[\s\S]*analyze check <plan>[\s\S]*--seed/);
    expect(parse("check --help")).toContain("--data");
    expect(parse("-h")).toBe(parse("--help"));
  });

  it.each([
    ["chek plan.yaml", 'Unknown command "chek". Did you mean "check"?'],
    ["run a.yaml b.yaml", '"b.yaml" is one argument too many.'],
    ["--sed 1", 'Unknown option "--sed". Did you mean "--seed"?'],
    ["--__proto__ 1", "Unknown option"],
    ["-x", "Unknown option"],
    ["--no-results-only", 'Unknown option "--no-results-only".'],
    ["check plan.yaml --seed 1", "analyze check has no option --seed."],
    ["--workers 0", '--workers must be a whole number from 1 to 64; got "0".'],
    ["--workers two", '--workers must be a whole number from 1 to 64; got "two".'],
    ["check", "PLAN is missing."],
    ["verify", "FOLDER is missing."],
    ["--seed", "--seed needs one value"],
    ["--seed 1 --seed 2", "--seed needs one value"],
    ["--out=", "--out needs one value"],
    ["--only ,", "--only needs one value"],
    ["--seed -1", 'it is "-1"'],
    ["--seed 1.5", 'it is "1.5"'],
    ["--seed 1e3", 'it is "1e3"'],
    ["--seed 9007199254740992", "9007199254740991"],
    ["--lang de", 'It must be one of en, sv; it is "de".'],
  ])("refuses: %s", (line, expected) => {
    const problems = problemsOf(line);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it("lists everything that is wrong", () => {
    expect(problemsOf("--sed 1 --outt x --lang de --seed -1")).toHaveLength(4);
  });
});
