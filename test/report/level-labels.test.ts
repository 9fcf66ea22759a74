import { describe, expect, it } from "vitest";
import type { Run } from "../../src/analysis/results.js";
import { blindContent } from "../../src/plan/blind-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import { withLevelLabels } from "../../src/report/level-labels.js";
import { texts } from "../../src/report/texts.js";
import { beatTheBlues } from "./example-runs.js";

const names = [
  "contrast:arm[FIT]-arm[TAU]@month=12,sex=kvinna",
  "coefficient:sex[kvinna]:arm[FIT]",
  "mean:sex[kvinna]@sex2=kvinna,problem=våld, hot",
  "incidence:arm[TAU]:avbrott@90",
  "rmtl-difference:arm[FIT]-arm[TAU]:avbrott@365",
  "test:gray:avbrott",
  "cause-specific-hazard-ratio:avbrott:sex[kvinna]",
  "sd:residual:sex[kvinna]",
  "count:change=recovered",
  "incidence:all:annat",
];

const shown = (language: "en" | "sv"): string[] => {
  const [first] = beatTheBlues.results.analyses;
  const estimates = names.map((name) => ({ ...first!.estimates[0]!, name }));
  const run: Run = {
    ...beatTheBlues,
    results: { ...beatTheBlues.results, analyses: [{ ...first!, estimates }] },
    displays: [beatTheBlues.displays[0]!],
    levelLabels: {
      sex: { kvinna: { en: "woman", sv: "kvinna" }, annat: { en: "other sex" } },
      problem: { "våld, hot": { en: "violence, threats", sv: "våld, hot" } },
      ending: { avbrott: { en: "dropout", sv: "avbrott" }, annat: { en: "other ending" } },
    },
    changeClasses: ["change"],
  };
  return withLevelLabels(run, texts[language]).results.analyses[0]!.estimates.map(({ name }) => name);
};

describe("labels of levels", () => {
  it("stand for the levels in the names of estimates, in the report's language", () => {
    expect(shown("en")).toEqual([
      "contrast:arm[FIT]-arm[TAU]@month=12,sex=woman",
      "coefficient:sex[woman]:arm[FIT]",
      "mean:sex[woman]@sex2=kvinna,problem=violence, threats",
      "incidence:arm[TAU]:dropout@90",
      "rmtl-difference:arm[FIT]-arm[TAU]:dropout@365",
      "test:gray:dropout",
      "cause-specific-hazard-ratio:dropout:sex[woman]",
      "sd:residual:sex[woman]",
      "count:change=recovered",
      // Two columns call it differently.
      "incidence:all:annat",
    ]);
    expect(shown("sv").slice(0, 8)).toEqual(names.slice(0, 8));
  });

  it("are the toolkit's own words for classes of change", () => {
    expect(shown("sv")[8]).toBe("count:change=återställd");
  });

  it("are not asked for: the run as it is", () => {
    expect(withLevelLabels(beatTheBlues, texts.sv)).toBe(beatTheBlues);
  });
});

const plan = (labels: string): string => `plan: fit-rct/1
title: t
data: { file: d.csv }
columns:
  y: { type: number }
  arm: { type: factor, levels: [TAU, FIT], level-labels: ${labels} }
trial: { arm: { column: arm, control: TAU, intervention: FIT } }
analyses:
  - { id: a, model: linear, formula: y ~ arm }
`;

describe("level-labels of a plan", () => {
  it("are kept in both languages, or in the one that they are given in", () => {
    const { plan: parsed } = parsePlan(
      plan("{ TAU: { en: usual care, sv: sedvanlig vård }, FIT: feedback }"),
      "p.yaml",
    );
    const { arm } = parsed!.columns;
    expect(arm).toMatchObject({
      "level-labels": { TAU: { en: "usual care", sv: "sedvanlig vård" }, FIT: { en: "feedback" } },
    });
  });

  it("are of levels that there are", () => {
    const { problems } = checkPlan(parsePlan(plan("{ FTI: feedback }"), "p.yaml"));
    expect(problems.map(({ code }) => code)).toContain("plan.unknown-level");
  });

  it("have no marks that names of estimates are made of", () => {
    const { problems } = parsePlan(plan('{ FIT: "a[b]" }'), "p.yaml");
    expect(problems.map(({ severity }) => severity)).toEqual(["error"]);
  });

  it("do not tell the arms of a blind run", () => {
    const { plan: parsed } = parsePlan(plan("{ TAU: usual care, FIT: feedback }"), "p.yaml");
    const blind = blindContent(parsed as never);
    expect(blind!.content.columns["arm"]).toMatchObject({ levels: ["X", "Y"], "level-labels": {} });
  });
});
