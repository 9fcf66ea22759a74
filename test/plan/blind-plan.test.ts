import { describe, expect, it } from "vitest";
import { armNames } from "../../src/plan/blind-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";

const text = `plan: fit-rct/1
title: A trial
data: { file: data.csv }
columns:
  id: { type: id }
  group: { type: factor, levels: [TAU, FIT], label: FIT or TAU }
  staff: { type: factor, levels: [FIT, TAU, none], label: arm of the staff }
  y: { type: number }
  treated: { type: binary, derive: 'group == "FIT"' }
  period: { type: factor, levels: [a, b] }
  profit: { type: number, label: profit of TAUtology }
trial: { arm: { column: group, control: TAU, intervention: FIT }, participant: id }
analyses:
  - { id: one, title: The effect of FIT, model: linear, formula: y ~ group, where: "group == 'TAU' || y > 0" }
  - { id: two, title: The profits, model: linear, formula: y ~ treated }
  - { id: wedge, model: stepped-wedge, outcome: y, cluster: id, period: period, treated: treated, effect: exposure-time }
  - { id: switch, model: stepped-wedge, outcome: y, cluster: id, period: period, treated: treated }
multiplicity:
  - { family: f, method: holm, estimates: ["one/coefficient:group[FIT]", "wedge/effect:tate", "switch/effect:immediate"] }
  - { family: g, method: holm, estimates: ["wedge/effect:tate"] }
evidence:
  - { label: before, measure: hedges-g, estimate: 0.3 }
`;
const blind = completePlan(parsePlan(text, "plan.yaml", { language: "en", blind: true }));

describe("a blinded plan", () => {
  it("calls the arms X and Y wherever it names them, X first", () => {
    expect(blind.trial!.arm).toEqual({ column: "group", control: "X", intervention: "Y" });
    expect(blind.columns["group"]).toEqual({ type: "factor", levels: ["X", "Y"] });
    expect(blind.columns["staff"]).toMatchObject({ levels: ["X", "Y", "none"], label: "arm of the staff" });
    expect(blind.columns["treated"]).toMatchObject({ derive: 'group == "Y"' });
    expect(blind.analyses[0]).toMatchObject({ where: "group == 'X' || y > 0" });
    expect(blind.blind).toEqual({ arms: ["TAU", "FIT"], columns: ["group", "staff"], leftOut: ["wedge"] });
  });

  it("keeps no title or label that names an arm, and no word that only looks like one", () => {
    expect(blind.analyses[0]!.title).toBeUndefined();
    expect(blind.analyses[1]!.title).toBe("The profits");
    expect(blind.columns["group"]!.label).toBeUndefined();
    expect(blind.columns["profit"]!.label).toBe("profit of TAUtology");
  });

  it("leaves out stepped-wedge models, tests on them, and earlier evidence", () => {
    expect(blind.analyses.map(({ id }) => id)).toEqual(["one", "two", "switch"]);
    expect(blind.multiplicity).toHaveLength(1);
    expect(blind.multiplicity![0]!.estimates).toEqual(["one/coefficient:group[Y]"]);
    expect(blind).not.toHaveProperty("evidence");
  });

  it("runs a stepped wedge with an immediate effect as its mixed model, with the arm for the switch", () => {
    expect(blind.analyses[2]).toMatchObject({
      model: "mixed",
      formula: "y ~ period + group + (1 | id) + (1 | id:period)",
      df: "kenward-roger",
      means: { of: "group" },
    });
    const other = (from: string, to: string) => {
      const own = text
        .replace("treated: treated }\nmulti", `treated: treated${from} }\nmulti`)
        .replace(/derive: '.*'/, to);
      return completePlan(parsePlan(own, "plan.yaml", { language: "en", blind: true })).blind!.leftOut;
    };
    const arm = `derive: 'group == "FIT"'`;
    expect(other("", arm)).toEqual(["wedge"]);
    expect(other(", random-treatment: true", arm)).toEqual(["wedge", "switch"]);
    expect(other("", `derive: 'group == "FIT" && y > 0'`)).toEqual(["wedge", "switch"]);
  });

  it("leaves out populations whose rules name an arm, and keeps no reason or label that does", () => {
    const populations = `populations:
  few: { exclude: [{ where: "group == 'FIT' && y < 3", reason: { en: too few, sv: för få } }] }
  same: { label: { en: those of FIT and TAU, sv: de i FIT och TAU }, exclude: [{ where: y < 2, reason: { en: low in FIT, sv: lågt i FIT } }, { where: y < 3, reason: { en: low, sv: lågt } }] }
`;
    const own = text
      .replace("multiplicity:", "  - { id: pp, model: linear, formula: y ~ group, population: few }\nmultiplicity:")
      .replace("trial:", `${populations}trial:`);
    const plan = completePlan(parsePlan(own, "plan.yaml", { language: "sv", blind: true }));
    expect(plan.analyses.map(({ id }) => id)).toEqual(["one", "two", "switch"]);
    expect(plan.blind!.leftOut).toEqual(["wedge", "pp"]);
    expect(plan.populations).toEqual({
      same: {
        arm: "randomised",
        exclude: [
          { where: "y < 2", reason: "y < 2" },
          { where: "y < 3", reason: "low" },
        ],
      },
    });
    expect(plan.words).toEqual({ low: "lågt", "too few": "för få" });
  });

  it("draws which arm is X from the seed: always the same for one, both ways over many", () => {
    const drawn = Array.from({ length: 400 }, (_, seed) => armNames(blind.blind!, seed)["FIT"]);
    expect(drawn).toEqual(Array.from({ length: 400 }, (_, seed) => armNames(blind.blind!, seed)["FIT"]));
    const x = drawn.filter((name) => name === "X").length;
    // Binomial(400, ½): four standard deviations are 40.
    expect(Math.abs(x - 200)).toBeLessThan(40);
    for (const seed of [1, 2, 3]) expect(Object.values(armNames(blind.blind!, seed)).sort()).toEqual(["X", "Y"]);
  });
});

describe("texts in two languages", () => {
  const two = text
    .replace("title: A trial", "title: { en: A trial, sv: En prövning }")
    .replace("label: arm of the staff", "label: { sv: personalens arm }")
    .replace("title: The profits", "title: { en: The profits, sv: Vinsterna }");
  const read = (language: "en" | "sv") => completePlan(parsePlan(two, "plan.yaml", { language, blind: false }));

  it("are read in the language asked for, or in the only one; results keep English", () => {
    expect(read("sv")).toMatchObject({ title: "En prövning", titleInResults: "A trial" });
    expect(read("en")).toMatchObject({ title: "A trial" });
    expect(read("en")).not.toHaveProperty("titleInResults");
    expect(read("sv").analyses[1]!.title).toBe("Vinsterna");
    expect(read("en").columns["staff"]!.label).toBe("personalens arm");
  });

  it.each([
    ["a language that there is not", "title: { en: A trial, de: Eine Studie }", "de"],
    ["none", "title: {}", "language"],
    ["a text that is empty", 'title: { en: "" }', "empty"],
    ["a list", "title: [A, B]", "must be a text"],
  ])("are refused with %s", (_, title, message) => {
    const { problems } = parsePlan(text.replace("title: A trial", title), "plan.yaml");
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]!.path).toMatch(/^plan\.yaml:2/);
    expect(problems[0]!.message).toContain(message);
  });
});
