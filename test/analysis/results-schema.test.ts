import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type { Results } from "../../src/analysis/results.js";
import { resultsJsonSchema, resultsSchema } from "../../src/analysis/results-schema.js";

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

const results: Results = {
  results: "fit-rct/1",
  version: "0.1.0",
  seed: 1,
  plan: { title: "t", sha256: "a", locked: false },
  data: [{ name: "data.csv", sha256: "b", rows: 3 }],
  analyses: [
    {
      id: "a",
      model: "linear",
      role: "primary",
      formula: "y ~ 1",
      method: "linear model",
      status: "not-estimated",
      reason: "because",
      reasonSv: "därför",
      problems: [{ code: "fit.x", severity: "warning", message: "m", messageSv: "n" }],
      n: { observations: 3, participants: null, excluded: 0, excludedBy: [], groups: {} },
      fit: null,
      estimates: [],
    },
  ],
};

describe("resultsSchema", () => {
  it("has the type of Results", () => {
    expectTypeOf<z.output<typeof resultsSchema>>().toEqualTypeOf<Mutable<Results>>();
    expect(resultsSchema.parse(results)).toEqual(results);
  });

  it("refuses a number that is a text", () => {
    expect(resultsSchema.safeParse({ ...results, seed: "1" }).success).toBe(false);
  });

  it("gives a JSON Schema with descriptions", () => {
    const schema = resultsJsonSchema() as { $schema: string; properties: Record<string, object> };
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    const keys = [
      "results",
      "version",
      "seed",
      "blind",
      "leftOut",
      "plan",
      "data",
      "problems",
      "analyses",
      "multiplicity",
    ];
    expect(Object.keys(schema.properties)).toEqual(keys);
  });
});
