import { readFileSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/cli/sha256.js";
import { planText, smallTrial } from "./command.js";

describe("analyze lock", () => {
  it("writes the lock beside the plan, and leaves it when nothing changed", async () => {
    const trial = smallTrial();
    const first = await trial.run("lock", "plan.yaml");
    expect(first).toEqual({
      status: 0,
      out: `plan.yaml.lock: locked on 2026-11-22. SHA-256 of the plan: ${sha256(planText)}\n`,
      err: "",
    });
    const lock = readFileSync(trial.file("plan.yaml.lock"), "utf8");
    expect(JSON.parse(lock)).toMatchObject({ file: "plan.yaml", plan: sha256(planText), date: "2026-11-22" });
    expect((await trial.run("lock", "plan.yaml")).out).toBe(
      "plan.yaml.lock: locked since 2026-11-22, and the plan is unchanged.\n",
    );
    expect(readFileSync(trial.file("plan.yaml.lock"), "utf8")).toBe(lock);
  });

  it("does not need the data, but a plan without errors", async () => {
    const trial = smallTrial(planText.replace("data.csv", "later.csv"));
    expect((await trial.run("lock", "plan.yaml")).status).toBe(0);
    const wrong = smallTrial(planText.replace("y ~ arm + x,", "y ~ arm + z,"));
    const { status, err } = await wrong.run("lock", "plan.yaml");
    expect(status).toBe(1);
    expect(err).toContain('Unknown column "z"');
  });

  it("says where a lock can stand when it cannot be written", async () => {
    const trial = smallTrial();
    symlinkSync(trial.file("nowhere/x"), trial.file("plan.yaml.lock"));
    const { status, err } = await trial.run("lock", "plan.yaml");
    expect(status).toBe(1);
    expect(err).toMatch(
      /^error plan\.yaml\.lock: The lock cannot be written: .*beside its plan.*\[lock\.not-writable\]$/m,
    );
    expect(err).not.toContain("--out");
  });

  it("never replaces a lock", async () => {
    const trial = smallTrial();
    await trial.run("lock", "plan.yaml");
    trial.write("plan.yaml", `${planText}# an afterthought\n`);
    const changed = await trial.run("lock", "plan.yaml");
    expect(changed.status).toBe(1);
    expect(changed.err).toContain("The plan was locked on 2026-11-22 and changed since");
    trial.write("plan.yaml.lock", "not a lock");
    expect((await trial.run("lock", "plan.yaml")).err).toContain("There is a lock file that cannot be read");
    expect(readFileSync(trial.file("plan.yaml.lock"), "utf8")).toBe("not a lock");
  });
});

describe("analyze explain", () => {
  it("explains a plan without its data, with warnings on standard error", async () => {
    const trial = smallTrial(planText.replace("data.csv", "later.csv"));
    await trial.run("lock", "plan.yaml");
    trial.write("plan.yaml", planText);
    const { status, out, err } = await trial.run("explain", "plan.yaml");
    expect(status).toBe(0);
    expect(out).toContain("Analysis mixed (primary)");
    expect(out).toContain("Analysis linear (secondary)");
    expect(err).toContain("[plan.changed-since-lock]");
  });

  it("lists what is wrong instead when a formula cannot be read", async () => {
    const { status, out, err } = await smallTrial(planText.replace("(1 | g)", "(1 | g")).run("explain", "plan.yaml");
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^error plan\.yaml:11:\d+/);
  });
});

describe("analyze schema", () => {
  it("prints the schema of the plan and of the results", async () => {
    const trial = smallTrial();
    for (const [name, key] of [
      ["plan", "columns"],
      ["results", "seed"],
    ] as const) {
      const { status, out } = await trial.run("schema", name);
      expect(status).toBe(0);
      expect(JSON.parse(out)).toHaveProperty(`properties.${key}`);
    }
    const { status, err } = await trial.run("schema", "result");
    expect(status).toBe(1);
    expect(err).toContain('Did you mean "results"?');
  });
});
