import { describe, expect, it } from "vitest";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import { cellsOf, readText } from "../table/read-text.js";
import { codesOf, individualRoles, partsOf, trialPlan } from "./trial-plan.js";

const outcome = "outcome: ors, baseline: ors_0, visits: [1, 3, 6, 12], primary: 12, covariates: [age]";
const joint =
  "ors ~ ors_0 + age + design + factor(period) + factor(month) + factor(month):arm + (1 | unit / therapist / client) + (1 | unit:period)";

describe("model: subgroup", () => {
  const text = trialPlan(
    `  - { id: sub, model: subgroup, ${outcome}, moderators: [{ column: sex, prespecified: true, direction: larger for women }, { column: ors_0, at: [10, 20] }] }\n`,
  );

  it("expands to one moderation of all clients", () => {
    expect([...partsOf(text).values()]).toMatchObject([
      {
        id: "sub-moderators",
        model: "moderation",
        formula: joint,
        effect: "arm",
        at: { month: [12] },
        alongside: ["factor(month)"],
        where: "month == 1 || month == 3 || month == 6 || month == 12",
        df: "kenward-roger",
      },
    ]);
  });

  it("says each model in words", () => {
    const words = explainPlan(parsePlan(text, "plan.yaml").plan!);
    expect(words).toContain(
      "Moderator sex (prespecified; expected: larger for women): sex + factor(month):sex + arm:sex",
    );
    expect(words).toContain("Moderator ors_0 at 10, 20: ors_0 + factor(month):ors_0 + arm:ors_0");
  });

  it("has no design or periods where each client was randomised", () => {
    const parts = partsOf(trialPlan(text.slice(text.indexOf("  - { id: sub")), individualRoles));
    expect(parts.get("sub-moderators")).toMatchObject({
      formula: "ors ~ ors_0 + age + factor(month) + factor(month):arm + (1 | unit / therapist / client)",
    });
  });

  it("refuses moderators that are unknown, identifiers, or factors at values", () => {
    expect(codesOf(text.replace("column: sex", "column: sexx"))).toEqual(["plan.unknown-column"]);
    expect(codesOf(text.replace("column: sex", "column: therapist"))).toEqual(["moderation.type"]);
    expect(codesOf(text.replace("column: sex,", "column: sex, at: [1],"))).toEqual(["moderation.at-factor"]);
    expect(codesOf(text.replace("covariates: [age]", "covariates: [agee]"))).toContain("plan.unknown-column");
  });
});

describe("model: non-responders", () => {
  const text = (rule = "visit: 3, gain-below: 5", more = "") =>
    trialPlan(
      `  - { id: not, model: non-responders, ${outcome}, rule: { ${rule} }, risk: { predictors: [ors_0, age] }${more} }\n`,
    );

  it("shows effects after the visit of the rule, stamped as after randomisation, and by predicted risk at all visits", () => {
    const parts = partsOf(text());
    expect([...parts.keys()]).toEqual(["not-early-change", "not-predicted-risk"]);
    expect(parts.get("not-early-change")).toMatchObject({
      where: "month == 6 || month == 12",
      moderators: [{ column: "not__track" }],
      cautions: ["after-randomisation"],
    });
    expect(parts.get("not-predicted-risk")).toMatchObject({
      where: "month == 1 || month == 3 || month == 6 || month == 12",
      moderators: [],
      risk: { outcome: "not__not_on_track", predictors: ["ors_0", "age"], folds: 10, "fitted-in": "both" },
    });
    expect(explainPlan(parsePlan(text(), "plan.yaml").plan!)).toContain("fitted to both arms (PATH statement");
  });

  it("makes the rule of what both arms have, by the direction that is better, or takes it as written", () => {
    const derived = (plan: string) => parsePlan(plan, "plan.yaml").plan!.columns["not__not_on_track"]!.derive;
    expect(derived(text())).toBe("(round(1e6 * (not__early - ors_0)) / 1e6 < 5) ? 1 : 0");
    expect(derived(text().replace("better: higher, unit: points", "better: lower, unit: points"))).toBe(
      "(round(1e6 * (ors_0 - not__early)) / 1e6 < 5) ? 1 : 0",
    );
    expect(derived(text("visit: 3, where: ors_last < 25"))).toBe("(ors_last < 25) ? 1 : 0");
  });

  it("counts only those who are still short of a value, where the rule says so", async () => {
    const short = text().replace("gain-below: 5", "gain-below: 5, short-of: 25");
    const rule = parsePlan(short, "plan.yaml").plan!.columns["not__not_on_track"]!.derive!;
    expect(rule).toBe("(round(1e6 * (not__early - ors_0)) / 1e6 < 5 && not__early < 25) ? 1 : 0");
    const lower = short.replace("better: higher, unit: points", "better: lower, unit: points");
    expect(parsePlan(lower, "plan.yaml").plan!.columns["not__not_on_track"]!.derive).toContain("&& not__early > 25");
    const number = { type: "number" } as const;
    const columns = { ors_0: number, not__early: number, off: { type: "binary", derive: rule } } as const;
    const table = await readText("ors_0,not__early\n20,24.9\n22,25\n30,24\n10,16\n,10\n20,\n", columns);
    expect(cellsOf(table, "off")).toEqual([1, 0, 1, 0, null, null]);
  });

  it("judges a gain by its decimals: 8.2 less 3.2 is 5, though not in binary", async () => {
    const rule = parsePlan(text(), "plan.yaml").plan!.columns["not__not_on_track"]!.derive!;
    const number = { type: "number" } as const;
    const columns = { ors_0: number, not__early: number, off: { type: "binary", derive: rule } } as const;
    const table = await readText("ors_0,not__early\n3.2,8.2\n3.2,8.1\n20,25\n,25\n", columns);
    expect(8.2 - 3.2).toBeLessThan(5);
    expect(cellsOf(table, "off")).toEqual([0, 1, 0, null]);
  });

  it("adds the naive subset, stamped as such", () => {
    const parts = partsOf(text(undefined, ", naive: { where: ors_last < 20, measured: ors_last }"));
    expect(parts.get("not-naive")).toMatchObject({
      where: "(not__naive == 1) && (month == 6 || month == 12)",
      naive: { measured: "ors_last" },
      cautions: ["naive"],
      moderators: [],
    });
  });
});

describe("model: implementation", () => {
  const text = trialPlan(
    `  - { id: imp, model: implementation, ${outcome}, fidelity: { column: fidelity }, dose: [fidelity] }\n`,
  );

  it("lets the effect vary between units, and shows dose among treated clients as not randomised", () => {
    const parts = partsOf(text);
    expect(parts.get("imp-fidelity")).toMatchObject({
      formula: `${joint} + (0 + imp__treated | unit)`,
      cautions: ["fidelity"],
    });
    expect(parts.get("imp-dose")).toMatchObject({
      model: "mixed",
      where: '(arm == "FIT") && (month == 1 || month == 3 || month == 6 || month == 12)',
      formula: joint.replace("factor(month):arm", "fidelity"),
      cautions: ["not-randomised"],
    });
  });
});

describe("model: alliance", () => {
  const text = trialPlan(
    `  - { id: srs, model: alliance, ${outcome}, alliance: srs, session: session, sessions: sessions }\n`,
  );

  it("expands to growth over sessions, and the change with the outcome as an association", () => {
    const parts = partsOf(text);
    expect(parts.get("srs-growth")).toMatchObject({
      table: "sessions",
      formula: "srs ~ session + (1 | unit / therapist) + (session | client)",
    });
    expect(parts.get("srs-change-and-outcome")).toMatchObject({
      formula: joint.replace("factor(month):arm", "srs__first + srs__change"),
      cautions: ["association"],
    });
    const words = explainPlan(parsePlan(text, "plan.yaml").plan!);
    expect(words).toContain("Column srs__last: the last of the srs of each participant in sessions, by session.");
  });
});
