import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkPlan, checkSap } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import { missingSapItems, SAP_ITEMS, SAP_KEYS } from "../../src/plan/sap-items.js";

const base = `plan: fit-rct/1
title: A trial
data: { file: d.csv }
columns:
  arm: { type: factor, levels: [TAU, FIT] }
  y: { type: number }
analyses:
  - { id: main, role: primary, model: linear, formula: y ~ arm }
`;
const estimand = (id: string, analysis: string): string => `
  - id: ${id}
    question: Does it help?
    population: All
    treatment: FIT against TAU
    variable: y
    intercurrent: [{ event: leaving, strategy: treatment-policy }]
    summary: difference of means
    analyses: [${analysis}]`;
const parse = (text: string) => parsePlan(text, "p.yaml");
const codes = (text: string): string[] => {
  const parsed = parse(text);
  return [...parsed.problems, ...checkPlan(parsed).problems].map(({ code, path }) => `${code} ${path}`);
};

describe("estimands", () => {
  it("name analyses of the plan, and are explained", () => {
    const text = `${base}estimands:${estimand("primary", "main")}\n`;
    expect(codes(text)).toEqual([]);
    expect(explainPlan(parse(text).plan!)).toContain("Intercurrent event: leaving (treatment-policy)");
  });
  it("of an analysis that there is not, and twice by one name", () => {
    expect(codes(`${base}estimands:${estimand("primary", "mian")}\n`)).toEqual([
      "plan.estimand-unknown-analysis p.yaml:17:16",
    ]);
    const twice = `${base}estimands:${estimand("one", "main")}${estimand("one", "main")}\n`;
    expect(codes(twice).map((one) => one.split(" ")[0])).toEqual(["plan.estimand-twice"]);
  });
  it("need a strategy that ICH E9(R1) has", () => {
    const text = `${base}estimands:${estimand("primary", "main")}\n`.replace("treatment-policy", "ignore");
    expect(codes(text)).toHaveLength(1);
    expect(codes(text)[0]).toContain("plan.unknown-value");
  });
});

describe("the 32 items of a statistical analysis plan", () => {
  it("are 32, in order, each with something that answers it", () => {
    expect(SAP_ITEMS.map(({ item }) => item)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    for (const { key, elsewhere } of SAP_ITEMS) expect(key !== null || elsewhere !== undefined).toBe(true);
    expect(new Set(SAP_KEYS).size).toBe(SAP_KEYS.length);
  });
  it("a plan without sap: gets one note, no error", () => {
    expect(checkSap(parse(base)).map(({ code, severity }) => `${severity} ${code}`)).toEqual(["note plan.sap-missing"]);
  });
  it("says which are missing, and with which key they are answered", () => {
    const notes = checkSap(parse(`${base}sap: { framework: superiority }\n`));
    expect(notes.every(({ severity }) => severity === "note")).toBe(true);
    const items = notes.map(({ message }) => Number(/Item (\d+)/.exec(message)![1]));
    // The plan itself answers 16, 18, 27 and 31; sap.framework 12.
    expect(items).toEqual(SAP_ITEMS.map(({ item }) => item).filter((item) => ![12, 16, 18, 27, 31].includes(item)));
    expect(notes[0]!.message).toContain("registration.id");
  });
  it("takes other parts of the plan as answers", () => {
    const more = `${base}registration: { id: NCT1 }\nestimands:${estimand("primary", "main")}\nsap: {}\n`;
    const missing = missingSapItems(parse(more).plan!).map(({ item }) => item);
    for (const item of [1, 8, 26]) expect(missing).not.toContain(item);
  });
  it("refuses a key that is no item", () => {
    expect(codes(`${base}sap: { framewrok: superiority }\n`)).toEqual(["plan.unknown-key p.yaml:9:8"]);
  });
});

describe("the plans of the FIT trial", () => {
  it.each(["fit-joint", "fit-individual", "fit-stepped-wedge"])(
    "%s is sound and leaves open only what is not known yet",
    (name) => {
      const text = readFileSync(new URL(`../../analyses/${name}/plan.yaml`, import.meta.url), "utf8");
      expect(codes(text)).toEqual([]);
      expect(missingSapItems(parse(text).plan!).map(({ item }) => item)).toEqual([1, 3, 5, 6]);
    },
  );
});
