/**
 * Does the joint model of the default plan find the declared truth of the simulated FIT trial? The 12-month effect of
 * analyses/fit-joint, fitted as the plan has it (formulas, REML, Kenward–Roger), in trials of analyses/fit-simulation.yaml
 * that differ in their seed alone. The two designs by themselves stand beside.
 *
 *     npx tsx test/simulation/fit-trial-coverage.ts [trials, default 1000]
 *
 * Trial t has seed t, from 1: which trials there are is not chosen. Each adds a line to fit-trial-coverage.csv; a run goes
 * on where the last one stopped, and writes fit-trial-coverage.md over all lines. No trial is left out: a fit that did not
 * converge is counted, and has no interval. Delete the .csv when the truth, the plan or the model changes.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { contrast } from "../../src/inference/contrast.js";
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

const OUTPUT = new URL("fit-trial-coverage", import.meta.url).pathname;
const MODELS = ["individual", "stepped-wedge", "joint"] as const;
const COLUMNS = ["seed", "model", "converged", "singular", "estimate", "se", "lower", "upper"];

/** One line of the .csv: the 12-month effect of one fit. */
function lineOf(seed: number, model: string, fit: Fit & { readonly singular: boolean }, term: string): string {
  const row = Float64Array.from(fit.names, (name) => (name === term ? 1 : 0));
  const label = { name: term, measure: "mean-difference", unit: null, level: 0.95 };
  const numbers = (): string[] => {
    const { estimate, se, lower, upper } = contrast(fit, row, label);
    return [estimate, se, lower, upper].map((value) => value!.toFixed(6));
  };
  const values = fit.converged ? numbers() : ["", "", "", ""];
  return [seed, model, fit.converged ? 1 : 0, fit.singular ? 1 : 0, ...values].join(",");
}

function linesOfTrial(seed: number): string[] {
  const simulated = simulateTrial(truth, seed);
  const lines: string[] = [];
  const parts = (["A", "B"] as const).map((design) => {
    const name = DESIGNS[design];
    const { formula } = analysis<MixedAnalysis>(joint[name]);
    const frame = modelFrame({ formula: parseFormula(formula), table: tableOf(simulated, design) });
    const alone = fitLinearMixed(frame, { method: joint.method, df: joint.df });
    lines.push(lineOf(seed, name, alone, joint.effects[MONTH]![name]));
    return { name, frame, strata: null, effects: Object.values(joint.effects).map((effect) => effect[name]) };
  });
  const { frame, strata } = stackDesigns(parts, Object.keys(joint.effects));
  lines.push(lineOf(seed, "joint", fitResidualStrata(frame, strata, { method: joint.method, df: joint.df }), MONTH));
  return lines;
}

interface Row {
  readonly model: string;
  readonly converged: boolean;
  readonly singular: boolean;
  readonly estimate: number;
  readonly se: number;
  readonly isCovered: boolean;
}

function readRows(): Row[] {
  if (!existsSync(`${OUTPUT}.csv`)) return [];
  return readFileSync(`${OUTPUT}.csv`, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [, model, converged, singular, estimate, se, lower, upper] = line.split(",");
      const isCovered = Number(lower) <= EFFECT && EFFECT <= Number(upper);
      return {
        model: model!,
        converged: converged === "1",
        singular: singular === "1",
        estimate: Number(estimate),
        se: Number(se),
        isCovered,
      };
    });
}

const names = { individual: "design A", "stepped-wedge": "design B", joint: "A and B together" };
function summary(rows: readonly Row[], model: (typeof MODELS)[number]): string {
  const all = rows.filter((row) => row.model === model);
  const own = all.filter(({ converged }) => converged);
  const n = own.length;
  const mean = own.reduce((sum, { estimate }) => sum + estimate, 0) / n;
  const sd = Math.sqrt(own.reduce((sum, { estimate }) => sum + (estimate - mean) ** 2, 0) / (n - 1));
  const share = own.filter(({ isCovered }) => isCovered).length / n;
  return `| ${[
    names[model],
    `${all.length - n} of ${all.length}`,
    `${own.filter(({ singular }) => singular).length}`,
    `${(mean - EFFECT).toFixed(3)} (${(sd / Math.sqrt(n)).toFixed(3)})`,
    sd.toFixed(3),
    (own.reduce((sum, { se }) => sum + se, 0) / n).toFixed(3),
    `${(100 * share).toFixed(1)} % (${(100 * Math.sqrt((share * (1 - share)) / n)).toFixed(1)})`,
  ].join(" | ")} |`;
}

function report(rows: readonly Row[]): string {
  const trials = rows.length / MODELS.length;
  return [
    "# Coverage of the default plan in simulated FIT trials",
    "",
    `Made by fit-trial-coverage.ts: ${trials} trials of analyses/fit-simulation.yaml, seeds 1 to ${trials}; the 12-month effect,`,
    `declared as ${EFFECT} points; 95 % intervals of analyses/fit-joint (REML, ${joint.df}). Monte Carlo standard errors in brackets.`,
    "No trial is left out. Fits with a variance at zero are counted with the others.",
    "",
    "| analysis | unconverged | with a variance at zero | bias | SD of the estimates | mean SE | coverage |",
    "|---|---|---|---|---|---|---|",
    ...MODELS.map((model) => summary(rows, model)),
    "",
  ].join("\n");
}

const trials = Number(process.argv[2] ?? 1000);
if (!existsSync(`${OUTPUT}.csv`)) writeFileSync(`${OUTPUT}.csv`, `${COLUMNS.join(",")}\n`);
for (let seed = readRows().length / MODELS.length + 1; seed <= trials; seed++) {
  appendFileSync(`${OUTPUT}.csv`, `${linesOfTrial(seed).join("\n")}\n`);
}
writeFileSync(`${OUTPUT}.md`, report(readRows()));
