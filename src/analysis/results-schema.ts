/** results.json as a schema: `analyze schema results`, and the check of a file that `analyze verify` reads. */
import * as z from "zod";
import { multiplicityMethods } from "../inference/multiplicity.js";
import { RESULTS_FORMAT } from "./results.js";

const count = z.int().min(0);
const numberOrNull = z.number().nullable();

const estimateSchema = z.object({
  name: z.string().describe("coefficient:TERM, sd:GROUP:TERM, mean:…, contrast:…; see the README's list."),
  measure: z.string().describe("What kind of number: coefficient, mean, mean-difference, sd, icc, …"),
  unit: z.string().nullable(),
  estimate: numberOrNull,
  se: numberOrNull.describe("Standard error; of a ratio, of its logarithm."),
  df: numberOrNull.describe("Denominator degrees of freedom; null means normal, or that there is no test."),
  numeratorDf: z.exactOptional(z.number()).describe("Of a test of several coefficients at once."),
  statistic: numberOrNull,
  p: numberOrNull,
  lower: numberOrNull,
  upper: numberOrNull,
  level: z.number().describe("Of the interval: 0.95."),
  permutation: z
    .exactOptional(
      z.object({
        assignments: count.describe("Assignments compared with the one that was made."),
        exact: z.boolean().describe("Whether they are all that could have been made."),
        error: z
          .object({ p: z.number(), lower: numberOrNull, upper: numberOrNull })
          .nullable()
          .describe("Monte Carlo standard errors of p and limits; null when exact."),
      }),
    )
    .describe("Of a permutation test."),
});

const problemSchema = z.object({
  code: z.string().describe("Stable: area.what."),
  severity: z.enum(["error", "warning", "note"]),
  message: z.string().describe("In English."),
  messageSv: z.string().default("").describe("The same in Swedish, for reports in Swedish."),
});

const countsSchema = z.object({
  observations: count.describe("Rows used."),
  participants: count.nullable().describe("null when the plan names no participant column."),
  excluded: count.describe("Rows of the data not used."),
  excludedBy: z.array(z.object({ reason: z.string(), detail: z.string(), rows: count })),
  groups: z.record(z.string(), count).describe("Levels of each grouping factor."),
  events: z.exactOptional(count).describe("Of time to an event: rows with an event."),
});

const frailtySchema = z.object({
  logLikNull: z.number().describe("Log partial likelihood without coefficients and frailty."),
  logLikWithout: z.number().describe("Log partial likelihood at its maximum without frailty."),
  logLikFitted: z.number().describe("Log partial likelihood at the predicted frailties."),
  logLikPenalised: numberOrNull.describe("The same less half the sum of squares; null with a gamma frailty."),
  effectiveDf: z.number().describe("Coefficients, and what the frailties amount to."),
});

const fitSchema = z.object({
  logLik: numberOrNull,
  aic: numberOrNull,
  bic: numberOrNull,
  converged: z.boolean(),
  singular: z.boolean(),
  iterations: count,
  frailty: z.exactOptional(frailtySchema).describe("Of a Cox model with frailty; its logLik has them integrated out."),
});

const periodsSchema = z.object({
  randomised: z
    .exactOptional(z.tuple([z.iso.date(), z.iso.date()]))
    .describe("First and last day on which a participant was randomised or enrolled."),
  visited: z.exactOptional(z.tuple([z.iso.date(), z.iso.date()])).describe("First and last day of a visit."),
});

const analysisSchema = z.object({
  id: z.string(),
  model: z.string(),
  role: z.string(),
  partOf: z.exactOptional(z.string()),
  population: z.exactOptional(z.string()).describe("Of the plan; absent: everybody as randomised."),
  formula: z.string(),
  method: z.string().describe("In words, with the kind of standard error and degrees of freedom."),
  status: z.enum(["estimated", "not-estimated"]),
  reason: z.exactOptional(z.string()).describe("Only with status not-estimated."),
  reasonSv: z.exactOptional(z.string()).describe("The reason in Swedish."),
  problems: z.array(problemSchema),
  n: countsSchema,
  dates: z
    .exactOptional(
      periodsSchema.extend({
        designs: z
          .exactOptional(z.array(periodsSchema.extend({ design: z.string().nullable() })))
          .describe("Of each, where participants are of two designs."),
      }),
    )
    .describe("Of participant-flow: the periods of recruitment and follow-up, where the plan has trial.dates."),
  fit: fitSchema.nullable().describe("null when not estimated."),
  estimates: z.array(estimateSchema),
});

const multiplicitySchema = z.object({
  family: z.string(),
  method: z.enum(multiplicityMethods),
  level: z.number().describe("Probability of any false rejection in the family, at most."),
  estimates: z.array(
    z.object({
      analysis: z.string().describe("Id of the analysis."),
      name: z.string(),
      p: numberOrNull,
      adjusted: numberOrNull.describe("null where p is; such a test counts as p = 1."),
      rejected: z.boolean(),
    }),
  ),
  problems: z.array(problemSchema),
});

export const resultsSchema = z
  .object({
    results: z.literal(RESULTS_FORMAT),
    version: z.string().describe("Of fit-rct."),
    seed: count,
    blind: z.exactOptional(z.literal(true)).describe("The arms are called X and Y, drawn at random."),
    leftOut: z
      .exactOptional(z.array(z.string()))
      .describe("Of a blind run: ids of analyses that would show which arm is which."),
    plan: z.object({ title: z.string(), sha256: z.string(), locked: z.boolean() }),
    data: z.array(z.object({ name: z.string(), sha256: z.string(), rows: count })),
    problems: z
      .exactOptional(z.array(problemSchema.extend({ path: z.string().describe("File and line.") })))
      .describe("What is odd in the data of the trial. Nothing was left out for it."),
    analyses: z.array(analysisSchema).describe("In the order of the plan."),
    multiplicity: z
      .exactOptional(z.array(multiplicitySchema))
      .describe("Adjusted p-values of each family that the plan declares."),
  })
  .describe("Results of fit-rct. A number that does not exist is null.");

/** JSON Schema (draft 2020-12) of results.json. */
export const resultsJsonSchema = (): object => z.toJSONSchema(resultsSchema, { target: "draft-2020-12" });
