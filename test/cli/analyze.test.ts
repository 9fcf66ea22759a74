import { describe, expect, it, vi } from "vitest";
import { printProblems } from "../../src/cli/print-problems.js";
import { planFileNotFound } from "../../src/problem.js";
import { runIn, smallTrial } from "./command.js";

vi.mock("../../src/plan/explain-plan.js", () => ({
  explainPlan: () => {
    throw new TypeError("cannot read properties of undefined");
  },
}));

describe("analyze", () => {
  it("owns up to a defect in one line, and shows more with --verbose", async () => {
    const trial = smallTrial();
    const { status, out, err } = await trial.run("explain", "plan.yaml");
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toBe(
      "error: This is a defect in fit-rct, not in your plan or data: cannot read properties of undefined. Please report it; --verbose shows more. [defect]\n",
    );
    expect((await trial.run("explain", "plan.yaml", "--verbose")).err).toMatch(/\n {4}at /);
  });

  it("prints help to standard output and problems of the command line to standard error", async () => {
    expect(await runIn("/", ["--version"])).toMatchObject({ status: 0, err: "" });
    expect(await runIn("/", ["--sed", "1"])).toMatchObject({ status: 1, out: "" });
  });
});

describe("printProblems", () => {
  it("says how many there are beyond two hundred", () => {
    let text = "";
    printProblems(Array(250).fill(planFileNotFound("plan.yaml", undefined)), (line) => {
      text += line;
    });
    expect(text.split("\n")).toHaveLength(202);
    expect(text).toMatch(/… and 50 more\.\n$/);
  });
});
