import { describe, expect, test } from "vitest";
import {
  comparedArms,
  groupLabel,
  numericParts,
  parseEstimateName,
  settingsLabel,
  settingText,
  termLabel,
  withDesign,
} from "../../src/figure/estimate-name.js";

const parse = (name: string, groups: string[] = []) => parseEstimateName(name, groups);

describe("parseEstimateName", () => {
  test("takes means and contrasts apart", () => {
    expect(parse("mean:arm[FIT]@visit=2,sex=F")).toEqual({
      kind: "mean",
      column: "arm",
      level: "FIT",
      at: [
        { name: "visit", value: "2" },
        { name: "sex", value: "F" },
      ],
    });
    expect(parse("contrast:arm[FIT]-arm[TAU]@visit=2")).toEqual({
      kind: "contrast",
      column: "arm",
      level: "FIT",
      reference: "TAU",
      at: [{ name: "visit", value: "2" }],
    });
    expect(parse("contrast:arm[FIT]-arm[TAU]")).toMatchObject({ at: [] });
  });

  test("keeps a comma, a hyphen and a bracket that belong to a level", () => {
    expect(parse("mean:arm[a-b]@visit=one, two")).toMatchObject({ level: "a-b", at: [{ value: "one, two" }] });
    expect(parse("contrast:arm[a]b]-arm[c]")).toMatchObject({ level: "a]b", reference: "c" });
  });

  test("tells a group that holds a colon from its terms", () => {
    expect(parse("sd:a:b:x", ["a", "a:b"])).toEqual({ kind: "sd", group: "a:b", terms: ["x"] });
    expect(parse("sd:a:x:z", ["a", "a:b"])).toEqual({ kind: "sd", group: "a", terms: ["x:z"] });
    expect(parse("cor:a:b:(Intercept),x", ["a:b"])).toEqual({
      kind: "correlation",
      group: "a:b",
      terms: ["(Intercept)", "x"],
    });
    expect(parse("sd:g:x")).toMatchObject({ group: "g" });
  });

  test("knows residuals, intracluster correlations and joint tests", () => {
    expect(parse("sd:residual")).toEqual({ kind: "sd-residual", column: null, level: null });
    expect(parse("sd:residual:arm[FIT]")).toEqual({ kind: "sd-residual", column: "arm", level: "FIT" });
    expect(parse("icc:a:b")).toEqual({ kind: "icc", group: "a:b" });
    expect(parse("test:arm:visit")).toEqual({ kind: "test", term: "arm:visit" });
  });

  test("effect sizes and standardised contrasts", () => {
    const arms = { kind: "effect", column: "A", level: "x", reference: "ref" };
    expect(parse("hedges-g:A[x]-A[ref]")).toEqual({ ...arms, at: [] });
    expect(parse("standardised:A[x]-A[ref]@visit=2")).toEqual({ ...arms, at: [{ name: "visit", value: "2" }] });
  });

  test("shows as it stands what it does not know", () => {
    for (const name of ["hedges-g:A[x]", "mean:arm", "contrast:a[x]-b[y]", "nothing"]) {
      expect(parse(name)).toEqual({ kind: "other", text: name });
    }
  });
});

test("terms and settings become labels", () => {
  expect(termLabel("(Intercept)", "Intercept")).toBe("Intercept");
  expect(termLabel("arm[a:b]:I(x:y):month", "")).toBe("arm: a:b × I(x:y) × month");
  expect(settingsLabel([{ name: "month", value: "3" }])).toBe("month 3");
  expect(settingsLabel([{ name: "visit", value: "One year" }])).toBe("One year");
  expect(settingsLabel([])).toBe("");
});

test("a coefficient compares a level with its factor's reference", () => {
  const references = [{ column: "arm", level: "TAU" }];
  expect(comparedArms(parse("coefficient:arm[FIT]"), references)).toEqual({ first: "FIT", second: "TAU" });
  expect(comparedArms(parse("coefficient:sex[F]"), references)).toBeNull();
  expect(comparedArms(parse("coefficient:arm[FIT]:month"), references)).toBeNull();
  expect(comparedArms(parse("contrast:arm[b]-arm[a]"), [])).toEqual({ first: "b", second: "a" });
});

test("risks and ratios, between levels and of a term", () => {
  expect(parse("risk:arm[FIT]")).toEqual({ kind: "risk", column: "arm", level: "FIT" });
  expect(parse("risk-difference:arm[FIT]-arm[TAU]")).toEqual({
    kind: "risk-difference",
    column: "arm",
    level: "FIT",
    reference: "TAU",
  });
  expect(parse("odds-ratio:arm[F/T]/arm[TAU]@visit=2")).toEqual({
    kind: "ratio",
    measure: "odds-ratio",
    column: "arm",
    level: "F/T",
    reference: "TAU",
    at: [{ name: "visit", value: "2" }],
  });
  expect(parse("rate-ratio:arm[FIT]:month")).toEqual({
    kind: "term-ratio",
    measure: "rate-ratio",
    term: "arm[FIT]:month",
  });
  expect(comparedArms(parse("risk-ratio:arm[b]/arm[a]"), [])).toEqual({ first: "b", second: "a" });
  expect(comparedArms(parse("odds-ratio:arm[b]"), [{ column: "arm", level: "a" }])).toEqual({
    first: "b",
    second: "a",
  });
});

test("the numbers among the parts of a term are told from its levels", () => {
  const terms = ["(Intercept)", "arm[a:b]", "factor(visit)[2]:arm[x]", "month", "arm[B]:base:log(month)"];
  expect(terms.map(numericParts)).toEqual([[], [], [], ["month"], ["base", "log(month)"]]);
});

describe("effects of a stepped wedge and of a joint analysis", () => {
  test("of designs, both together and their difference, with the effect that they are of", () => {
    const of = (effect: string, label: string | null = null) => ({ kind: "design-effect", effect, label });
    expect(parse("effect:individual")).toEqual(of("individual"));
    expect(parse("effect:stepped-wedge@12 months")).toEqual(of("stepped-wedge", "12 months"));
    expect(parse("effect:two-stage@a@b")).toEqual(of("two-stage", "a@b"));
    expect(parse("effect:individual-stepped-wedge@overall")).toEqual(of("individual-stepped-wedge", "overall"));
    expect(parse("weight:stepped-wedge@12 months")).toEqual({
      kind: "design-weight",
      design: "stepped-wedge",
      label: "12 months",
    });
    expect(parse("weight:elsewhere")).toEqual({ kind: "other", text: "weight:elsewhere" });
  });

  test("of permutation tests", () => {
    expect(parse("permutation:effect:vertical")).toEqual({ kind: "permutation", effect: "vertical" });
    expect(parse("permutation:else")).toEqual({ kind: "other", text: "permutation:else" });
  });

  test("terms and variances of one design", () => {
    const of = (name: string, groups: string[] = []) => withDesign(parse(name, groups));
    expect(of("coefficient:individual: (Intercept)")).toEqual({
      kind: "coefficient",
      term: "(Intercept)",
      design: "individual",
    });
    expect(of("coefficient:FIT")).toEqual({ kind: "coefficient", term: "FIT" });
    expect(of("sd:unit:stepped-wedge")).toEqual({
      kind: "sd",
      group: "unit",
      terms: ["(Intercept)"],
      design: "stepped-wedge",
    });
    expect(of("sd:unit:stepped-wedge: fit")).toMatchObject({ terms: ["fit"], design: "stepped-wedge" });
    expect(of("sd:residual:individual")).toEqual({
      kind: "sd-residual",
      column: null,
      level: null,
      design: "individual",
    });
    expect(of("sd:residual:individual:FIT")).toMatchObject({ level: "FIT", design: "individual" });
    expect(of("sd:unit:(Intercept)")).toEqual(parse("sd:unit:(Intercept)"));
  });
});

describe("settings with the plan's labels", () => {
  const labels = { month: "months since start" };
  test("a number stands after the label, or after the name without one", () => {
    expect(settingsLabel([{ name: "month", value: "12" }], labels)).toBe("months since start: 12");
    expect(settingsLabel([{ name: "month", value: "12" }])).toBe("month 12");
    expect(settingsLabel([{ name: "sex", value: "man" }], { sex: "Sex" })).toBe("man");
  });
  test("what a joint analysis calls an effect is such a setting, unless the plan calls it something else", () => {
    expect(settingText("month=12", labels)).toBe("months since start: 12");
    expect(settingText("month=12", {})).toBe("month 12");
    expect(settingText("12 months", labels)).toBe("12 months");
    expect(settingText("I(age >= 40)", labels)).toBe("I(age >= 40)");
    expect(termLabel("month=12", "Intercept", labels)).toBe("months since start: 12");
    expect(termLabel("ns(month, 3)[2]", "Intercept", labels)).toBe("months since start, spline: 2");
    expect(termLabel("arm[FIT]:ns(x, 3)[2]", "Intercept")).toBe("arm: FIT × x, spline: 2");
    expect(termLabel("ns(log(month), 3)[2]", "Intercept", labels)).toBe("ns(log(month), 3): 2");
  });
});

test("a grouping factor of several columns has each by the plan's label", () => {
  expect(groupLabel("unit:therapist", { therapist: "therapist as randomised" })).toBe("unit × therapist as randomised");
  expect(groupLabel("unit", {})).toBe("unit");
});
