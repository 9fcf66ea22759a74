import { describe, expect, expectTypeOf, it } from "vitest";
import {
  analysisModels,
  columnOfName,
  type Plan,
  type PlanColumn,
  planJsonSchema,
  trialModels,
} from "../../src/plan/plan.js";
import type { ColumnSpec, Dictionary } from "../../src/table/dictionary.js";

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly const?: unknown;
}

describe("the plan's schema", () => {
  it("gives columns as the table area reads them", () => {
    expectTypeOf<PlanColumn>().toExtend<ColumnSpec>();
    expectTypeOf<Plan["columns"]>().toExtend<Dictionary>();
    expect(Object.keys(analysisModels)).toEqual(expect.arrayContaining(["linear", "mixed", "effect-size"]));
  });

  const schema = planJsonSchema() as JsonSchema & { $schema: string };

  it("is a JSON Schema of draft 2020-12 of what the file may hold", () => {
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema.required).toEqual(["plan", "title", "data", "columns", "analyses"]);
    expect(schema.additionalProperties).toBe(false);
    const models = schema.properties?.["analyses"]?.items?.oneOf ?? [];
    expect(models.map((model) => model.properties?.["model"]?.const)).toEqual([
      ...Object.keys(analysisModels),
      ...Object.keys(trialModels),
    ]);
    const mixed = models.find((model) => model.properties?.["model"]?.const === "mixed");
    expect(mixed?.required).toEqual(["id", "formula", "model"]);
    expect(mixed?.properties?.["df"]).toMatchObject({
      default: "satterthwaite",
      enum: ["satterthwaite", "kenward-roger", "between-within", "residual", "normal"],
    });
  });

  it("describes every key", () => {
    const silent: string[] = [];
    const visit = (part: JsonSchema, path: string): void => {
      for (const [key, value] of Object.entries(part.properties ?? {})) {
        const isTag = value.const !== undefined && path !== "";
        if (!isTag && (value.description ?? "").length < 10) silent.push(`${path}.${key}`);
        visit(value, `${path}.${key}`);
      }
      if (part.items !== undefined) visit(part.items, `${path}[]`);
      if (typeof part.additionalProperties === "object") visit(part.additionalProperties, `${path}.*`);
      part.oneOf?.forEach((option, i) => {
        visit(option, `${path}|${i}`);
      });
    };
    visit(schema, "");
    expect(silent).toEqual([]);
  });
});

describe("columnOfName", () => {
  const plan: Pick<Plan, "columns" | "trial"> = {
    columns: { month: { type: "number" }, period: { type: "number" } },
    trial: { visit: { column: "month" }, period: "wave" },
  };

  it("takes a column before a role, and knows the roles", () => {
    expect(columnOfName(plan, "month")).toBe("month");
    expect(columnOfName(plan, "visit")).toBe("month");
    expect(columnOfName(plan, "period")).toBe("period");
    expect(columnOfName(plan, "arm")).toBeUndefined();
    expect(columnOfName(plan, "toString")).toBeUndefined();
  });
});
