import { describe, expect, test } from "vitest";
import { texts } from "../../src/report/texts.js";

const { en, sv } = texts;

describe("the sentence on the method", () => {
  const parts = {
    model: "mixed",
    criterion: "REML",
    degreesOfFreedom: "kenward-roger",
    standardErrors: "kenward-roger",
    groups: ["clinic", "participant"],
  } as const;

  test("names estimator, degrees of freedom and kind of standard error", () => {
    expect(en.method(parts)).toBe(
      "Linear mixed model with random effects of clinic and participant, fitted by restricted maximum likelihood (REML); t-tests and intervals with Kenward–Roger degrees of freedom and Kenward–Roger adjusted standard errors.",
    );
    expect(sv.method(parts)).toBe(
      "Linjär blandad modell med slumpeffekter för clinic och participant, skattad med begränsad maximum likelihood (REML); t-test och intervall med frihetsgrader enligt Kenward–Roger och medelfel justerade enligt Kenward–Roger.",
    );
  });

  test("of least squares with robust standard errors", () => {
    const robust = {
      model: "linear",
      criterion: null,
      degreesOfFreedom: "residual",
      standardErrors: "HC3",
      groups: [],
    };
    expect(en.method(robust)).toBe(
      "Linear model, fitted by ordinary least squares; t-tests and intervals with residual degrees of freedom and heteroscedasticity-robust standard errors (HC3).",
    );
    expect(sv.method({ ...robust, standardErrors: "CR2" })).toContain("klusterrobusta medelfel (CR2)");
  });

  test("of models with clusters but no random effects", () => {
    const gee = {
      model: "gee",
      criterion: null,
      degreesOfFreedom: "clusters",
      standardErrors: "mancl-derouen",
      groups: [],
      clusters: ["unit"],
      working: { family: "poisson", correlation: "ar1" },
    };
    expect(en.method(gee)).toBe(
      "Marginal model, fitted by generalised estimating equations (poisson, log link, ar1 working correlation); t-tests and intervals with degrees of freedom equal to clusters less coefficients and Mancl–DeRouen corrected sandwich standard errors by unit.",
    );
    expect(sv.method(gee)).toContain("autoregressiv (AR1) arbetskorrelation");
    expect(
      sv.method({ ...gee, model: "logistic", criterion: "ML", standardErrors: "CR2", working: undefined }),
    ).toContain(
      "Logistisk regression, skattad med maximum likelihood (ML); t-test och intervall med frihetsgrader lika med antalet kluster minus antalet koefficienter och klusterrobusta medelfel (CR2) för unit.",
    );
  });

  test("says z-tests when there are no degrees of freedom, and nothing of what it does not know", () => {
    expect(en.method({ ...parts, degreesOfFreedom: "normal" })).toContain("z-tests and intervals from the normal");
    expect(en.method({ model: "new", criterion: "ML", degreesOfFreedom: null, standardErrors: null, groups: [] })).toBe(
      "New, fitted by maximum likelihood (ML).",
    );
  });
});

test("intervals are written with the separator of the language", () => {
  expect(en.figure.estimateWithInterval(-3.1, -6.7, 0.4, 1)).toBe("\u22123.1 [\u22126.7,\u00a00.4]");
  expect(sv.figure.estimateWithInterval(-3.1, -6.7, 0.4, 1)).toBe("\u22123,1 [\u22126,7;\u00a00,4]");
  expect(en.figure.estimateWithInterval(1.25, null, null, 2)).toBe("1.25");
  expect(en.figure.estimateWithInterval(null, null, null, 2)).toBe("–");
});

test("a name that says its unit does not have it twice", () => {
  expect(en.figure.withUnit("bdi", "points")).toBe("bdi (points)");
  expect(en.figure.withUnit("month", "months")).toBe("month");
  expect(en.figure.withUnit("m", "mm")).toBe("m (mm)");
  expect(en.figure.withUnit("bdi", null)).toBe("bdi");
});

test("Swedish says what is better, and interval and percent in its own way", () => {
  expect(sv.outcome("bdi", "lower")).toBe("Utfallsmått: bdi; lägre är bättre.");
  expect(sv.figure.interval(0.95)).toBe("95\u00a0% KI");
  expect(en.figure.interval(0.9)).toBe("90% CI");
});

test("reasons for excluded rows are words", () => {
  expect(en.exclusion("missing", "bdi")).toBe("bdi missing");
  expect(sv.exclusion("missing", "bdi")).toBe("bdi saknas");
  expect(en.exclusion("where", "month > 0")).toBe("not selected (where month > 0)");
  expect(en.exclusion("duplicate", "x")).toBe("duplicate x");
  expect(en.exclusionNote("400", "280", ["bdi missing (120)"])).toBe(
    "Of 400 rows, 280 were used; excluded: bdi missing (120).",
  );
  expect(en.exclusionNote("400", "400", [])).toBe("All 400 rows were used.");
});
