/**
 * Does the joint model of the default plan find the declared truth of the simulated FIT trial? The 12-month effect of
 * analyses/fit-joint, fitted as the plan has it (formulas, REML, Kenward–Roger), in trials of analyses/fit-simulation.yaml
 * that differ in their seed alone. The two designs by themselves stand beside.
 *
 *     npx tsx test/simulation/fit-trial-coverage.ts [trials] [first seed] > test/simulation/fit-trial-coverage.md
 *
 * Trial t has seed FIRST + t. No trial is left out: a fit that did not converge is counted, and counts as no interval.
 */
import { readFileSync } from "node:fs";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { contrast } from "../../src/inference/contrast.js";
import type { Estimate } from "../../src/inference/estimate.js";
import type { Fit } from "../../src/inference/fit.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { fitResidualStrata } from "../../src/mixed/residual-strata.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import type { JointAnalysis, MixedAnalysis } from "../../src/plan/plan.js";
import { parseSimulation } from "../../src/simulate/parse-simulation.js";
import { simulateTrial } from "../../src/simulate/simulate-trial.js";
import { stackDesigns } from "../../src/stepped-wedge/joint.js";
import type { Column, Table } from "../../src/table/table.js";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const plan = completePlan(parsePlan(read("analyses/fit-joint/plan.yaml"), "plan.yaml"));
const truth = parseSimulation(read("analyses/fit-simulation.yaml"), "fit-simulation.yaml");
const analysis = <A>(id: string): A => plan.analyses.find((one) => one.id === id) as A;
const joint = analysis<JointAnalysis>("itt-joint");
const DESIGNS = { A: "individual", B: "stepped-wedge" } as const;
const MONTH = "month=12";
const EFFECT = truth.ors.effect["12"];

const number = (values: readonly number[]): Column => ({
  kind: "number",
  type: "number",
  unit: null,
  values: Float64Array.from(values),
});
/** Levels as declared, or by first appearance. */
function category(values: readonly string[], declared?: readonly string[]): Column {
  const levels = declared ?? [...new Set(values)];
  const codeOf = new Map(levels.map((level, code) => [level, code]));
  return {
    kind: "category",
    type: declared === undefined ? "id" : "factor",
    levels,
    codes: Int32Array.from(values, (value) => codeOf.get(value)!),
  };
}
const levelsOf = (name: string): readonly string[] => (plan.columns[name] as { levels: readonly string[] }).levels;

/** The follow-ups of one design, with the columns that the plan's formulas name. */
function tableOf(trial: ReturnType<typeof simulateTrial>, design: "A" | "B"): Table {
  const clientOf = new Map(trial.clients.map((client) => [client.client, client]));
  const rows = trial.visits
    .filter(({ month }) => month > 0)
    .map((visit) => ({ ...visit, client: clientOf.get(visit.client)! }))
    .filter(({ client }) => client.unit.design === design);
  const of = <T>(get: (row: (typeof rows)[number]) => T): T[] => rows.map(get);
  const columns: Record<string, Column> = {
    ors: number(of(({ ors }) => ors ?? Number.NaN)),
    month: number(of(({ month }) => month)),
    ors_0: number(of(({ client }) => client.baseline)),
    age: number(of(({ client }) => client.age)),
    period: number(of(({ client }) => client.period)),
    arm: category(
      of(({ client }) => client.arm),
      levelsOf("arm"),
    ),
    sex: category(
      of(({ client }) => client.sex),
      levelsOf("sex"),
    ),
    problem: category(
      of(({ client }) => client.problem),
      levelsOf("problem"),
    ),
    unit: category(of(({ client }) => client.unit.unit)),
    therapist: category(of(({ client }) => client.therapist)),
    client: category(of(({ client }) => client.client)),
  };
  return { name: "simulated", rows: rows.length, columns: new Map(Object.entries(columns)), lines: null };
}

interface Tally {
  converged: number;
  singular: number;
  covered: number;
  sum: number;
  squares: number;
  ses: number;
}
const empty = (): Tally => ({ converged: 0, singular: 0, covered: 0, sum: 0, squares: 0, ses: 0 });

function count(tally: Tally, fit: Fit & { readonly singular: boolean }, term: string): void {
  if (!fit.converged) return;
  const row = Float64Array.from(fit.names, (name) => (name === term ? 1 : 0));
  const label = { name: term, measure: "mean-difference", unit: null, level: 0.95 };
  const { estimate, se, lower, upper }: Estimate = contrast(fit, row, label);
  tally.converged++;
  tally.singular += fit.singular ? 1 : 0;
  tally.covered += lower! <= EFFECT && EFFECT <= upper! ? 1 : 0;
  tally.sum += estimate!;
  tally.squares += estimate! ** 2;
  tally.ses += se!;
}

const trials = Number(process.argv[2] ?? 1000);
const first = Number(process.argv[3] ?? 1);
const tallies = { individual: empty(), "stepped-wedge": empty(), joint: empty() };
const effects = Object.keys(joint.effects);
for (let trial = 0; trial < trials; trial++) {
  const simulated = simulateTrial(truth, first + trial);
  const parts = (["A", "B"] as const).map((design) => {
    const name = DESIGNS[design];
    const { formula } = analysis<MixedAnalysis>(joint[name]);
    const frame = modelFrame({ formula: parseFormula(formula), table: tableOf(simulated, design) });
    const terms = Object.values(joint.effects).map((effect) => effect[name]);
    count(tallies[name], fitLinearMixed(frame, { method: joint.method, df: joint.df }), joint.effects[MONTH]![name]);
    return { name, frame, strata: null, effects: terms };
  });
  const { frame, strata } = stackDesigns(parts, effects);
  count(tallies.joint, fitResidualStrata(frame, strata, { method: joint.method, df: joint.df }), MONTH);
  if ((trial + 1) % 10 === 0) {
    const { covered, converged, sum } = tallies.joint;
    process.stderr.write(`${trial + 1}: ${covered} of ${converged} cover, mean ${(sum / converged).toFixed(3)}\n`);
  }
}

const names = { individual: "design A", "stepped-wedge": "design B", joint: "A and B together" };
const lines = (["individual", "stepped-wedge", "joint"] as const).map((name) => {
  const { converged, singular, covered, sum, squares, ses } = tallies[name];
  const mean = sum / converged;
  const sd = Math.sqrt((squares - converged * mean ** 2) / (converged - 1));
  const share = covered / converged;
  return `| ${[
    names[name],
    `${trials - converged}`,
    `${singular}`,
    `${(mean - EFFECT).toFixed(3)} (${(sd / Math.sqrt(converged)).toFixed(3)})`,
    sd.toFixed(3),
    (ses / converged).toFixed(3),
    `${(100 * share).toFixed(1)} % (${(100 * Math.sqrt((share * (1 - share)) / converged)).toFixed(1)})`,
  ].join(" | ")} |`;
});
process.stdout.write(
  [
    "# Coverage of the default plan in simulated FIT trials",
    "",
    `Made by fit-trial-coverage.ts: ${trials} trials of analyses/fit-simulation.yaml, seeds ${first} to ${first + trials - 1}; the 12-month effect,`,
    `declared as ${EFFECT} points; 95 % intervals of analyses/fit-joint (REML, ${joint.df}). Monte Carlo standard errors in brackets.`,
    "No trial is left out. Fits with a variance at zero are counted with the others.",
    "",
    "| analysis | unconverged | with a variance at zero | bias | SD of the estimates | mean SE | coverage |",
    "|---|---|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n"),
);
