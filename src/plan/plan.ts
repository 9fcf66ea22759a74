/**
 * The plan file: one definition that gives the types, the checks and the JSON Schema.
 *
 * A new model is one schema object, entered in `analysisModels`, with what the plan format has for it
 * but this version cannot do yet in `notYet`. Text keys that name columns are checked against the
 * plan in check-plan.ts; here only the shape is.
 */
import * as z from "zod";

export const PLAN_FORMAT = "fit-rct/1";

const text = z.string().min(1);
const columnName = text.describe("Name of a column, as the header of the data file has it.");
/** A text that YAML may have read as a number or a boolean: `levels: [0, 1]`. */
const label = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

// ── data and columns ────────────────────────────────────────────────────────────────────────────

const dataSchema = z.strictObject({
  file: text.describe("The data file, relative to the plan: .csv, .tsv or .xlsx, by its ending."),
  missing: z.array(label).default([""]).describe('Texts that mean missing. Default: [""], the empty cell.'),
  delimiter: z
    .exactOptional(z.enum([",", ";", "tab"]))
    .describe("What separates the cells of a text file. Default: found from the header line."),
  decimal: z
    .exactOptional(z.enum([".", ","]))
    .describe("The decimal sign of a text file. Default: found from the delimiter and the numbers."),
  encoding: z
    .exactOptional(z.enum(["utf-8", "windows-1252"]))
    .describe("The encoding of a text file. Default: UTF-8, or Windows-1252 when it is not valid UTF-8."),
  sheet: z.exactOptional(text).describe("The sheet of a workbook. Default: the first."),
});

const everyColumn = {
  label: z.exactOptional(text).describe("What tables and figures call the column. Default: its name."),
  derive: z
    .exactOptional(text)
    .describe("An expression that makes the column from other columns, in Vega's syntax, such as bdi - bdi_pre."),
};

const better = z
  .exactOptional(z.enum(["lower", "higher"]))
  .describe("Which direction is better for the participant; figures say so.");

const columnSchema = z
  .discriminatedUnion("type", [
    z
      .strictObject({ type: z.literal("id"), ...everyColumn })
      .describe('An identifier, kept as written ("007" stays "007"); the levels are those of the data.'),
    z
      .strictObject({
        type: z.literal("factor"),
        levels: z.array(label).min(1).describe("All levels, as texts; the first is the reference."),
        ...everyColumn,
      })
      .describe("A category."),
    z
      .strictObject({
        type: z.literal("number"),
        unit: z.exactOptional(text).describe("The unit, such as months or points."),
        range: z
          .exactOptional(z.tuple([z.number(), z.number()]))
          .describe("Smallest and largest possible value; a value outside is a problem."),
        better,
        ...everyColumn,
      })
      .describe("A number."),
    z.strictObject({ type: z.literal("binary"), better, ...everyColumn }).describe("0 or 1, a number in formulas."),
    z
      .strictObject({ type: z.literal("date"), ...everyColumn })
      .describe("A date, ISO 8601 (2024-09-19); days since 1970-01-01 in formulas."),
  ])
  .describe("How one column is read and checked.");

// ── trial ───────────────────────────────────────────────────────────────────────────────────────

const trialSchema = z
  .strictObject({
    design: z
      .exactOptional(z.enum(["individual", "cluster", "stepped-wedge"]))
      .describe("What was randomised: participants, clusters, or the date on which each cluster begins."),
    participant: z.exactOptional(columnName).describe("The column that identifies participants."),
    arm: z
      .exactOptional(
        z.strictObject({
          column: columnName.describe("The factor that holds the arm."),
          control: label.describe("Its level for the control arm."),
          intervention: label.describe("Its level for the intervention arm."),
        }),
      )
      .describe("The arms that are compared."),
    clusters: z
      .exactOptional(z.array(columnName).min(1))
      .describe("Columns of the clusters that participants belong to, the outermost first."),
    visit: z
      .exactOptional(
        z.strictObject({
          column: columnName.describe("The column that holds the visit."),
          baseline: z.exactOptional(z.union([z.number(), z.string()])).describe("Its value before the start."),
        }),
      )
      .describe("The repeated measurement within a participant."),
    period: z.exactOptional(columnName).describe("The column of a stepped wedge's periods."),
  })
  .describe("Roles of columns; needed by the trial-level analyses, participant counts and the report.");

// ── analyses ────────────────────────────────────────────────────────────────────────────────────

const meansSchema = z
  .strictObject({
    of: columnName.describe("The factor whose levels get a mean each, and differences against its first level."),
    by: z
      .exactOptional(z.array(columnName).min(1))
      .describe(
        "Repeat them for each level of these factors, or for each value in `at`. A role of `trial` is its column.",
      ),
    at: z
      .exactOptional(z.record(text, z.array(z.union([z.number(), z.string()])).min(1)))
      .describe("Values at which columns are held, such as { month: [3, 8] }."),
  })
  .describe("Adjusted means and their differences; covariates at their mean, factors weighted equally.");

/** What every model has beside `model`. */
const everyAnalysis = {
  id: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe("Unique name: lower-case letters, digits and hyphens."),
  title: z.exactOptional(text).describe("Heading in the report. Default: the id."),
  role: z
    .enum(["primary", "secondary", "sensitivity", "exploratory"])
    .default("secondary")
    .describe("Place in the plan. Default: secondary."),
  formula: text.describe("The model, as in R and lme4: bdi ~ treatment * month + (1 | participant)."),
  where: z.exactOptional(text).describe("Rows used, as an expression in Vega's syntax: month > 0."),
  level: z.number().gt(0.5).lt(1).default(0.95).describe("Level of the confidence intervals. Default: 0.95."),
  means: z.exactOptional(meansSchema),
};

const linearSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("linear"),
    vcov: z
      .enum(["classical"])
      .default("classical")
      .describe("Variance of the estimates. Default: classical, equal variances."),
    df: z
      .enum(["residual", "normal"])
      .default("residual")
      .describe("Degrees of freedom of tests and intervals. Default: residual."),
  })
  .describe("Linear model by least squares.");

const mixedSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("mixed"),
    method: z.enum(["REML", "ML"]).default("REML").describe("Restricted or full maximum likelihood. Default: REML."),
    df: z
      .enum(["satterthwaite", "kenward-roger", "between-within", "residual", "normal"])
      .default("satterthwaite")
      .describe("Degrees of freedom of tests and intervals. Default: satterthwaite. kenward-roger needs REML."),
  })
  .describe("Linear mixed model: nested and crossed random effects.");

/** Keys and values of the plan format that this version cannot do yet. */
export interface NotYet {
  readonly keys: readonly string[];
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export const analysisModels = {
  linear: {
    schema: linearSchema,
    notYet: {
      keys: ["cluster"],
      values: { vcov: ["HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "CR2", "CR3"] },
    },
  },
  mixed: {
    schema: mixedSchema,
    notYet: { keys: ["family", "quadrature", "residual-by", "vcov"], values: {} },
  },
} satisfies Record<string, { schema: z.ZodObject; notYet: NotYet }>;

export type ModelName = keyof typeof analysisModels;

/** Models of the plan format that this version cannot fit yet. */
export const modelsNotYet: readonly string[] = [
  "logistic",
  "poisson",
  "mmrm",
  "gee",
  "cox",
  "kaplan-meier",
  "competing-risks",
  "fine-gray",
  "stepped-wedge",
  "effect-size",
];

/** For an analysis whose model is not known: what it shares with all others. */
export const everyAnalysisSchema = z.looseObject(everyAnalysis).partial({ id: true, formula: true });

const analysisSchema = z
  .discriminatedUnion("model", [analysisModels.linear.schema, analysisModels.mixed.schema])
  .describe("One analysis; the keys depend on its model.");

// ── plan ────────────────────────────────────────────────────────────────────────────────────────

export const planSchema = z
  .strictObject({
    plan: z.literal(PLAN_FORMAT).describe("Format and version of the plan file."),
    title: text.describe("Title of the trial or the report."),
    seed: z.exactOptional(z.int().min(0)).describe("Start of everything random; --seed wins over it. Default: 1."),
    registration: z
      .exactOptional(
        z.strictObject({
          registry: z.exactOptional(text).describe("Such as OSF or ClinicalTrials.gov."),
          id: z.exactOptional(label).describe("The number under which the trial is registered."),
          date: z.exactOptional(isoDate).describe("Date of registration, ISO 8601."),
        }),
      )
      .describe("Where the trial and its plan were registered."),
    data: dataSchema.describe("The data file."),
    columns: z
      .record(text, columnSchema)
      .describe("The data dictionary: only these columns are read, and each is checked."),
    trial: z.exactOptional(trialSchema),
    analyses: z.array(analysisSchema).min(1).describe("The analyses, in the order of the report."),
  })
  .describe("Analysis plan of fit-rct.");

export type Plan = z.output<typeof planSchema>;
export type PlanColumn = Plan["columns"][string];
export type Trial = NonNullable<Plan["trial"]>;
export type Analysis = Plan["analyses"][number];
export type LinearAnalysis = z.output<typeof linearSchema>;
export type MixedAnalysis = z.output<typeof mixedSchema>;
export type Means = z.output<typeof meansSchema>;

/** The column that a name means: itself, or, when it is a role of `trial` (`visit`, `period`, …), that role's column. */
export function columnOfName(plan: Pick<Plan, "columns" | "trial">, name: string): string | undefined {
  if (Object.hasOwn(plan.columns, name)) return name;
  const { trial } = plan;
  if (name === "visit") return trial?.visit?.column;
  if (name === "arm") return trial?.arm?.column;
  if (name === "period") return trial?.period;
  if (name === "participant") return trial?.participant;
  return undefined;
}

/** The plan's JSON Schema (draft 2020-12), of what a plan file may hold. */
export const planJsonSchema = (): object => z.toJSONSchema(planSchema, { io: "input", target: "draft-2020-12" });
