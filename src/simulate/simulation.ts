/**
 * The simulation file: the declared truth of a trial that does not exist. One definition gives the types, the checks and
 * the JSON Schema. What each number does is said in simulate-trial.ts and the files that it calls.
 *
 * The outcome (ORS) of client i at visit m, before it is rounded and cut to the instrument's range:
 *
 *     y_im = mean_m + slope · (baseline_i − mean baseline) + covariates_i + trend · quarter_i
 *          + arm_i · (effect_m + off-track_i + fidelity_unit)
 *          + unit + unit:period (B) + therapist (A: of each arm) + client + residual,   each of them normal
 *
 * so that a mixed model with the baseline as a covariate is the true model, and effect_m is the effect as randomised.
 */
import * as z from "zod";

export const SIMULATION_FORMAT = "fit-rct/1";
export const DESIGNS = ["A", "B"] as const;
export type Design = (typeof DESIGNS)[number];
export const ARMS = ["TAU", "FIT"] as const;
export type Arm = (typeof ARMS)[number];
/** Months since the start; 0 is the baseline. */
export const FOLLOW_UPS = ["1", "3", "6", "12"] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];

const text = z.string().min(1);
const share = z.number().min(0).max(1);
const sd = z.number().min(0).max(100);
const points = z.number().min(-100).max(100);
const count = z.int().min(1).max(1000);
const hazard = z.number().min(0).max(10);
const ratio = z.number().gt(0).max(100);
const range = z
  .tuple([count, count])
  .refine(([low, high]) => low <= high, { error: "the smaller number first" })
  .describe("Smallest and largest number; each between them is as likely.");
const byFollowUp = (each: z.ZodNumber) => z.strictObject({ "1": each, "3": each, "6": each, "12": each });

const commonSd = {
  unit: sd.describe("Between units."),
  client: sd.describe("Between clients of a therapist, over their follow-ups."),
  residual: sd.describe("Between the follow-ups of a client."),
};
const ICC_CHECK = "A check of the above: the share of each variance in their sum must be this, to within 0.005.";
const providers = z.record(text, share).describe("Providers of the units, with their shares.");

const individualSchema = z
  .strictObject({
    units: count.describe("Number of units."),
    clients: range.describe("Clients of a unit."),
    staff: z.strictObject({ TAU: range, FIT: range }).describe("Staff of a unit in each arm at the start."),
    sd: z.strictObject({ ...commonSd, therapist: z.strictObject({ TAU: sd, FIT: sd }).describe("Between staff.") }),
    icc: z.exactOptional(z.strictObject({ therapist: z.strictObject({ TAU: share, FIT: share }) })).describe(ICC_CHECK),
  })
  .describe("Design A: clients are randomised to the staff of an arm, within units.");

const steppedWedgeSchema = z
  .strictObject({
    units: count.describe("Number of units."),
    clients: range.describe("Clients of a unit."),
    staff: range.describe("Staff of a unit at the start."),
    switches: z
      .array(z.int().min(2).max(100))
      .min(1)
      .describe("Quarters in which units switch, from 2; units are spread evenly over them, which is randomised."),
    sd: z.strictObject({
      ...commonSd,
      "unit-period": sd.describe("Between the quarters of a unit."),
      therapist: sd.describe("Between staff."),
    }),
    icc: z.exactOptional(z.strictObject({ unit: share, "unit-period": share, therapist: share })).describe(ICC_CHECK),
  })
  .describe("Design B: units switch from TAU to FIT on a randomised date; clients keep what they began with.");

const levels = z
  .record(text, z.strictObject({ share, effect: points.default(0), dropout: ratio.default(1) }))
  .describe("Levels with their shares, their effect in points and their hazard ratio of dropout.");

export const simulationSchema = z
  .strictObject({
    simulation: z.literal(SIMULATION_FORMAT).describe("Format and version of the simulation file."),
    title: text.describe("What is simulated."),
    seed: z.int().min(0).default(1).describe("Start of everything random; --seed wins over it. Default: 1."),
    calendar: z.strictObject({
      start: z
        .string()
        .regex(/^\d{4}-\d{2}-\d{2}$/)
        .describe("First day of the first quarter, ISO 8601."),
      quarters: z.int().min(1).max(100).describe("Quarters of enrolment, of 91 days each."),
      trend: points.default(0).describe("Change of the outcome per quarter of enrolment, in points."),
    }),
    designs: z.strictObject({ A: individualSchema, B: steppedWedgeSchema }),
    units: z.strictObject({
      provider: providers,
      setting: z.record(text, share).describe("Settings of the units, with their shares."),
      fidelity: z
        .strictObject({
          mean: z.number().min(0).max(100),
          sd,
          effect: points.describe("Change of the effect for 10 points more of fidelity than the mean of the design."),
        })
        .describe("How well a unit carries FIT out, 0 to 100."),
    }),
    staff: z.strictObject({
      profession: z.record(text, share).describe("Professions, with their shares."),
      leaving: hazard.describe("Hazard of leaving, per month; clients then go to a new member of staff."),
    }),
    clients: z.strictObject({
      age: z.strictObject({
        mean: z.number().min(18).max(100),
        sd,
        range: z.tuple([z.int().min(0).max(120), z.int().min(0).max(120)]),
        effect: points.describe("Per 10 years."),
      }),
      sex: levels,
      referral: levels,
      problem: levels,
      crossover: share.describe("Share of design A who get the other arm's care; the effect stays as randomised."),
    }),
    ors: z.strictObject({
      baseline: z.strictObject({ mean: points, unit: sd.describe("SD between units."), sd: sd.describe("Within.") }),
      slope: points.describe("Of a follow-up on the baseline."),
      tau: byFollowUp(points).describe("Means under TAU at each follow-up of clients as average at baseline."),
      effect: byFollowUp(points).describe("Effect of FIT as randomised, the mean over the clients."),
      "off-track": z
        .strictObject({
          share: share.describe("Share of the clients, those with the highest risk of not getting on track."),
          effect: points.describe("By how much their effect is larger than that of the others."),
          weights: z.strictObject({
            baseline: points.describe("Risk for a baseline one point lower."),
            problem: z.record(text, points).describe("Risk by problem; 0 for those left out."),
          }),
        })
        .describe("Clients whose baseline predicts that they will not get on track have another effect."),
    }),
    core: z
      .strictObject({
        mean: z.number().min(0).max(4).describe("At an ORS of 20."),
        slope: points.describe("For one point of ORS more, before rounding."),
        client: sd,
        residual: sd,
        missing: share.describe("Not filled in at a visit that was made."),
      })
      .describe("CORE-OM, the mean item, 0 to 4."),
    endings: z
      .strictObject({
        from: z.array(z.number().min(0).max(12)).min(1).describe("Months at which hazards change; the first is 0."),
        planned: z.array(hazard).describe("Hazard of a planned ending per month, from each of these months."),
        dropout: z.array(hazard).describe("The same of dropout under TAU."),
        moving: z.array(hazard).describe("The same of moving away."),
        "hazard-ratio": ratio.describe("Of dropout, FIT against TAU, with the same therapist."),
        severity: ratio.describe("Hazard ratio of dropout for a baseline ten points lower."),
        frailty: sd.describe("SD of the log hazard of dropout between staff."),
      })
      .describe("Competing endings within the 12 months."),
    missing: z
      .strictObject({
        base: byFollowUp(share).describe("Share of visits missed under TAU by clients as average at baseline."),
        fit: points.describe("Added under FIT."),
        severity: points.describe("Added for a baseline ten points lower."),
        "after-dropout": points.describe("Added after dropout or moving."),
      })
      .describe("Missed follow-ups; they depend on what is observed alone, given the model of the outcome."),
    sessions: z
      .strictObject({
        interval: z.tuple([count, count]).describe("Days between sessions, the smallest and the largest."),
        most: count.describe("No client has more."),
        "ors-sd": sd.describe("SD of a session's ORS about the line between the client's visits."),
        srs: z.strictObject({
          mean: points.describe("At the first session."),
          growth: points.describe("Per session."),
          alliance: points.describe("Points of SRS for a client intercept of the outcome one SD higher."),
          client: sd,
          residual: sd,
        }),
      })
      .describe("Sessions with ORS and SRS, under FIT only."),
  })
  .describe("A simulated trial of fit-rct with designs A and B.");

export type Simulation = z.output<typeof simulationSchema>;
export type Levels = z.output<typeof levels>;

/** The JSON Schema (draft 2020-12) of what a simulation file may hold. */
export const simulationJsonSchema = (): object =>
  z.toJSONSchema(simulationSchema, { io: "input", target: "draft-2020-12" });
