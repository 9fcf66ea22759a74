/**
 * The plan file: one definition that gives the types, the checks and the JSON Schema.
 *
 * A new model is one schema object, entered in `analysisModels`, with what the plan format has for it
 * but this version cannot do yet in `notYet`. Text keys that name columns are checked against the
 * plan in check-plan.ts; here only the shape is.
 */
import * as z from "zod";
import { renderName } from "../formula/expression.js";
import { COVARIANCE_STRUCTURES } from "../formula/formula.js";
import { BINOMIAL_LINKS, type BinomialLink } from "../inference/family.js";
import { multiplicityMethods } from "../inference/multiplicity.js";
import { CLUSTER_ROBUST, HETEROSCEDASTICITY_ROBUST, isClusterRobust } from "../inference/robust-variance.js";
import { GEE_VARIANCES } from "../linear/gee.js";
import { WORKING_CORRELATIONS } from "../linear/working-correlation.js";
import type { Caution } from "../problem.js";
import { EXPOSURE_RULES } from "../stepped-wedge/exposure-at-visit.js";
import { VERTICAL_WEIGHTS } from "../stepped-wedge/vertical.js";
import { CLUSTERED_VARIANCES } from "../survival/corrected-sandwich.js";
import { TIME_TRANSFORMS } from "../survival/proportional-hazards.js";
import { SURVIVAL_INTERVALS } from "../survival/survival-interval.js";
import { CHANGE_CLASSES } from "../trial/clinical-change.js";
import type { Blinding } from "./blind-plan.js";
import { type InLanguages, RESULTS_LANGUAGE, textIn } from "./plan-language.js";
import { SAP_ITEMS } from "./sap-items.js";

export const PLAN_FORMAT = "fit-rct/1";

const text = z.string().min(1);
const columnName = text.describe("Name of a column, as the header of the data file has it.");
/** A text that YAML may have read as a number or a boolean: `levels: [0, 1]`. */
const label = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** Text that may be given in each language of the report; read as English, or as the only one (see plan-language.ts). */
const inLanguages = <T extends z.ZodType<string>>(one: T) =>
  z
    .strictObject({ en: z.exactOptional(one), sv: z.exactOptional(one) })
    .refine(({ en, sv }) => en !== undefined || sv !== undefined, "Give the text in a language: en or sv.");
const textOrLanguages = z
  .union([text, inLanguages(text)])
  .transform((one) => (typeof one === "string" ? one : textIn(one, RESULTS_LANGUAGE)));
/** What stands for a level in reports. Names of estimates with it must be told apart from their parts. */
const levelText = z.string().regex(/^[^[\]@:=]+$/, "A label of a level has none of [ ] @ : =.");
const levelLabel = z
  .union([levelText, inLanguages(levelText)])
  .transform((one): InLanguages => (typeof one === "string" ? { [RESULTS_LANGUAGE]: one } : one));
/** A level of a column that an analysis makes: its name in results, and what reports call it. */
const madeLevel = (one: { readonly en: string; readonly sv: string }) =>
  z
    .union([text, inLanguages(levelText)])
    .transform((given) =>
      typeof given === "string"
        ? { level: given, label: {} satisfies InLanguages as InLanguages }
        : { level: textIn(given, RESULTS_LANGUAGE), label: given as InLanguages },
    )
    .prefault(one);
const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

// ── data and columns ────────────────────────────────────────────────────────────────────────────

const dataFile = text.describe("The data file, relative to the plan: .csv, .tsv or .xlsx, by its ending.");

/** How a file is written. */
const fileOptions = {
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
};

const tableSchema = z
  .strictObject({
    file: dataFile,
    ...fileOptions,
    key: z.exactOptional(columnName).describe("The column that tells its rows apart; needed by tables joined with it."),
    join: z
      .record(text, columnName)
      .default({})
      .describe(
        "Tables whose columns each row gets, with the column of this table that holds their key: { clients: client }.",
      ),
  })
  .describe("One of several data files.");

const dataSchema = z.strictObject({
  file: z.exactOptional(dataFile),
  tables: z
    .exactOptional(z.record(text, tableSchema))
    .describe("Several data files by the names that analyses call them; the first is that of analyses that name none."),
  missing: z.array(label).default([""]).describe('Texts that mean missing. Default: [""], the empty cell.'),
  ...fileOptions,
});

const summarySchema = z
  .strictObject({
    table: z.exactOptional(text).describe("The one of data.tables whose rows are summarised. Default: the first."),
    value: z.exactOptional(columnName).describe("The column that is summarised; not needed for a count."),
    where: z.exactOptional(text).describe("The rows that count, in Vega's syntax: month == 0."),
    take: z
      .enum(["one", "first", "last", "mean", "sum", "min", "max", "count"])
      .describe("What is taken of these rows. one: there may be no more than one."),
    order: z.exactOptional(columnName).describe("What first and last go by. Default: the order of the rows."),
    per: z.exactOptional(columnName).describe("What there is one value for each of. Default: trial.participant."),
  })
  .describe("Makes the column from each participant's rows: { value: ors, where: month == 0, take: one }.");

const twoNumbers = z.tuple([z.number(), z.number()]);
const atCutoff = z
  .exactOptional(z.enum(["clinical", "functional"]))
  .describe("Which range a score on the cut-off is in. Default: the instrument's.");
const reliability = z.exactOptional(z.number().min(0).lt(1));
const points = z.exactOptional(z.number().gt(0));

const scoreSchema = z
  .strictObject({
    instrument: z.exactOptional(text).describe("An instrument that says how its items are scored."),
    items: z.array(columnName).min(1).describe("The columns of the items, in the order of the instrument."),
    of: z.exactOptional(z.enum(["sum", "mean"])).describe("Default: the instrument's, or sum."),
    reversed: z.exactOptional(z.array(columnName)).describe("Those of the items that are reversed."),
    range: z.exactOptional(twoNumbers).describe("Lowest and highest answer of an item, for reversed items."),
    missing: z
      .exactOptional(
        z.strictObject({
          allow: z.int().min(0).describe("Most items that may be missing."),
          rule: z.literal("prorate").describe("The mean of the others stands for them."),
        }),
      )
      .describe("Default: the instrument's, or no score where an item is missing."),
  })
  .describe("Makes the column the score of items.");

const classifySchema = z
  .strictObject({
    instrument: text.describe("One of the registry, or of instruments."),
    before: columnName.describe("The score before."),
    after: columnName.describe("The score after, in the same row."),
    sd: z.exactOptional(z.number().gt(0)).describe("SD of the score, for reliable change."),
    "sd-after": z.exactOptional(z.number().gt(0)).describe("SD of the score after. Default: sd."),
    reliability: reliability.describe("Reliability of the score; with null: retest its retest correlation."),
    null: z
      .exactOptional(z.enum(["measurement-error", "retest"]))
      .describe("What no change looks like. Default: measurement-error."),
    critical: z.exactOptional(z.number().gt(0)).describe("Critical value, standard normal. Default: 1.96."),
    points: points.describe("The least change that is reliable, instead of SD and reliability."),
    cutoff: z
      .exactOptional(
        z.union([
          z.number(),
          z.strictObject({ by: columnName, levels: z.record(text, z.union([z.number(), z.string()])) }),
        ]),
      )
      .describe(
        "Where the clinical range ends: a number, or one for each level of a factor: { by: sex, levels: { man: men, kvinna: women, annat: 1.23 } }. Default: the instrument's.",
      ),
    "at-cutoff": atCutoff,
    "functional-start": z
      .exactOptional(z.enum(["own-class", "by-change"]))
      .describe(
        "Those who began in the functional range: a class of their own, or by their change. Default: own-class.",
      ),
    is: z.exactOptional(z.array(z.enum(CHANGE_CLASSES)).min(1)).describe("Of a binary column: the classes that are 1."),
  })
  .describe("Makes the column the class of the change between two scores (Jacobson and Truax).");

const everyColumn = {
  table: z
    .exactOptional(text)
    .describe("The one of data.tables that the column is of, where several files have one by this name."),
  label: z
    .exactOptional(textOrLanguages)
    .describe("What tables and figures call the column; in two languages: { en: age, sv: ålder }. Default: its name."),
  derive: z
    .exactOptional(text)
    .describe("An expression that makes the column from other columns, in Vega's syntax, such as bdi - bdi_pre."),
  summarise: z.exactOptional(summarySchema),
  score: z.exactOptional(scoreSchema),
  classify: z.exactOptional(classifySchema),
};

const populationSchema = z
  .strictObject({
    label: z
      .exactOptional(textOrLanguages)
      .describe("What the report calls it; in two languages: { en: per protocol, sv: … }. Default: its name."),
    arm: z
      .enum(["randomised", "received"])
      .default("randomised")
      .describe("The arm by which participants are analysed; received: that of trial.received. Default: randomised."),
    exclude: z
      .array(
        z.strictObject({
          where: text.describe("Rows that are excluded, as an expression in Vega's syntax: sessions_n < 3."),
          reason: textOrLanguages.describe("In words, as the flow table shows it; in two languages: { en: …, sv: … }."),
        }),
      )
      .min(1)
      .default([])
      .describe("Rules; a row is counted under the first that applies. Needed but for a population by arm received."),
  })
  .refine(({ arm, exclude }) => arm === "received" || exclude.length > 0, "Give the rules: exclude.")
  .describe("A set of participants that analyses can be restricted to.");

const instrumentSchema = z
  .strictObject({
    title: z.exactOptional(textOrLanguages).describe("What it is called in full; in two languages: { en: …, sv: … }."),
    range: z.exactOptional(twoNumbers).describe("Smallest and largest possible score."),
    better: z.exactOptional(z.enum(["lower", "higher"])).describe("Which direction is better."),
    cutoff: z
      .exactOptional(z.union([z.number(), z.record(text, z.number())]))
      .describe("Where the clinical range ends: a number, or one for each group: { men: 1.2, women: 1.26 }."),
    "at-cutoff": atCutoff,
    sd: z.exactOptional(z.number().gt(0)).describe("SD of the score, for reliable change."),
    reliability: reliability.describe("Reliability of the score, for reliable change."),
    points: points.describe("The least change that is reliable, instead of SD and reliability."),
    items: z
      .exactOptional(
        z.strictObject({
          count: z.int().min(1).describe("How many items."),
          range: twoNumbers.describe("Lowest and highest answer."),
          of: z.enum(["sum", "mean"]).describe("What the score is of the items."),
          reversed: z.exactOptional(z.array(z.int().min(1))).describe("Numbers of the reversed items, from 1."),
          "allow-missing": z.exactOptional(z.int().min(0)).describe("Most items that may be missing. Default: 0."),
        }),
      )
      .describe("How items become a score."),
    source: text.describe("Where the numbers are from."),
  })
  .describe("An instrument that the registry has not, or other numbers for one that it has.");

const better = z
  .exactOptional(z.enum(["lower", "higher"]))
  .describe("Which direction is better for the participant; figures say so.");

export const columnSchema = z
  .discriminatedUnion("type", [
    z
      .strictObject({ type: z.literal("id"), ...everyColumn })
      .describe('An identifier, kept as written ("007" stays "007"); the levels are those of the data.'),
    z
      .strictObject({
        type: z.literal("factor"),
        levels: z.array(label).min(1).describe("All levels, as texts; the first is the reference."),
        "level-labels": z
          .exactOptional(z.record(text, levelLabel))
          .describe(
            "What tables and figures call the levels; in two languages: { kvinna: { en: woman, sv: kvinna } }. Results have the levels. Default: the levels.",
          ),
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

/** For a column whose type is not known: what every column may have. */
export const everyColumnSchema = z.looseObject(everyColumn);

// ── trial ───────────────────────────────────────────────────────────────────────────────────────

const trialSchema = z
  .strictObject({
    design: z
      .exactOptional(z.enum(["individual", "cluster", "stepped-wedge", "joint"]))
      .describe(
        "What was randomised: participants, clusters, or the date on which each cluster begins; joint: some clusters by each of the first and the last, told apart by `designs`.",
      ),
    designs: z
      .exactOptional(
        z.strictObject({
          column: columnName.describe("The factor that holds the design."),
          individual: label.describe("Its level where participants were randomised."),
          "stepped-wedge": label.describe("Its level where clusters switch on a randomised date."),
        }),
      )
      .describe("Where a joint trial has which design."),
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
    staff: z
      .exactOptional(
        z.strictObject({
          column: columnName.describe("The column that identifies members of staff: one of the clusters."),
          arm: columnName.describe("The factor that holds a member's arm."),
        }),
      )
      .describe("Staff that belong to an arm."),
    received: z
      .exactOptional(z.record(text, columnName))
      .describe(
        "By column as randomised the column of what the participant got in the end: { therapist: therapist_last, arm: arm_received }. Changes are counted; participants are analysed as randomised.",
      ),
    dates: z
      .exactOptional(
        z.strictObject({
          randomised: z.exactOptional(columnName).describe("When the participant was randomised or enrolled."),
          visited: z.exactOptional(columnName).describe("When a visit was made."),
          session: z.exactOptional(columnName).describe("When a session was held."),
          ended: z.exactOptional(columnName).describe("When the participant's contact ended."),
        }),
      )
      .describe("Dates that must agree with each other."),
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

/** What every analysis has beside `model`. */
const everyAnalysis = {
  id: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe("Unique name: lower-case letters, digits and hyphens."),
  title: z
    .exactOptional(textOrLanguages)
    .describe("Heading in the report; in two languages: { en: …, sv: … }. Default: the id."),
  role: z
    .enum(["primary", "secondary", "sensitivity", "exploratory"])
    .default("secondary")
    .describe("Place in the plan. Default: secondary."),
  table: z.exactOptional(text).describe("The one of data.tables whose rows are analysed. Default: the first."),
  where: z.exactOptional(text).describe("Rows used, as an expression in Vega's syntax: month > 0."),
  population: z
    .exactOptional(text)
    .describe("One of populations. Default: everybody as randomised (intention to treat)."),
  level: z.number().gt(0.5).lt(1).default(0.95).describe("Level of the confidence intervals. Default: 0.95."),
};

/** What every analysis with a formula has. */
const formulaAnalysis = {
  ...everyAnalysis,
  formula: text.describe("The model, as in R and lme4: bdi ~ treatment * month + (1 | participant)."),
  means: z.exactOptional(meansSchema),
};

/** Of models whose contrasts are differences of means. */
const standardised = {
  standardise: z
    .exactOptional(z.enum(["baseline", "total", "control", "residual"]))
    .describe(
      "Give each difference of adjusted means in standard deviations too: of the outcome at baseline or (total) where the difference is, pooled within arms; of the control arm; or of the model's residual.",
    ),
  baseline: z
    .exactOptional(columnName)
    .describe("For standardise: baseline, the column of the baseline. Default: the outcome at trial.visit.baseline."),
};

/** Of models by least squares and maximum likelihood without random effects. */
const robust = {
  vcov: z
    .enum(["classical", ...HETEROSCEDASTICITY_ROBUST, ...CLUSTER_ROBUST])
    .default("classical")
    .describe(
      "Variance of the estimates: classical, from the model; HC0 to HC3, robust to unequal variances; CR0 to CR3, to dependence within clusters. Default: classical.",
    ),
  cluster: z.exactOptional(columnName).describe("The clusters of CR0 to CR3."),
  df: z
    .exactOptional(z.enum(["residual", "normal", "satterthwaite"]))
    .describe(
      "Degrees of freedom of tests and intervals. Default: satterthwaite with CR0 to CR3; else residual in a linear model and normal in others.",
    ),
};

/** Of linear mixed models. */
const mixedRobust = {
  vcov: z
    .enum(["model", "CR0", "CR1", "CR2", "CR3"])
    .default("model")
    .describe(
      "Variance of the fixed effects: from the model, or robust to dependence within clusters, the fitted covariance as working covariance (CR0 to CR3; gaussian only). With these, satterthwaite is Bell and McCaffrey's. Default: model.",
    ),
  cluster: z
    .exactOptional(columnName)
    .describe(
      "The clusters of CR0 to CR3; none may split a level of a random effect or a participant of mmrm. Default: the outermost grouping factor.",
    ),
};

const risksSchema = z
  .strictObject({ of: columnName.describe("The factor whose levels are compared, each with the first.") })
  .describe("Standardised risks of each level by g-computation, with their differences and ratios.");

const linkSchema = z
  .exactOptional(z.enum(BINOMIAL_LINKS))
  .describe(
    "Of a binary outcome: logit, or cloglog, the complementary log-log link. With one row for each period until an event cloglog is the proportional hazards model in discrete time. Default: logit.",
  );

const linearSchema = z
  .strictObject({
    ...formulaAnalysis,
    ...standardised,
    ...robust,
    model: z.literal("linear"),
  })
  .describe("Linear model by least squares.");

const logisticSchema = z
  .strictObject({
    ...formulaAnalysis,
    ...robust,
    model: z.literal("logistic"),
    link: linkSchema,
    risks: z.exactOptional(risksSchema),
  })
  .describe("Logistic regression of a 0/1 outcome, or complementary log-log, by maximum likelihood.");

const poissonSchema = z
  .strictObject({ ...formulaAnalysis, ...robust, model: z.literal("poisson") })
  .describe("Poisson regression of a count by maximum likelihood.");

const geeSchema = z
  .strictObject({
    ...formulaAnalysis,
    model: z.literal("gee"),
    family: z
      .enum(["gaussian", "binomial", "poisson"])
      .describe("Distribution of the outcome, with its canonical link."),
    cluster: columnName.describe("The clusters, within which outcomes are correlated."),
    correlation: z.enum(WORKING_CORRELATIONS).describe("Working correlation within a cluster."),
    visit: z
      .exactOptional(columnName)
      .describe(
        "For ar1 and unstructured: what orders the rows of a cluster. Default: trial.visit when the cluster is trial.participant, else the order of the rows.",
      ),
    vcov: z
      .enum(GEE_VARIANCES)
      .default("robust")
      .describe(
        "Variance of the estimates: the sandwich, or one of its corrections for few clusters. Default: robust.",
      ),
    df: z
      .enum(["normal", "clusters"])
      .default("normal")
      .describe("Degrees of freedom of tests and intervals; clusters: clusters less coefficients. Default: normal."),
    risks: z.exactOptional(risksSchema),
  })
  .describe("Marginal model by generalised estimating equations.");

const mixedSchema = z
  .strictObject({
    ...formulaAnalysis,
    ...standardised,
    ...mixedRobust,
    model: z.literal("mixed"),
    method: z
      .enum(["REML", "ML"])
      .default("REML")
      .describe("Restricted or full maximum likelihood. Default: REML; ML, the only one, when family is not gaussian."),
    df: z
      .enum(["satterthwaite", "kenward-roger", "between-within", "residual", "normal"])
      .default("satterthwaite")
      .describe(
        "Degrees of freedom of tests and intervals. Default: satterthwaite; normal, the only one, when family is not gaussian. kenward-roger needs REML.",
      ),
    family: z
      .enum(["gaussian", "binomial", "poisson"])
      .default("gaussian")
      .describe(
        "Distribution of the outcome: gaussian, binomial (0/1, logit link) or poisson (log link). Default: gaussian.",
      ),
    link: linkSchema,
    quadrature: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe(
        "For binomial and poisson: points of adaptive Gauss-Hermite quadrature; several need one random term with one effect per level. Default: 1, Laplace's approximation.",
      ),
    "residual-by": z
      .exactOptional(columnName)
      .describe("A factor (or 0/1 column): each of its levels gets a residual variance of its own. Gaussian only."),
    interval: z
      .enum(["wald", "profile"])
      .default("wald")
      .describe(
        "Intervals of coefficients and standard deviations: from their standard errors, or by profile likelihood (ML). Default: wald.",
      ),
    risks: z.exactOptional(risksSchema),
    compare: z
      .exactOptional(text)
      .describe(
        "Id of an analysis with a smaller model of the same rows, nested in this one: adds their likelihood-ratio test. REML fits whose fixed effects differ are refitted by ML.",
      ),
  })
  .describe("Mixed model: nested and crossed random effects; linear, logistic or Poisson.");

const mmrmSchema = z
  .strictObject({
    ...formulaAnalysis,
    ...standardised,
    ...mixedRobust,
    model: z.literal("mmrm"),
    method: z.enum(["REML", "ML"]).default("REML").describe("Restricted or full maximum likelihood. Default: REML."),
    df: z
      .enum(["satterthwaite", "kenward-roger", "between-within", "residual", "normal"])
      .default("satterthwaite")
      .describe("Degrees of freedom of tests and intervals. Default: satterthwaite. kenward-roger needs REML."),
    fallback: z
      .exactOptional(z.array(z.enum(COVARIANCE_STRUCTURES)).min(1))
      .describe(
        "Covariance structures to try, in this order, when that of the formula cannot be fitted: [toeph, ar1h, cs].",
      ),
  })
  .describe(
    "Mixed model for repeated measures: a covariance matrix over the visits of each participant, us(visit | participant), with or without random terms.",
  );

const effectSizeSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("effect-size"),
    outcome: columnName.describe(
      "A number, for differences of means, raw and standardised; or binary (0/1), for differences and ratios of risks.",
    ),
    by: columnName.describe("The factor whose levels are compared, each with the first."),
  })
  .describe("Effect sizes of the rows as they are, without a model.");

const visitValue = z.union([z.number(), z.string()]);

const participantFlowSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("participant-flow"),
    outcome: columnName.describe("The primary outcome: a visit counts as assessed when it has one."),
    primary: visitValue.describe("The visit of the primary effect."),
    visits: z.exactOptional(z.array(visitValue).min(1)).describe("The visits shown. Default: all that the data have."),
    ending: z.exactOptional(columnName).describe("The factor that says how the contact ended."),
    reasons: z
      .exactOptional(columnName)
      .describe("The factor that says why the primary outcome is missing at the primary visit. Default: ending."),
    "not-received": z
      .exactOptional(columnName)
      .describe("The factor that says why a participant did not receive the allocated arm. Default: none."),
  })
  .describe(
    "The flow of participants, as CONSORT asks for it: clusters, staff and participants of each arm and design, assessed, ended and analysed; no model.",
  );

const baselineTableSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("baseline-table"),
    variables: z
      .array(columnName)
      .min(1)
      .describe("Columns of type number, factor or binary, in the order of the table."),
    total: z.boolean().default(false).describe("A column of all participants too. Default: false."),
    "standardised-differences": z
      .boolean()
      .default(false)
      .describe("Differences between the arms in standard deviations. Default: false."),
  })
  .describe("The participants of each arm and design at baseline; means, medians, counts, never p-values.");

const agreementSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("agreement"),
    columns: z
      .array(columnName)
      .min(2)
      .describe("The definitions, one row for each participant: binary columns, or factors of the same levels."),
  })
  .describe("Agreement of definitions of the same thing: cross-tables and Cohen's kappa of each pair.");

/** What makes a subgroup effect credible, after ICEMAN (Schandelmaier et al. 2020, CMAJ 192:E901-E906). */
const credibility = {
  prespecified: z
    .exactOptional(z.boolean())
    .describe("Whether the moderator was named before the data were seen. Default: not said."),
  direction: z
    .exactOptional(textOrLanguages)
    .describe(
      "The direction that was expected, in words: larger effect with lower ORS at the start; in two languages: { en: …, sv: … }.",
    ),
  evidence: z
    .exactOptional(textOrLanguages)
    .describe("Earlier evidence for it, in words, with its source; in two languages: { en: …, sv: … }."),
};

const moderatorSchema = z.strictObject({
  column: columnName.describe("A factor, a 0/1 column or a number that is known before the outcome."),
  at: z
    .exactOptional(z.array(z.number()).min(1))
    .describe("Of a number: the values at which the effect is shown. Default: its quartiles over the participants."),
  ...credibility,
});

const riskSchema = z.strictObject({
  outcome: columnName.describe("What is predicted, one value for each participant: a 0/1 column, or a number."),
  predictors: z.array(text).min(1).describe("Terms known at the start: [ors_0, age, sex]."),
  folds: z
    .int()
    .min(2)
    .max(20)
    .default(10)
    .describe("Parts of the clients of each unit; each part is predicted from the others. Default: 10."),
  "fitted-in": z
    .enum(["both", "control"])
    .default("both")
    .describe(
      "The arms that the model of risk is fitted to, without a term for the arm. Default: both (PATH statement); control overfits the controls.",
    ),
  ...credibility,
});

const moderationSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("moderation"),
    formula: text.describe(
      "The linear mixed model without the moderators: ors ~ ors_0 + arm + (1 | unit / therapist).",
    ),
    effect: columnName.describe("The factor whose effect may differ: the arm."),
    at: z
      .record(text, z.array(z.union([z.number(), z.string()])).min(1))
      .default({})
      .describe("Values of columns of the formula at which effects are shown: { month: [12] }."),
    alongside: z
      .array(text)
      .default([])
      .describe("Terms that each moderator is in an interaction with beside the effect: [factor(month)]."),
    moderators: z.array(moderatorSchema).default([]).describe("Each in a model of its own. Default: none."),
    risk: z
      .exactOptional(riskSchema)
      .describe("A moderator that is not measured but predicted from baseline, cross-fitted within units."),
    naive: z
      .exactOptional(
        z.strictObject({
          measured: columnName.describe(
            "The measurement by which the clients were selected, which each arm must have.",
          ),
        }),
      )
      .describe("The rows were selected by what the treatment may have changed: the result is stamped naive."),
    df: z
      .enum(["satterthwaite", "kenward-roger"])
      .default("kenward-roger")
      .describe("Degrees of freedom of tests and intervals. Default: kenward-roger."),
  })
  .describe(
    "Does the effect depend on something? One interaction test for each moderator, and effects at its levels without tests of their own.",
  );

/** The classes of a definition, in order; none of a column that has no classes. */
export function agreementLevels(column: z.output<typeof columnSchema>): readonly string[] {
  if (column.type === "binary") return ["0", "1"];
  return column.type === "factor" ? column.levels : [];
}

const steppedWedgeSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("stepped-wedge"),
    outcome: columnName.describe("The outcome: a number, 0/1 for binomial, a count for poisson."),
    cluster: z.exactOptional(columnName).describe("The units that switch. Default: the outermost of trial.clusters."),
    period: z
      .exactOptional(columnName)
      .describe("The calendar periods: a number, or a factor with its levels in order. Default: trial.period."),
    treated: z
      .exactOptional(columnName)
      .describe("1 after the switch of the unit, 0 before: a binary column. Instead of it: exposure."),
    exposure: z
      .exactOptional(
        z.strictObject({
          rule: z
            .enum(EXPOSURE_RULES)
            .describe(
              "Visits after the switch of clients enrolled before it: enrolment, they stay controls (treatment policy); at-visit, they count as treated; censored, they are left out (hypothetical).",
            ),
          enrolled: columnName.describe("Date, or period, in which the client was enrolled."),
          visited: columnName.describe("Date, or period, of the visit that the row is of."),
          switch: columnName.describe(
            "Date, or period, from which the unit is treated; empty when it did not switch. The unit switches in the first period that has a date on or after it.",
          ),
        }),
      )
      .describe("Who is treated, worked out from dates (or periods), when follow-up may pass the switch of the unit."),
    transition: z
      .exactOptional(z.int().min(1))
      .describe("Periods from the switch of each unit on that are left out, and counted. Default: none."),
    time: z
      .exactOptional(columnName)
      .describe(
        "Continuous calendar time, in the unit of the periods, with continuous recruitment: linear and spline period effects, and the distance of decay, are then in it.",
      ),
    family: z
      .enum(["gaussian", "binomial", "poisson"])
      .default("gaussian")
      .describe("Distribution of the outcome, with its canonical link. Default: gaussian."),
    "period-effects": z
      .enum(["categorical", "linear", "spline"])
      .default("categorical")
      .describe("Calendar time: an effect of each period, a straight line, or a natural spline. Default: categorical."),
    "period-df": z.exactOptional(z.int().min(2).max(20)).describe("Columns of the spline over periods. Default: 3."),
    effect: z
      .enum(["immediate", "exposure-time", "exposure-spline", "random-exposure"])
      .default("immediate")
      .describe(
        "How the effect depends on the periods since the switch: not at all; freely; as a natural spline; or with random deviations of each exposure time from a mean effect. Default: immediate.",
      ),
    "exposure-df": z
      .exactOptional(z.int().min(2).max(20))
      .describe("Parameters of the spline over exposure times. Default: 3."),
    correlation: z
      .enum(["exchangeable", "nested-exchangeable", "decay"])
      .default("nested-exchangeable")
      .describe(
        "Within a unit: the same between all rows (Hussey and Hughes); one within and another between periods; or decaying with the distance between periods. Default: nested-exchangeable.",
      ),
    "cluster-effects": z
      .enum(["random", "fixed"])
      .default("random")
      .describe("Units as random effects, or as fixed ones (a sensitivity analysis). Default: random."),
    "random-treatment": z
      .boolean()
      .default(false)
      .describe("The effect varies between units, independently of their level. Default: false."),
    participant: z
      .exactOptional(columnName)
      .describe("Cohorts, closed or open: the column of the clients, who get a random effect each. Default: none."),
    random: z
      .exactOptional(z.array(columnName).min(1))
      .describe("Further random effects within units, such as [therapist]."),
    covariates: z
      .exactOptional(z.array(text).min(1))
      .describe("Further fixed effects, each a term of a formula: [age, log(income)]."),
    method: z
      .exactOptional(z.enum(["REML", "ML"]))
      .describe("Restricted or full maximum likelihood. Default: REML; ML, the only one, when family is not gaussian."),
    df: z
      .exactOptional(z.enum(["kenward-roger", "satterthwaite", "cr3", "mancl-derouen", "residual", "normal"]))
      .describe(
        "What the effects' standard errors and degrees of freedom are; cr3 and mancl-derouen are cluster-robust, with t(units − 2). Default: kenward-roger (satterthwaite with ML); normal when family is not gaussian.",
      ),
    inference: z
      .exactOptional(z.array(z.enum(["kenward-roger", "satterthwaite", "cr3", "mancl-derouen", "normal"])))
      .describe(
        "Shown beside, as effect:…@KIND. Default: all that the family has: kenward-roger, satterthwaite and cr3, or normal and mancl-derouen.",
      ),
    vertical: z
      .exactOptional(z.enum(VERTICAL_WEIGHTS))
      .describe(
        "Also compares treated and control units within each period, without a model (effect:vertical). The periods weigh by numbers of units (sizes), or by these and the variance within the period (variance). Gaussian only.",
      ),
    permutation: z
      .exactOptional(
        z.strictObject({
          statistic: z
            .enum(["model", "vertical"])
            .default("model")
            .describe(
              "What is compared. model: the immediate effect by the model, fitted again for each assignment; when family is not gaussian, its score at the model without treatment. vertical: the effect within periods (gaussian, without exposure). Default: model.",
            ),
          replicates: z
            .int()
            .min(99)
            .max(1_000_000)
            .default(1000)
            .describe("Assignments drawn. At most 10 000 possible ones are all used instead. Default: 1000."),
          interval: z.boolean().default(true).describe("Whether to find the interval of the test too. Default: true."),
          stratify: z
            .exactOptional(columnName)
            .describe("The strata within which units were randomised to sequences. Default: none."),
        }),
      )
      .describe("Permutation inference: units to sequences, as often as each sequence was used, within strata."),
  })
  .describe("Stepped wedge: a mixed model with calendar periods and the effect of the switch.");

/** What every analysis of time to an event has. */
const survivalAnalysis = {
  ...everyAnalysis,
  formula: text.describe("The model, as in R: Surv(time, event) ~ arm, or Surv(start, stop, event) ~ arm."),
  censored: z.exactOptional(label).describe("Of a factor event: the level that is censoring; the others are causes."),
  weights: z.exactOptional(columnName).describe("The column of case weights, above 0. Default: every row counts once."),
  participant: z
    .exactOptional(columnName)
    .describe(
      "The column that says which rows are of one participant, who may not be observed twice at a time. Default: trial.participant.",
    ),
};

const probability = z.number().gt(0).lt(1);
const instant = z.number().positive();

const kaplanMeierSchema = z
  .strictObject({
    ...survivalAnalysis,
    model: z.literal("kaplan-meier"),
    ci: z
      .enum(SURVIVAL_INTERVALS)
      .default("log-log")
      .describe("Scale on which intervals of survival are symmetric. Default: log-log."),
    times: z
      .array(z.number().min(0))
      .default([])
      .describe("Times at which survival is given, in the unit of the time. Default: none."),
    quantiles: z
      .array(probability)
      .default([0.5])
      .describe("Shares with the event whose times are given: 0.5 is the median. Default: [0.5]."),
    rmst: z
      .exactOptional(z.union([instant, z.array(instant).min(1)]))
      .describe("Horizons of the restricted mean survival time. Default: none."),
    rho: z
      .number()
      .min(0)
      .max(10)
      .default(0)
      .describe(
        "The test's weights are the survival just before each event, to this power: 0 is the log-rank test, 1 Peto and Peto's. Default: 0.",
      ),
  })
  .describe("Kaplan-Meier estimates of survival, and the (stratified) log-rank test between groups.");

const jointSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("joint"),
    individual: text.describe(
      "Id of the analysis of design A, participants randomised within clusters: model mixed, gaussian, or stepped-wedge.",
    ),
    "stepped-wedge": text.describe(
      "Id of the analysis of design B: model stepped-wedge (gaussian, not decay) or mixed. No row may be in both.",
    ),
    effects: z
      .record(
        text,
        z.strictObject({
          individual: text.describe("The coefficient of analysis A that is the effect: arm[FIT]."),
          "stepped-wedge": text.describe("The coefficient of analysis B that is the effect: treated."),
        }),
      )
      .refine(
        (effects) => Object.keys(effects).length > 0,
        "Name at least one effect: { FIT: { individual: arm[FIT], stepped-wedge: treated } }.",
      )
      .describe("The effects that both designs have in common, by name; several, such as one a visit, get a mean too."),
    method: z.enum(["REML", "ML"]).default("REML").describe("Restricted or full maximum likelihood. Default: REML."),
    df: z
      .enum(["satterthwaite", "kenward-roger", "normal"])
      .default("kenward-roger")
      .describe("Degrees of freedom of tests and intervals. Default: kenward-roger."),
    standardise: z
      .exactOptional(z.literal("baseline"))
      .describe("Give the effects in standard deviations of the baseline too, pooled over arms and designs."),
    baseline: z.exactOptional(columnName).describe("For standardise: the column of the baseline."),
  })
  .describe("One effect from designs A and B together, in one stage and in two, beside each design's own.");

const sinceStart = z.number().min(0);

const competingRisksSchema = z
  .strictObject({
    ...survivalAnalysis,
    model: z.literal("competing-risks"),
    ci: z
      .enum(SURVIVAL_INTERVALS)
      .default("log-log")
      .describe("Scale on which intervals of incidences are symmetric: log(-log F), log F or F. Default: log-log."),
    times: z
      .array(sinceStart)
      .default([])
      .describe("Times at which incidences are given, in the unit of the time. Default: none."),
    rmtl: z
      .exactOptional(z.union([instant, z.array(instant).min(1)]))
      .describe("Horizons of the restricted mean time lost to each cause. Default: none."),
    rho: z
      .number()
      .min(0)
      .max(10)
      .default(0)
      .describe(
        "Gray's test weighs each event by the share still without it, to this power; 0 weighs all alike. Default: 0.",
      ),
  })
  .describe("Cumulative incidence of competing causes (Aalen-Johansen), and Gray's test of each cause between groups.");

const fineGraySchema = z
  .strictObject({
    ...survivalAnalysis,
    model: z.literal("fine-gray"),
    event: label.describe("The level of the event column that is the event of interest; the others compete with it."),
    vcov: z
      .enum(CLUSTERED_VARIANCES)
      .default("robust")
      .describe(
        "Variance of the coefficients: the sandwich, by the clusters of cluster(), or one of its corrections for few clusters. Default: robust.",
      ),
    df: z
      .enum(["normal", "clusters"])
      .default("normal")
      .describe("Degrees of freedom of tests and intervals; clusters: clusters less coefficients. Default: normal."),
    "censoring-strata": z
      .exactOptional(columnName)
      .describe("A factor or id: each level has its own distribution of censoring. Default: one for all."),
    "cause-specific": z
      .boolean()
      .default(true)
      .describe("Show hazard ratios of cause-specific Cox models of every cause beside. Default: true."),
    times: z
      .array(instant)
      .default([])
      .describe("Times at which the predicted incidence is given, in the unit of the time. Default: none."),
    of: z
      .exactOptional(columnName)
      .describe(
        "For times: the factor for each of whose levels incidence is predicted; covariates at their mean, other factors weighted equally. Default: trial.arm, where the formula has it.",
      ),
  })
  .describe("Fine-Gray model: proportional hazards of the subdistribution of one cause among competing ones.");

const predictSchema = z
  .strictObject({
    of: columnName.describe("The factor whose levels get a curve each."),
    at: z
      .exactOptional(z.record(text, z.array(z.union([z.number(), z.string()])).min(1)))
      .describe("Values at which columns are held, such as { age: [40] }; others at their mean."),
    times: z.array(z.number().min(0)).default([]).describe("Times at which survival is given. Default: none."),
  })
  .describe("Survival that the model predicts for each level of a factor, and its curve.");

const coxSchema = z
  .strictObject({
    ...survivalAnalysis,
    model: z.literal("cox"),
    ties: z
      .enum(["efron", "breslow"])
      .default("efron")
      .describe("How events at the same time share those at risk. Default: efron."),
    event: z
      .exactOptional(label)
      .describe(
        "Of a factor event: the level that is modelled; the others are censored at their time (cause-specific hazard).",
      ),
    vcov: z
      .exactOptional(z.enum(["model", ...CLUSTERED_VARIANCES]))
      .describe(
        "Variance of the coefficients: from the model; robust, by cluster(), else by participant or row; or robust by cluster() with a correction for few clusters. Default: robust with cluster(), else model.",
      ),
    df: z
      .enum(["normal", "clusters"])
      .default("normal")
      .describe("Degrees of freedom of tests and intervals; clusters: clusters less coefficients. Default: normal."),
    transform: z
      .enum(TIME_TRANSFORMS)
      .default("km")
      .describe(
        "The function of time against which proportional hazards are tested: km (1 less Kaplan-Meier), rank, identity or log. Default: km.",
      ),
    means: z
      .exactOptional(meansSchema)
      .describe("Hazard ratios between the levels of a factor, at the values that are asked for."),
    predict: z.exactOptional(predictSchema),
  })
  .describe("Cox proportional hazards regression.");

const sharesSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("shares"),
    of: z
      .record(text, columnName)
      .describe("What is counted, by the name that results have for it: 0/1 columns (those that are 1) and factors."),
    by: z.exactOptional(columnName).describe("The factor whose levels are the groups. Default: one group of all rows."),
  })
  .describe("Counts and shares within groups, with Wilson's intervals; no model and no test.");

const changeClassesSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("change-classes"),
    classes: columnName.describe("A column with classify, whose scores, instrument and criterion are used."),
    by: z.exactOptional(columnName).describe("The factor whose levels are the groups. Default: one group of all rows."),
    grid: z
      .exactOptional(
        z.strictObject({
          sd: z.array(z.number().gt(0)).min(1).describe("Standard deviations."),
          reliability: z.array(z.number().min(0).lt(1)).min(1).describe("Reliabilities, each with each SD."),
        }),
      )
      .describe("The classes again for each SD and reliability."),
  })
  .describe(
    "Classes of change, cut-off crossing, mean change and severity-adjusted effect size within groups; no test: a change is not an effect.",
  );

/** Keys and values of the plan format that this version cannot do yet. */
export interface NotYet {
  readonly keys: readonly string[];
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export const analysisModels = {
  linear: { schema: linearSchema, notYet: { keys: [], values: {} } },
  logistic: { schema: logisticSchema, notYet: { keys: [], values: {} } },
  poisson: { schema: poissonSchema, notYet: { keys: [], values: {} } },
  gee: { schema: geeSchema, notYet: { keys: [], values: {} } },
  mixed: { schema: mixedSchema, notYet: { keys: [], values: {} } },
  mmrm: { schema: mmrmSchema, notYet: { keys: [], values: {} } },
  "effect-size": { schema: effectSizeSchema, notYet: { keys: [], values: {} } },
  "participant-flow": { schema: participantFlowSchema, notYet: { keys: [], values: {} } },
  "baseline-table": { schema: baselineTableSchema, notYet: { keys: [], values: {} } },
  agreement: { schema: agreementSchema, notYet: { keys: [], values: {} } },
  moderation: { schema: moderationSchema, notYet: { keys: [], values: {} } },
  "stepped-wedge": { schema: steppedWedgeSchema, notYet: { keys: [], values: {} } },
  joint: { schema: jointSchema, notYet: { keys: [], values: {} } },
  "kaplan-meier": { schema: kaplanMeierSchema, notYet: { keys: [], values: {} } },
  cox: { schema: coxSchema, notYet: { keys: [], values: {} } },
  "competing-risks": { schema: competingRisksSchema, notYet: { keys: [], values: {} } },
  "fine-gray": { schema: fineGraySchema, notYet: { keys: [], values: {} } },
  shares: { schema: sharesSchema, notYet: { keys: [], values: {} } },
  "change-classes": { schema: changeClassesSchema, notYet: { keys: [], values: {} } },
} satisfies Record<string, { schema: z.ZodObject; notYet: NotYet }>;

export type ModelName = keyof typeof analysisModels;

/** Models of the plan format that this version cannot fit yet. */
export const modelsNotYet: readonly string[] = [];

/** For an analysis whose model is not known: what it may share with the others. */
export const everyAnalysisSchema = z.looseObject(formulaAnalysis).partial({ id: true, formula: true });

/** Models of one fit each, or of fits side by side. */
const fittedSchemas = [
  analysisModels.linear.schema,
  analysisModels.logistic.schema,
  analysisModels.poisson.schema,
  analysisModels.gee.schema,
  analysisModels.mixed.schema,
  analysisModels.mmrm.schema,
  analysisModels["effect-size"].schema,
  analysisModels["participant-flow"].schema,
  analysisModels["baseline-table"].schema,
  analysisModels.agreement.schema,
  analysisModels.moderation.schema,
  analysisModels["stepped-wedge"].schema,
  analysisModels.joint.schema,
  analysisModels["kaplan-meier"].schema,
  analysisModels.cox.schema,
  analysisModels["competing-risks"].schema,
  analysisModels["fine-gray"].schema,
  analysisModels.shares.schema,
  analysisModels["change-classes"].schema,
] as const;
const fittedSchema = z.discriminatedUnion("model", [...fittedSchemas]);

const ittSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("itt"),
    outcome: columnName.describe("The outcome at the visits."),
    baseline: columnName.describe("The outcome before the start, a covariate of the adjusted analyses."),
    visits: z
      .array(z.union([z.number(), z.string()]))
      .min(1)
      .describe("The visits after the baseline, in their order."),
    primary: z.union([z.number(), z.string()]).describe("The visit whose effect is the primary one."),
    covariates: z.array(text).default([]).describe("Terms of the adjusted analyses beside the baseline."),
    standardise: z
      .enum(["baseline", "total", "control", "residual"])
      .default("baseline")
      .describe("What standard deviation effects are given in too. Default: baseline."),
    unadjusted: z
      .boolean()
      .default(true)
      .describe("Whether to show the effects without covariates too. Default: true."),
    df: z
      .enum(["satterthwaite", "kenward-roger"])
      .default("kenward-roger")
      .describe("Degrees of freedom of tests and intervals. Default: kenward-roger."),
  })
  .describe(
    "The effect as randomised (intention to treat), by visit and overall, unadjusted and adjusted, in each design and, of a joint trial, in both together.",
  );

const dropoutSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("dropout"),
    time: columnName.describe("Time from the start to the ending, or to the last day under observation: a number."),
    definitions: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[a-z0-9-]+$/)
            .describe("Ends the ids of its analyses: lower-case letters, digits and hyphens."),
          label: z
            .exactOptional(textOrLanguages)
            .describe("What the report calls it; in two languages: { en: …, sv: … }. Default: the name."),
          where: text.describe("Who has dropped out, in Vega's syntax: ending == 'avbrott'."),
          competing: z.exactOptional(text).describe("For whom something competes, where it differs from that of all."),
          time: z.exactOptional(columnName).describe("The time, where it differs from that of all."),
        }),
      )
      .min(2)
      .describe("Two or more definitions of dropout, side by side; the first is the main one."),
    competing: z
      .exactOptional(text)
      .describe(
        "Who has ended in a way that rules dropout out, in Vega's syntax: ending != 'ongoing'. Dropout itself goes first. Who is neither is censored: with a narrower definition, its other endings must be here.",
      ),
    horizon: z
      .number()
      .positive()
      .describe("Until when mean time without dropout is compared, in the unit of the time."),
    times: z
      .array(z.number().positive())
      .default([])
      .describe("Times at which shares are given, in the unit of the time. Default: none."),
    covariates: z.array(text).default([]).describe("Terms of the regressions beside the arm. Default: none."),
    names: z
      .strictObject({
        dropout: madeLevel({ en: "dropout", sv: "avbrott" }).describe("Those who dropped out."),
        competing: madeLevel({ en: "planned ending", sv: "planerat avslut" }).describe("What competes with it."),
        censored: madeLevel({ en: "under observation", sv: "under observation" }).describe(
          "Neither, at the end of observation.",
        ),
      })
      .prefault({})
      .describe(
        "What figures and tables call the three ways to end; in two languages: { en: …, sv: … }, results then have the English.",
      ),
  })
  .describe(
    "Dropout by several definitions: curves, restricted means, hazard ratios, competing risks, and how far they agree.",
  );

const visitsSchema = z.array(z.union([z.number(), z.string()])).min(1);

const respondersSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("responders"),
    classes: columnName.describe("A column of the table of the visits with classify: the class of the change at each."),
    visits: visitsSchema.describe("The visits at which clients are classed."),
    primary: z
      .exactOptional(z.union([z.number(), z.string()]))
      .describe("The visit whose risk difference of better has the role of the analysis."),
    baseline: z.exactOptional(columnName).describe("The outcome before the start, a covariate."),
    covariates: z.array(text).default([]).describe("Further terms of the regressions."),
    grid: changeClassesSchema.shape.grid,
  })
  .describe(
    "Classes of change by arm, and risk difference and ratio of better (improved or recovered) and worse (deteriorated), robust to clusters.",
  );

const attritionSchema = z
  .strictObject({
    ...everyAnalysis,
    model: z.literal("attrition"),
    outcome: columnName.describe("The outcome whose values at the visits may be missing."),
    visits: visitsSchema.describe("The visits after the baseline, in their order."),
    baseline: columnName.describe("The outcome before the start, a predictor of missing."),
    covariates: z.array(text).default([]).describe("Further predictors."),
  })
  .describe("Missing outcomes by arm and visit, and predictors of missing, with arm by baseline at the last visit.");

/** What trial-level analyses of the outcome at the visits have in common. */
const outcomeAnalysis = {
  ...everyAnalysis,
  outcome: columnName.describe("The outcome at the visits."),
  baseline: columnName.describe("The outcome before the start, a covariate."),
  visits: z
    .array(z.union([z.number(), z.string()]))
    .min(1)
    .describe("The visits after the baseline, in their order."),
  primary: z.union([z.number(), z.string()]).describe("The visit at which effects are shown."),
  covariates: z.array(text).default([]).describe("Further terms of the model. Default: none."),
  df: z
    .enum(["satterthwaite", "kenward-roger"])
    .default("kenward-roger")
    .describe("Degrees of freedom of tests and intervals. Default: kenward-roger."),
};

const subgroupSchema = z
  .strictObject({
    ...outcomeAnalysis,
    model: z.literal("subgroup"),
    moderators: z.array(moderatorSchema).min(1).describe("Each with one interaction test; all in one forest plot."),
  })
  .describe("Does the effect as randomised depend on who the client is? Interaction tests, with one forest plot.");

const { outcome: _riskOutcome, ...riskOfClients } = riskSchema.shape;

const nonRespondersSchema = z
  .strictObject({
    ...outcomeAnalysis,
    model: z.literal("non-responders"),
    rule: z
      .strictObject({
        visit: z.union([z.number(), z.string()]).describe("The visit that the rule is on; effects are at later ones."),
        "gain-below": z
          .exactOptional(z.number())
          .describe("Not on track: the outcome has become better since baseline by less than this. Default: 0."),
        "short-of": z
          .exactOptional(z.number())
          .describe(
            "With gain-below: and the outcome is still short of this value, such as the cut-off of its instrument.",
          ),
        where: z.exactOptional(text).describe("Or: who is not on track, in Vega's syntax: ors_3 - ors_0 < 5."),
      })
      .describe("Who is not on track, by what both arms have."),
    risk: z
      .strictObject(riskOfClients)
      .describe("How baseline predicts who is not on track by the rule: cross-fitted within units."),
    naive: z
      .exactOptional(
        z.strictObject({
          where: text.describe("Who is not on track by the sessions, in Vega's syntax."),
          measured: columnName.describe("The measurement that this needs in both arms."),
        }),
      )
      .describe("Clients not on track alone, as they are; refused where an arm lacks the measurement."),
    names: z
      .strictObject({
        "on-track": madeLevel({ en: "on track", sv: "på rätt väg" }).describe("Of those on track."),
        "not-on-track": madeLevel({ en: "not on track", sv: "inte på rätt väg" }).describe("Of those who are not."),
      })
      .prefault({})
      .describe(
        "What tables and figures call the two groups; in two languages: { en: …, sv: … }, results then have the English.",
      ),
  })
  .describe("Clients not on track: by a rule on what both arms have, by predicted risk, and the naive subset.");

const implementationSchema = z
  .strictObject({
    ...outcomeAnalysis,
    model: z.literal("implementation"),
    fidelity: moderatorSchema.describe("How well the unit carries out the treatment: a moderator of the effect."),
    dose: z
      .array(columnName)
      .default([])
      .describe("Numbers whose association with the outcome among treated clients is shown: sessions, fidelity."),
  })
  .describe("Fidelity as moderator of the effect, and dose among treated clients.");

const { df: _allianceDf, ...allianceOutcome } = outcomeAnalysis;

const allianceSchema = z
  .strictObject({
    ...allianceOutcome,
    model: z.literal("alliance"),
    alliance: columnName.describe("The alliance at sessions: srs."),
    session: columnName.describe("The number of the session."),
    sessions: z.exactOptional(text).describe("The one of data.tables that holds the sessions. Default: the first."),
  })
  .describe("Alliance over sessions, and the association of its change with the outcome.");

/** Trial-level models: each expands to several of the others, by the roles of `trial`. */
export const trialModels = {
  itt: { schema: ittSchema },
  dropout: { schema: dropoutSchema },
  responders: { schema: respondersSchema },
  attrition: { schema: attritionSchema },
  subgroup: { schema: subgroupSchema },
  "non-responders": { schema: nonRespondersSchema },
  implementation: { schema: implementationSchema },
  alliance: { schema: allianceSchema },
} satisfies Record<string, { schema: z.ZodObject }>;
export type TrialModelName = keyof typeof trialModels;

const analysisSchema = z
  .discriminatedUnion("model", [
    ...fittedSchemas,
    trialModels.itt.schema,
    trialModels.dropout.schema,
    trialModels.responders.schema,
    trialModels.attrition.schema,
    trialModels.subgroup.schema,
    trialModels["non-responders"].schema,
    trialModels.implementation.schema,
    trialModels.alliance.schema,
  ])
  .describe("One analysis; the keys depend on its model.");

// ── over all analyses ───────────────────────────────────────────────────────────────────────────

const multiplicitySchema = z
  .strictObject({
    family: text.describe("Name of the family, for the report."),
    method: z
      .enum(multiplicityMethods)
      .describe(
        "How the p-values are adjusted. fixed-sequence is gatekeeping: in the order of the list, until one is not rejected.",
      ),
    level: z
      .number()
      .gt(0)
      .lt(0.5)
      .default(0.05)
      .describe("Probability of any false rejection in the family, at most. Default: 0.05."),
    estimates: z
      .array(text)
      .min(1)
      .describe("The tests, as id of the analysis/name of the estimate: primary/contrast:arm[FIT]-arm[TAU]@visit=6."),
  })
  .describe("A family of tests that are adjusted together.");

const evidenceSchema = z
  .strictObject({
    label: textOrLanguages.describe(
      "What the figure calls it: Østergård 2020, PCOMS, 18 studies; in two languages: { en: …, sv: … }.",
    ),
    measure: z
      .enum(["hedges-g", "cohens-d", "glass-delta", "odds-ratio", "risk-ratio"])
      .describe("The first three share one figure with the trial's standardised effects; each ratio has its own."),
    estimate: z.number().describe("On its own scale: a ratio itself, not its logarithm."),
    lower: z.exactOptional(z.number()).describe("Lower confidence limit; both limits or neither."),
    upper: z.exactOptional(z.number()).describe("Upper confidence limit."),
    level: z.number().gt(0.5).lt(1).default(0.95).describe("Level of the confidence limits. Default: 0.95."),
    better: z
      .enum(["lower", "higher"])
      .default("higher")
      .describe("Which direction of the number favours the intervention. Default: higher."),
  })
  .describe("An effect found earlier, to be shown beside the trial's.");

// ── what is estimated, and the rest of a statistical analysis plan ──────────────────────────────

export const INTERCURRENT_STRATEGIES = [
  "treatment-policy",
  "hypothetical",
  "composite",
  "while-on-treatment",
  "principal-stratum",
] as const;
export type IntercurrentStrategy = (typeof INTERCURRENT_STRATEGIES)[number];

const estimandSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .describe("Unique name: lower-case letters, digits and hyphens."),
    question: textOrLanguages.describe(
      "The question of the trial that it answers; its heading in the report. This and the other texts may be in two languages: { en: …, sv: … }.",
    ),
    population: textOrLanguages.describe("Who the answer is about."),
    treatment: textOrLanguages.describe("What is compared with what."),
    variable: textOrLanguages.describe("The outcome of each participant, with its time."),
    intercurrent: z
      .array(
        z.strictObject({
          event: textOrLanguages.describe("What may happen after the start that changes the outcome or its meaning."),
          strategy: z.enum(INTERCURRENT_STRATEGIES).describe("How it is dealt with."),
        }),
      )
      .min(1)
      .describe("Intercurrent events, each with its strategy."),
    summary: textOrLanguages.describe("The measure that compares the treatments over the population."),
    analyses: z.array(text).min(1).describe("Ids of the analyses that estimate it."),
  })
  .describe("What is estimated, by the five attributes of ICH E9(R1).");

const sapSchema = z
  .strictObject(
    Object.fromEntries(
      SAP_ITEMS.flatMap(({ key, item, about }) =>
        key === null ? [] : [[key, z.exactOptional(textOrLanguages).describe(`Item ${item}: ${about}.`)]],
      ),
    ),
  )
  .describe(
    "Short texts on items of a statistical analysis plan that no other part of the plan answers (Gamble 2017).",
  );

// ── plan ────────────────────────────────────────────────────────────────────────────────────────

export const planSchema = z
  .strictObject({
    plan: z.literal(PLAN_FORMAT).describe("Format and version of the plan file."),
    title: textOrLanguages.describe("Title of the trial or the report; in two languages: { en: …, sv: … }."),
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
    instruments: z
      .exactOptional(z.record(text, instrumentSchema))
      .describe("Instruments by name; those of the registry need not be declared."),
    populations: z
      .exactOptional(z.record(text, populationSchema))
      .describe("Populations by name, beside intention to treat: per-protocol, safety."),
    trial: z.exactOptional(trialSchema),
    analyses: z.array(analysisSchema).min(1).describe("The analyses, in the order of the report."),
    multiplicity: z
      .exactOptional(z.array(multiplicitySchema).min(1))
      .describe("Families of tests whose p-values are adjusted for their number."),
    evidence: z
      .exactOptional(z.array(evidenceSchema).min(1))
      .describe("Effects found earlier, shown in a forest plot beside the trial's."),
    estimands: z
      .exactOptional(z.array(estimandSchema).min(1))
      .describe("What the analyses estimate (ICH E9(R1)); shown in the report."),
    sap: z.exactOptional(sapSchema),
  })
  .describe("Analysis plan of fit-rct.");

/** A plan as its file has it, with defaults. */
export type PlanContent = z.output<typeof planSchema>;
export type TrialAnalysis = Extract<PlanContent["analyses"][number], { model: TrialModelName }>;
export type IttAnalysis = z.output<typeof ittSchema>;
export type RespondersAnalysis = z.output<typeof respondersSchema>;
export type AttritionAnalysis = z.output<typeof attritionSchema>;
export type DropoutAnalysis = z.output<typeof dropoutSchema>;
export type SubgroupAnalysis = z.output<typeof subgroupSchema>;
export type NonRespondersAnalysis = z.output<typeof nonRespondersSchema>;
export type ImplementationAnalysis = z.output<typeof implementationSchema>;
export type AllianceAnalysis = z.output<typeof allianceSchema>;
/** A trial-level analysis of the outcome at the visits. */
export type OutcomeAnalysis = Pick<
  SubgroupAnalysis,
  "role" | "level" | "table" | "where" | "df" | "primary" | "outcome" | "baseline" | "covariates"
>;
/** An analysis of one model, as a plan would have it before defaults. */
export type FittedAnalysisInput = z.input<typeof fittedSchema>;
/** With defaults. */
export const completeAnalysis = (input: FittedAnalysisInput) => fittedSchema.parse(input);

/** A plan whose trial-level analyses were replaced by what they expand to (expand-plan.ts). */
export interface Plan extends Omit<PlanContent, "analyses"> {
  /** The title for results.json, which has no language of the reader; absent when it is `title`. */
  readonly titleInResults?: string;
  /** Words of the plan in the language of the reader, by those of results.json; absent when they are the same. */
  readonly words?: Readonly<Record<string, string>>;
  /** Present when the arms are called X and Y (blind-plan.ts). */
  readonly blind?: Blinding;
  readonly analyses: readonly Analysis[];
  /** As the file has them, with the ids of the analyses that each expands to. */
  readonly trialAnalyses?: readonly {
    readonly analysis: TrialAnalysis;
    readonly parts: readonly string[];
    /** Names of the columns that were made for them; they are in `plan.columns` too. */
    readonly columns: readonly string[];
    /** Of these, the names that the plan gives to a column of its own. */
    readonly taken: readonly string[];
  }[];
}
export type PlanColumn = Plan["columns"][string];
export type Trial = NonNullable<Plan["trial"]>;
export type Analysis = z.output<typeof fittedSchema> & {
  /** Id of the trial-level analysis that it is a part of. */
  readonly partOf?: string;
  /** What its reader must be told, whatever it finds; none when absent. */
  readonly cautions?: readonly Caution[];
  /** What the report calls it, where it has no title of its own. */
  readonly part?: TrialPart;
};
/** What a part of a trial-level analysis is; `of`: of which definition, or the like, in the plan's words. */
export interface TrialPart {
  readonly kind: TrialPartKind;
  readonly of?: string;
  /** Of effects at several visits: the primary one, with the unit of its column. */
  readonly primary?: { readonly column: string; readonly visit: string; readonly unit: string | null };
}
export type TrialPartKind =
  | "individual"
  | "individual-unadjusted"
  | "stepped-wedge"
  | "stepped-wedge-unadjusted"
  | "joint"
  | "joint-unadjusted"
  | "kaplan-meier"
  | "cox"
  | "frailty"
  | "competing-risks"
  | "fine-gray"
  | "agreement"
  | "classes"
  | "better"
  | "worse"
  | "missing"
  | "predictors"
  | "predictors-by-arm"
  | "moderators"
  | "early-change"
  | "predicted-risk"
  | "naive"
  | "dose"
  | "growth"
  | "change-and-outcome";
export type LinearAnalysis = z.output<typeof linearSchema>;
export type LogisticAnalysis = z.output<typeof logisticSchema>;
export type PoissonAnalysis = z.output<typeof poissonSchema>;
export type GeeAnalysis = z.output<typeof geeSchema>;
/** An analysis whose variance may be robust. */
export type RegressionAnalysis = LinearAnalysis | LogisticAnalysis | PoissonAnalysis;
export type MixedAnalysis = z.output<typeof mixedSchema>;
export type MmrmAnalysis = z.output<typeof mmrmSchema>;
export type EffectSizeAnalysis = z.output<typeof effectSizeSchema>;
export type ParticipantFlowAnalysis = z.output<typeof participantFlowSchema>;
export type BaselineTableAnalysis = z.output<typeof baselineTableSchema>;
export type ModerationAnalysis = z.output<typeof moderationSchema>;
export type AgreementAnalysis = z.output<typeof agreementSchema>;
export type SharesAnalysis = z.output<typeof sharesSchema>;
export type ChangeClassesAnalysis = z.output<typeof changeClassesSchema>;
export type JointAnalysis = z.output<typeof jointSchema>;
export type SteppedWedgeAnalysis = z.output<typeof steppedWedgeSchema>;
export type KaplanMeierAnalysis = z.output<typeof kaplanMeierSchema>;
export type CoxAnalysis = z.output<typeof coxSchema>;
export type CompetingRisksAnalysis = z.output<typeof competingRisksSchema>;
export type FineGrayAnalysis = z.output<typeof fineGraySchema>;
/** An analysis of time to an event. */
export type SurvivalAnalysis = Extract<Analysis, { formula: string; model: SurvivalModel }>;
/** An analysis of a number, with a formula. */
export type FormulaAnalysis = Exclude<Extract<Analysis, { formula: string }>, SurvivalAnalysis | ModerationAnalysis>;
export type Family = z.output<typeof multiplicitySchema>;
export type Estimand = z.output<typeof estimandSchema>;
export type Evidence = z.output<typeof evidenceSchema>;
export type Means = z.output<typeof meansSchema>;

/** Models of time to an event. Extended as they come. */
export const SURVIVAL_MODELS = ["kaplan-meier", "cox", "competing-risks", "fine-gray"] as const;
export type SurvivalModel = (typeof SURVIVAL_MODELS)[number];

export const isSurvivalAnalysis = (analysis: Analysis): analysis is SurvivalAnalysis =>
  (SURVIVAL_MODELS as readonly string[]).includes(analysis.model);

/** The column of the participants of a survival analysis. */
export const survivalParticipant = (
  plan: Pick<Plan, "columns" | "trial">,
  { participant }: SurvivalAnalysis,
): string | undefined =>
  participant === undefined ? plan.trial?.participant : (columnOfName(plan, participant) ?? participant);

/** `primary/contrast:arm[FIT]-arm[TAU]`: the id of an analysis, and the name of an estimate of it. */
export function parseEstimateReference(text: string): { readonly id: string; readonly name: string } {
  const slash = text.indexOf("/");
  return slash < 0 ? { id: text, name: "" } : { id: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** The degrees of freedom that an analysis asks for, or those that go with its variance. */
export function regressionDf({ model, vcov, df }: RegressionAnalysis): "residual" | "normal" | "satterthwaite" {
  if (df !== undefined) return df;
  if (isClusterRobust(vcov)) return "satterthwaite";
  return model === "linear" ? "residual" : "normal";
}

/** The column that orders the rows of a GEE's clusters; undefined: the order of the rows. */
export function geeVisit(
  plan: Pick<Plan, "columns" | "trial">,
  { visit, cluster, correlation }: GeeAnalysis,
): string | undefined {
  if (correlation !== "ar1" && correlation !== "unstructured") return undefined;
  if (visit !== undefined) return columnOfName(plan, visit) ?? visit;
  const { trial } = plan;
  return trial?.participant !== undefined && columnOfName(plan, cluster) === trial.participant
    ? trial.visit?.column
    : undefined;
}

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

/** The name of the one table of a plan with a single data file. */
export const ONLY_TABLE = "data";

/** What the plan calls its tables, in its order. */
export const tableNames = ({ data: { tables } }: Pick<Plan, "data">): string[] =>
  tables === undefined ? [ONLY_TABLE] : Object.keys(tables);

/** The column of a cross-fitted risk (`moderation.risk`); `checkPlan` refuses a column of this name. */
export const PREDICTED_RISK = "predicted_risk__";

/** The linear mixed model of a moderation: without a moderator, or with one, at values of it. */
export function moderationModel(
  { id, role, where, table, level, formula, effect, at, alongside, df }: ModerationAnalysis,
  moderator?: { readonly column: string; readonly at: readonly (number | string)[] | undefined },
): MixedAnalysis {
  const name = moderator === undefined ? "" : renderName(moderator.column);
  const terms = moderator === undefined ? [] : [name, ...alongside.map((term) => `${term}:${name}`)];
  const interaction = moderator === undefined ? [] : [`${renderName(effect)}:${name}`];
  const by = [...Object.keys(at), ...(moderator === undefined ? [] : [moderator.column])];
  const held = { ...at, ...(moderator?.at === undefined ? {} : { [moderator.column]: [...moderator.at] }) };
  return mixedSchema.parse({
    id,
    role,
    level,
    ...(where === undefined ? {} : { where }),
    ...(table === undefined ? {} : { table }),
    model: "mixed",
    formula: [formula, ...terms, ...interaction].join(" + "),
    df,
    means: {
      of: effect,
      ...(by.length === 0 ? {} : { by }),
      ...(Object.keys(held).length === 0 ? {} : { at: held }),
    },
  });
}

/** The columns in which rows differ: participant and visit, where the plan has both. */
export function participantVisit({ trial }: Pick<Plan, "trial">): string[] {
  const columns = [trial?.participant, trial?.visit?.column].filter((name) => name !== undefined);
  return columns.length === 2 ? columns : [];
}

/** The plan's JSON Schema (draft 2020-12), of what a plan file may hold. */
export const planJsonSchema = (): object => z.toJSONSchema(planSchema, { io: "input", target: "draft-2020-12" });

/** The link of a binary outcome; the canonical one of the others. */
export const binomialLink = (analysis: object): BinomialLink =>
  "link" in analysis && analysis.link === "cloglog" ? "cloglog" : "logit";
