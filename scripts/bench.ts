/**
 * How long the estimators take, and R on the same data in the same run where `Rscript` is on the PATH.
 * Prints a table; asserts nothing. `npm run bench`, or `npm run bench -- pastes` for cases whose name has that text;
 * `npm run bench -- pastes cpu` counts processor time on both sides, where other work runs on the machine.
 *
 * Ours: model frame, fit, coefficients with df, p and intervals, in process, the median after a warm-up.
 * R's: the usual call and its summary with the same df, timed inside R (bench.R), without starting R or reading the
 * data. Where the package is not installed the column says "–"; repeated measures then have another line, against
 * nlme::gls, which does less. Data sets that are not in this repository are written by R from its packages.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Papa from "papaparse";
import { Bench } from "tinybench";
import { clustersBy } from "../src/analysis/robust-fit.js";
import type { ModelFrame } from "../src/formula/frame.js";
import { modelFrame } from "../src/formula/model-frame.js";
import { parseFormula } from "../src/formula/parse-formula.js";
import { survivalFrame } from "../src/formula/to-survival-frame.js";
import { assignmentsWithinStrata } from "../src/inference/assignment-set.js";
import { coefficientEstimates } from "../src/inference/coefficients.js";
import type { Fit } from "../src/inference/fit.js";
import { permutationReplicates } from "../src/inference/permutation.js";
import { fitGee } from "../src/linear/gee.js";
import type { MixedDf } from "../src/mixed/fixed-effect-inference.js";
import { fitGeneralisedLinearMixed } from "../src/mixed/generalised-linear-mixed.js";
import { fitLinearMixed } from "../src/mixed/linear-mixed.js";
import { fitRepeatedMeasures } from "../src/mixed/repeated-measures.js";
import { randomStream as seededStream } from "../src/numeric/random-stream.js";
import { clusterPeriodModel, shiftedEstimate } from "../src/stepped-wedge/cluster-period-reml.js";
import { clusterPeriods } from "../src/stepped-wedge/cluster-periods.js";
import { shiftedUnitEstimate, unitRefitter } from "../src/stepped-wedge/unit-refit.js";
import { cumulativeIncidence } from "../src/survival/competing-risks.js";
import { fitCox } from "../src/survival/cox.js";
import { fitFineGray } from "../src/survival/fine-gray.js";
import { fitGammaFrailty } from "../src/survival/frailty-gamma.js";
import { fitGaussianFrailty } from "../src/survival/frailty-gaussian.js";
import { grayTest } from "../src/survival/gray-test.js";
import { kaplanMeier } from "../src/survival/kaplan-meier.js";
import { logRank } from "../src/survival/log-rank.js";
import { rowsByGroup, survivalGroups } from "../src/survival/survival-groups.js";
import { survivalQuantile } from "../src/survival/survival-quantile.js";
import type { Column, Table } from "../src/table/table.js";

const root = resolve(import.meta.dirname, "..");
const asked = process.argv[2] ?? "";
const clock = process.argv[3] === "cpu" ? "cpu" : "wall";
const scratch = mkdtempSync(join(tmpdir(), "fit-rct-bench-"));

type Model =
  | "mixed"
  | "mmrm"
  | "quadrature"
  | "gee"
  | "kaplan-meier"
  | "competing-risks"
  | "fine-gray"
  | "cox"
  | "frailty";

interface Case {
  readonly name: string;
  readonly model: Model;
  /** R reads the same text. */
  readonly formula: string;
  /** Of mixed and mmrm; the others test by normal quantiles. */
  readonly df: MixedDf;
  readonly file: string;
  readonly ids: readonly string[];
  readonly factors: Readonly<Record<string, readonly string[]>>;
  readonly table: () => Table;
  /** Calls that R is timed over. */
  readonly repetitions: number;
}

const TREATMENT = { drug: ["No", "Yes"], duration: ["under_6m", "over_6m"], treatment: ["TAU", "BtheB"] };

const VISITS = Array.from({ length: 10 }, (_, v) => `v${String(v + 1).padStart(2, "0")}`);

interface PackageData {
  readonly packageName: string;
  /** An R expression for the data. */
  readonly script: string;
}

const EGSINGLE: PackageData = {
  packageName: "mlmRev",
  script: `with(mlmRev::egsingle, data.frame(school = schoolid, child = childid, year, math, female, lowinc))`,
};

const RESPIRATORY: PackageData = {
  packageName: "HSAUR3",
  script: `{
    all <- HSAUR3::respiratory
    start <- all[all$month == "0", ]
    visits <- all[all$month != "0", ]
    with(visits, data.frame(subject, centre, treatment, sex = gender, age,
      baseline = start$status[match(subject, start$subject)], good = as.numeric(status == "good")))
  }`,
};

/** 100 000 participants in three groups, followed in whole days for up to two years: most times are tied. */
const SURVIVAL: PackageData = {
  packageName: "survival",
  script: `{
    set.seed(11)
    n <- 1e5
    arm <- sample(c("A", "B", "C"), n, TRUE)
    time <- ceiling(rexp(n, c(A = 1, B = 0.8, C = 0.6)[arm] / 500))
    end <- ceiling(runif(n, 100, 730))
    data.frame(time = pmin(time, end), event = as.numeric(time <= end), arm)
  }`,
};

/** Participants with two competing endings, times in tenths of a week: dropout, planned ending, censoring. */
const endings = (rows: number): PackageData => ({
  packageName: "cmprsk",
  script: `{
    set.seed(12)
    n <- ${rows}
    arm <- sample(c("TAU", "FIT"), n, TRUE)
    age <- round(rnorm(n, 45, 12))
    time <- rexp(n, 1 / 30)
    end <- runif(n, 10, 60)
    cause <- sample(c("dropout", "planned"), n, TRUE, c(0.4, 0.6))
    data.frame(time = round(pmin(time, end), 1) + 0.1, cause = ifelse(time > end, "ongoing", cause), arm, age)
  }`,
});
/** Of the size of the trial eortc of coxme: 2323 participants of 37 centres, centres of very unequal sizes. */
const CENTRES: PackageData = {
  packageName: "survival",
  script: `{
    set.seed(13)
    n <- 2323
    centre <- sample(37, n, TRUE, 1 / (1:37))
    trt <- rbinom(n, 1, 0.5)
    time <- ceiling(rexp(n, exp(0.7 * trt + rnorm(37, 0, 0.35)[centre]) / 3000))
    end <- ceiling(runif(n, 500, 6000))
    data.frame(time = pmin(time, end), event = as.numeric(time <= end), trt, centre)
  }`,
};

/** 100 000 participants with five covariates, times in whole days. */
const HUNDRED_THOUSAND: PackageData = {
  packageName: "survival",
  script: `{
    set.seed(14)
    n <- 1e5
    x <- matrix(round(rnorm(5 * n), 3), n, dimnames = list(NULL, paste0("x", 1:5)))
    time <- ceiling(rexp(n, exp(x %*% c(0.3, -0.2, 0.1, 0, 0.4)) / 500))
    end <- ceiling(runif(n, 100, 730))
    data.frame(time = pmin(time, end), event = as.numeric(time <= end), x)
  }`,
};

const KIDNEY: PackageData = {
  packageName: "survival",
  script: `with(survival::kidney, data.frame(id, time, status, age, sex))`,
};

const ENDING_LEVELS = { cause: ["ongoing", "dropout", "planned"], arm: ["TAU", "FIT"] };

const cases: readonly Case[] = [
  reference("sleepstudy, slopes, Kenward–Roger", "mixed-sleepstudy", {
    formula: "reaction ~ days + (days | participant)",
    df: "kenward-roger",
    ids: ["participant"],
  }),
  reference("Beat the Blues by month, Kenward–Roger", "mixed-beat-the-blues", {
    formula: "bdi ~ bdi_pre + drug + duration + treatment * factor(month) + (1 | participant)",
    df: "kenward-roger",
    ids: ["participant"],
    factors: TREATMENT,
  }),
  reference("Penicillin, crossed, Kenward–Roger", "mixed-penicillin", {
    formula: "diameter ~ 1 + (1 | plate) + (1 | sample)",
    df: "kenward-roger",
    ids: ["plate", "sample"],
  }),
  reference("Pastes, nested, Kenward–Roger", "mixed-pastes", {
    formula: "strength ~ 1 + (1 | batch / cask)",
    df: "kenward-roger",
    ids: ["batch", "cask"],
  }),
  ...fromPackage("egsingle, three levels of growth, Satterthwaite", EGSINGLE, {
    formula: "math ~ year * female + lowinc + (year | school) + (year | child)",
    df: "satterthwaite",
    ids: ["school", "child"],
    factors: { female: ["Female", "Male"] },
    repetitions: 5,
  }),
  ...repeatedMeasures(),
  reference("Contraception, logistic, quadrature with 25 points", "glmm-contraception", {
    model: "quadrature",
    formula: "use ~ age + I(age^2) + urban + livch + (1 | district)",
    df: "normal",
    ids: ["district"],
    factors: { urban: ["N", "Y"], livch: ["0", "1", "2", "3+"] },
    repetitions: 5,
  }),
  ...fromPackage("respiratory, GEE, exchangeable", RESPIRATORY, {
    model: "gee",
    formula: "good ~ centre + treatment + sex + baseline + age",
    df: "normal",
    ids: ["subject"],
    factors: {
      centre: ["1", "2"],
      treatment: ["placebo", "treatment"],
      sex: ["female", "male"],
      baseline: ["poor", "good"],
    },
  }),
  ...steppedWedge(),
  ...fromPackage("Cox, 2323 participants, robust by 37 centres", CENTRES, {
    model: "cox",
    formula: "Surv(time, event) ~ trt + cluster(centre)",
    df: "normal",
    ids: ["centre"],
    repetitions: 11,
  }),
  ...fromPackage("Cox, 100 000 participants, 5 covariates", HUNDRED_THOUSAND, {
    model: "cox",
    formula: "Surv(time, event) ~ x1 + x2 + x3 + x4 + x5",
    df: "normal",
    ids: [],
    repetitions: 3,
  }),
  ...fromPackage("Gaussian frailty, 2323 participants, 37 centres", CENTRES, {
    model: "frailty",
    formula: "Surv(time, event) ~ trt + (1 | centre)",
    df: "normal",
    ids: ["centre"],
    repetitions: 5,
  }),
  ...fromPackage("gamma frailty, kidney", KIDNEY, {
    model: "frailty",
    formula: "Surv(time, status) ~ age + sex + frailty(id, gamma)",
    df: "normal",
    ids: ["id"],
    repetitions: 11,
  }),
  ...fromPackage("2000 rows, Fine–Gray", endings(2000), {
    model: "fine-gray",
    formula: "Surv(time, cause) ~ arm + age",
    df: "normal",
    ids: [],
    factors: ENDING_LEVELS,
    repetitions: 5,
  }),
  ...fromPackage("20 000 rows, cumulative incidence, Gray's test", endings(20000), {
    model: "competing-risks",
    formula: "Surv(time, cause) ~ arm",
    df: "normal",
    ids: [],
    factors: ENDING_LEVELS,
    repetitions: 5,
  }),
  ...fromPackage("100 000 rows, Kaplan–Meier, medians, log-rank", SURVIVAL, {
    model: "kaplan-meier",
    formula: "Surv(time, event) ~ arm",
    df: "normal",
    ids: [],
    factors: { arm: ["A", "B", "C"] },
    repetitions: 5,
  }),
];

type CaseInput = Pick<Case, "formula" | "df" | "ids"> & Partial<Pick<Case, "model" | "factors" | "repetitions">>;

function ofFile(name: string, file: string, { ids, factors = {}, ...rest }: CaseInput): Case {
  const table = () => readTable(file, ids, factors);
  return { name, model: "mixed", file, ids, factors, table, repetitions: 11, ...rest };
}

function reference(name: string, folder: string, input: CaseInput): Case {
  return ofFile(name, join(root, "test/reference", folder, "data.csv"), input);
}

/** A case on data that R writes from one of its packages; none where that cannot be had. */
function fromPackage(name: string, { packageName, script }: PackageData, input: CaseInput): Case[] {
  if (!name.includes(asked)) return [];
  // Cases may have different data of one package.
  const file = join(scratch, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.csv`);
  const { status } = spawnSync("Rscript", ["-e", `data <- ${script}; write.csv(data, "${file}", row.names = FALSE)`]);
  if (status === 0) return [ofFile(name, file, input)];
  console.log(`${name}: left out, its data come from the R package ${packageName}.`);
  return [];
}

/** The published example of mmrm, read where it is shared, and a large trial. */
function repeatedMeasures(): Case[] {
  const file = resolve(root, "../shared/cases/fev-mmrm/data.csv");
  const fev = ofFile("fev, repeated measures, unstructured, Kenward–Roger", file, {
    model: "mmrm",
    formula: "fev1 ~ race + sex + armcd * avisit + us(avisit | usubjid)",
    df: "kenward-roger",
    ids: ["usubjid"],
    factors: {
      avisit: ["VIS1", "VIS2", "VIS3", "VIS4"],
      armcd: ["PBO", "TRT"],
      race: ["Asian", "Black_or_African_American", "White"],
      sex: ["Male", "Female"],
    },
  });
  if (!existsSync(file)) console.log(`${fev.name}: left out, its data are not at ${file}.`);
  const large = "repeated measures, 10 visits, 1000 participants, Satterthwaite";
  const simulated = join(scratch, "visits.csv");
  if (large.includes(asked)) simulateVisits(simulated);
  return [
    ...(existsSync(file) ? [fev] : []),
    ofFile(large, simulated, {
      model: "mmrm",
      formula: "y ~ x + arm * visit + us(visit | id)",
      df: "satterthwaite",
      ids: ["id"],
      factors: { arm: ["a", "b"], visit: VISITS },
      repetitions: 5,
    }),
  ];
}

/**
 * Ten visits of 1000 participants, variances that grow and correlations that fall with the time between; 4 in 100 visits
 * missed, and from the second visit on 3 in 100 participants leave at each. Always the same.
 */
function simulateVisits(file: string): void {
  const { normal, uniform } = randomStream(20261122);
  const lines = ["id,arm,x,visit,y"];
  for (let id = 0; id < 1000; id++) {
    const arm = id % 2;
    const x = Math.round(normal() * 1e3) / 1e3;
    const level = 3 * normal();
    let state = 2 * normal();
    for (let visit = 0; visit < VISITS.length; visit++) {
      if (visit > 0 && uniform() < 0.023) break;
      state = 0.7 * state + (1.5 + 0.1 * visit) * normal();
      const y = 20 + 2 * x - 0.3 * visit - 0.2 * arm * visit + level + state + normal();
      if (uniform() >= 0.04) lines.push(`${id},${arm === 0 ? "a" : "b"},${x},${VISITS[visit]},${y.toFixed(3)}`);
    }
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
}

function steppedWedge(): Case[] {
  const name = "stepped wedge, 2011 rows in 15 units, nested exchangeable, Kenward–Roger";
  const file = join(scratch, "wedge.csv");
  if (name.includes(asked)) simulateWedge(file);
  return [
    ofFile(name, file, {
      model: "mixed",
      formula: "y ~ factor(period) + treated + (1 | unit) + (1 | unit:period)",
      df: "kenward-roger",
      ids: ["unit"],
      repetitions: 1,
    }),
  ];
}

/** 15 units that switch in five sequences over six periods, 2011 rows. Always the same. */
function simulateWedge(file: string): void {
  const { normal } = randomStream(20241001);
  const [units, periods] = [15, 6];
  const level = Array.from({ length: units }, () => 2 * normal());
  const cell = Array.from({ length: units * periods }, () => 1.2 * normal());
  const lines = ["unit,period,treated,y"];
  for (let i = 0; i < 2011; i++) {
    const unit = i % units;
    const period = Math.floor(i / units) % periods;
    const treated = period > unit % 5 ? 1 : 0;
    const y = 20 + 0.3 * period + treated + level[unit]! + cell[unit * periods + period]! + 5 * normal();
    lines.push(`u${unit},${period + 1},${treated},${y.toFixed(3)}`);
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
}

// ── a million rows ──────────────────────────────────────────────────────────────────────────────

const ROWS = 1_000_000;
const CLUSTERS = 10_000;

/** y = 10 + 0.5 x + t + b_g + e: x a number, t the cluster's arm, 10 000 clusters of 100 rows. Always the same. */
function simulateMillion(): Table {
  const { normal } = randomStream(20240919);
  const cluster = Float64Array.from({ length: CLUSTERS }, () => 2 * normal());
  const codes = Int32Array.from({ length: ROWS }, (_, i) => i % CLUSTERS);
  const x = new Float64Array(ROWS);
  const t = Float64Array.from(codes, (g) => g % 2);
  const y = new Float64Array(ROWS);
  for (let i = 0; i < ROWS; i++) {
    x[i] = Math.round(normal() * 1e4) / 1e4;
    y[i] = Math.round((10 + 0.5 * x[i]! + t[i]! + cluster[codes[i]!]! + 4 * normal()) * 1e4) / 1e4;
  }
  const number = (values: Float64Array): Column => ({ kind: "number", type: "number", values, unit: null });
  const levels = Array.from({ length: CLUSTERS }, (_, g) => `g${g}`);
  return {
    name: "million.csv",
    rows: ROWS,
    columns: new Map<string, Column>([
      ["y", number(y)],
      ["x", number(x)],
      ["t", number(t)],
      ["g", { kind: "category", type: "id", codes, levels }],
    ]),
    lines: null,
  };
}

/** A 32-bit counter hash, and standard normals from it by Box and Muller: the same everywhere, to the last rounding. */
function randomStream(seed: number) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

function writeMillion(table: Table, file: string): void {
  const values = (name: string) => (table.columns.get(name) as Column & { kind: "number" }).values;
  const [y, x, t] = [values("y"), values("x"), values("t")];
  const { codes } = table.columns.get("g") as Column & { kind: "category" };
  const lines = ["y,x,t,g"];
  for (let i = 0; i < ROWS; i++) lines.push(`${y[i]},${x[i]},${t[i]},g${codes[i]}`);
  writeFileSync(file, `${lines.join("\n")}\n`);
}

// ── timing ──────────────────────────────────────────────────────────────────────────────────────

type Analysed = Pick<Case, "model" | "formula" | "df" | "ids">;

function analyse(one: Analysed, table: Table): void {
  if (one.model === "kaplan-meier") {
    compareSurvival(one, table);
    return;
  }
  if (one.model === "competing-risks" || one.model === "fine-gray") {
    analyseEndings(one, table);
    return;
  }
  if (one.model === "cox" || one.model === "frailty") {
    analyseHazard(one, table);
    return;
  }
  const specials = one.model === "mmrm" ? (["covariance"] as const) : [];
  const frame = modelFrame({ formula: parseFormula(one.formula), table, specials });
  const fit = fitModel(one, frame, table);
  if (!fit.converged) throw new Error("the fit did not converge");
  coefficientEstimates(fit, frame, null, 0.95);
}

function analyseHazard({ formula, model }: Analysed, table: Table): void {
  const frame = survivalFrame({ formula: parseFormula(formula), table, specials: ["cluster", "frailty"] });
  const [special] = frame.special;
  const fit =
    model === "cox"
      ? fitCox(frame)
      : special?.term.kind === "frailty"
        ? fitGammaFrailty(frame, { group: special.term.column, ...special.group })
        : fitGaussianFrailty(frame);
  if (!fit.converged) throw new Error("the fit did not converge");
}

function analyseEndings({ formula, model }: Analysed, table: Table): void {
  const frame = survivalFrame({ formula: parseFormula(formula), table, censored: "ongoing" });
  if (model === "fine-gray") {
    fitFineGray(frame, { event: 1 });
    return;
  }
  const groups = survivalGroups(frame, table, "", []);
  for (const rows of rowsByGroup(groups)) cumulativeIncidence(frame.outcome, rows);
  frame.outcome.causes.forEach((_, cause) => {
    grayTest(frame.outcome, cause, groups);
  });
}

function compareSurvival({ formula }: Analysed, table: Table): void {
  const frame = survivalFrame({ formula: parseFormula(formula), table });
  const groups = survivalGroups(frame, table, "", []);
  for (const rows of rowsByGroup(groups)) {
    survivalQuantile(kaplanMeier(frame.outcome, null, rows), 0.5, "log-log", 0.95);
  }
  logRank(frame.outcome, groups);
}

function fitModel({ model, df, ids }: Analysed, frame: ModelFrame, table: Table): Fit {
  switch (model) {
    case "mixed":
      return fitLinearMixed(frame, { df });
    case "mmrm": {
      const { term, group, visit } = frame.special[0]!;
      if (term.kind !== "covariance") throw new Error("no covariance structure");
      const measures = { participant: term.group, visit: term.visit, participants: group, visits: visit! };
      return fitRepeatedMeasures(frame, measures, { structure: term.structure, df });
    }
    case "quadrature":
      return fitGeneralisedLinearMixed(frame, { family: "binomial", quadrature: 25 });
    case "gee":
      return fitGee(frame, {
        family: "binomial",
        clusters: clustersBy(table, frame, ids[0]!),
        correlation: "exchangeable",
      });
    case "cox":
    case "frailty":
    case "competing-risks":
    case "fine-gray":
    case "kaplan-meier":
      throw new Error("has no coefficients");
  }
}

/** ms that this process has used of the processors, all threads together. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Median in ms of an analysis in this process. */
async function timeOurs(one: Case): Promise<number> {
  const table = one.table();
  const bench = new Bench({ time: 500, warmupTime: 200, ...(clock === "cpu" ? { now: processorTime } : {}) });
  bench.add(one.name, () => analyse(one, table));
  await bench.run();
  const result = bench.tasks[0]!.result;
  if (result.state === "errored") throw new Error(one.name, { cause: result.error });
  if (!("latency" in result)) throw new Error(`${one.name}: ${result.state}`);
  return result.latency.p50;
}

interface RTiming {
  readonly ms: number;
  readonly megabytes: number;
  /** What R was timed on instead, which does less than asked; null for the call itself. */
  readonly standIn: string | null;
  /** R had not finished after this time. */
  readonly stopped: boolean;
}

/** What bench.R measures of the cases, by name; empty without R. */
function timeR(timed: readonly Omit<Case, "table">[]): ReadonlyMap<string, RTiming> {
  const file = join(scratch, "cases.json");
  writeFileSync(file, JSON.stringify(timed));
  const { status, stdout, stderr, error } = spawnSync("Rscript", [join(root, "scripts/bench.R"), file, clock], {
    encoding: "utf8",
  });
  if (error !== undefined) {
    console.log("Rscript is not on the PATH: no timings of R.");
    return new Map();
  }
  if (status !== 0) console.log(`bench.R stopped: ${stderr.trim()}`);
  return new Map(
    stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as RTiming & { name: string })
      .map(({ name, ...timing }) => [name, { ...timing, standIn: timing.standIn ?? null }]),
  );
}

function timeCommandLine(): number | null {
  const program = join(root, "dist/analyze.js");
  if (!existsSync(program)) return null;
  const plan = join(root, "analyses/beat-the-blues/plan.yaml");
  const times = Array.from({ length: 8 }, () => {
    const start = performance.now();
    const { status, stderr } = spawnSync(
      process.execPath,
      [program, "run", plan, "--results-only", "--out", join(scratch, "run")],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`analyze exited with ${status}: ${stderr}`);
    return performance.now() - start;
  });
  const measured = times.slice(1).sort((a, b) => a - b);
  return measured[Math.floor(measured.length / 2)]!;
}

// ── reading and printing ────────────────────────────────────────────────────────────────────────

function readTable(file: string, ids: readonly string[], factors: Case["factors"]): Table {
  const { data, meta } = Papa.parse<Record<string, string>>(readFileSync(file, "utf8"), {
    header: true,
    skipEmptyLines: true,
  });
  const column = (name: string): Column => {
    const texts = data.map((row) => row[name] ?? "");
    const declared = factors[name];
    if (declared === undefined && !ids.includes(name))
      return {
        kind: "number",
        type: "number",
        values: Float64Array.from(texts, (text) => (text === "" ? Number.NaN : Number(text))),
        unit: null,
      };
    const index = new Map(
      (declared ?? [...new Set(texts.filter((text) => text !== ""))]).map((level, i) => [level, i]),
    );
    return {
      kind: "category",
      type: declared === undefined ? "id" : "factor",
      codes: Int32Array.from(texts, (text) => index.get(text) ?? -1),
      levels: [...index.keys()],
    };
  };
  return {
    name: "data.csv",
    rows: data.length,
    columns: new Map((meta.fields ?? []).map((name) => [name, column(name)])),
    lines: null,
  };
}

const milliseconds = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? "–" : ms < 100 ? ms.toPrecision(3) : ms.toFixed(0);

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, j) => Math.max(...rows.map((row) => row[j]!.length)));
  for (const row of rows)
    console.log(row.map((cell, j) => (j === 0 ? cell.padEnd(widths[j]!) : cell.padStart(widths[j]!))).join("  "));
}

/** 480 rows in 4 sequences of 3 units; the REML of the cells is fitted some nine times for each assignment. */
function timePermutations(): number {
  const stream = seededStream(1, "bench", 0);
  const rows = Array.from({ length: 480 }, (_, i) => ({ unit: Math.floor(i / 40), period: Math.floor(i / 8) % 5 }));
  const observed = Int32Array.from({ length: 12 }, (_, unit) => 1 + (unit % 4));
  const units = Array.from({ length: 12 }, () => 2 * stream.normal());
  const inCells = Array.from({ length: 60 }, () => 1.5 * stream.normal());
  const cells = clusterPeriods({
    outcome: Float64Array.from(
      rows,
      ({ unit, period }) => 20 + period + units[unit]! + inCells[unit * 5 + period]! + 5 * stream.normal(),
    ),
    unit: Int32Array.from(rows, ({ unit }) => unit),
    period: Int32Array.from(rows, ({ period }) => period),
    treated: Float64Array.from(rows, ({ unit, period }) => (period >= observed[unit]! ? 1 : 0)),
    units: 12,
    periods: 5,
  });
  const model = clusterPeriodModel(cells, "nested-exchangeable");
  const treatment = (switches: Int32Array) =>
    cells.treated.map((_, cell) => (cell % 5 >= switches[Math.floor(cell / 5)]! ? 1 : 0));
  const statistic = (switches: Int32Array, shift: number) => shiftedEstimate(model, treatment(switches), cells, shift);
  const { estimate } = statistic(observed, 0);
  const set = assignmentsWithinStrata(observed, new Int32Array(12));
  const request = { exact: false, count: 1000, seed: 1, purpose: "bench", estimate, interval: true };
  const start = performance.now();
  permutationReplicates({ set, observed, statistic }, request, 0, 1000);
  return performance.now() - start;
}

const ROW_PERMUTATIONS = {
  "a covariate": "y ~ factor(period) + treated + age + (1 | unit) + (1 | unit:period)",
  "clients who come back": "y ~ factor(period) + treated + (1 | unit) + (1 | unit:period) + (1 | client)",
} as const;

/** 2011 rows in 15 units over six periods, clients of up to six visits; 199 draws, each fitted some ten times. */
function timeRowPermutations(formula: string): number {
  const stream = seededStream(2, "bench", 0);
  const [units, periods, n] = [15, 6, 2011];
  const normals = (length: number, sd: number): Float64Array =>
    Float64Array.from({ length }, () => sd * stream.normal());
  const ofUnit = normals(units, 2);
  const ofCell = normals(units * periods, 1.2);
  const ofClient = normals(n, 2);
  const rows = Array.from({ length: n }, (_, i) => {
    const [unit, visit] = [i % units, Math.floor(i / units)];
    return { unit, period: visit % periods, client: unit + units * Math.floor(visit / periods) };
  });
  const observed = Int32Array.from({ length: units }, (_, unit) => 1 + (unit % 5));
  const age = normals(n, 10);
  const received = Float64Array.from(rows, ({ unit, period }) => (period >= observed[unit]! ? 1 : 0));
  const y = Float64Array.from(
    rows,
    ({ unit, period, client }, i) =>
      20 + received[i]! + ofUnit[unit]! + ofCell[unit * periods + period]! + ofClient[client]! + 5 * stream.normal(),
  );
  const number = (values: Float64Array): Column => ({ kind: "number", type: "number", values, unit: null });
  const id = (codes: Int32Array): Column => ({
    kind: "category",
    type: "id",
    codes,
    levels: Array.from({ length: 1 + Math.max(...codes) }, (_, level) => `${level}`),
  });
  const unit = Int32Array.from(rows, (row) => row.unit);
  const table: Table = {
    name: "wedge",
    rows: n,
    lines: null,
    columns: new Map([
      ["unit", id(unit)],
      ["client", id(Int32Array.from(rows, ({ client }) => client))],
      ["period", number(Float64Array.from(rows, ({ period }) => period))],
      ["treated", number(received)],
      ["age", number(age)],
      ["y", number(y)],
    ]),
  };
  const { X, names, Z } = modelFrame({ formula: parseFormula(formula), table });
  const treated = names.indexOf("treated");
  const treatments = Array.from({ length: periods + 1 }, (_, switched) =>
    Float64Array.from(rows, ({ period }) => (period >= switched ? 1 : 0)),
  );
  const start = performance.now();
  const refit = unitRefitter(
    {
      unit,
      units,
      others: { rows: n, cols: X.cols - 1, data: X.data.filter((_, i) => i % X.cols !== treated) },
      outcome: y,
      received,
      treatment: (switched) => treatments[switched]!,
      Z,
      ofTreatment: new Set(),
      decay: null,
    },
    observed,
    "REML",
  );
  const statistic = shiftedUnitEstimate(refit);
  const { estimate } = statistic(observed, 0);
  const set = assignmentsWithinStrata(observed, new Int32Array(units));
  const request = { exact: false, count: 199, seed: 1, purpose: "bench", estimate, interval: true };
  permutationReplicates({ set, observed, statistic }, request, 0, 199);
  return performance.now() - start;
}

async function main(): Promise<void> {
  const chosen = cases.filter(({ name }) => name.includes(asked));
  const rows: string[][] = [["case", "ours ms", "R ms", "R / ours"]];
  const addRow = (name: string, ours: number | null, r: number | undefined, more = "") =>
    rows.push([
      name,
      milliseconds(ours),
      r === undefined ? "–" : more + milliseconds(r),
      ours === null || r === undefined ? "–" : more + (r / ours).toFixed(1),
    ]);

  const inR = timeR(chosen);
  for (const one of chosen) {
    const ours = await timeOurs(one);
    const { ms, standIn = null, stopped = false } = inR.get(one.name) ?? {};
    addRow(one.name, ours, standIn === null ? ms : undefined);
    if (standIn !== null) addRow(`  R here: ${standIn}`, ours, ms, stopped ? "> " : "");
  }

  const notes: string[] = [];
  const million = `${ROWS} rows in ${CLUSTERS} clusters`;
  if (million.includes(asked)) {
    const model: Model = "mixed";
    const one = { name: million, model, formula: "y ~ x + t + (1 | g)", ids: ["g"], factors: {}, repetitions: 1 };
    const table = simulateMillion();
    for (const df of ["normal", "satterthwaite"] as const) {
      const name = `${million}, ${df}`;
      const before = process.memoryUsage().rss;
      const start = performance.now();
      analyse({ ...one, df }, table);
      const ours = performance.now() - start;
      const after = process.memoryUsage().rss;
      const peak = process.resourceUsage().maxRSS * 1024;
      const file = join(scratch, "million.csv");
      if (!existsSync(file)) writeMillion(table, file);
      const r = timeR([{ ...one, name, df, file }]).get(name);
      addRow(name, ours, r?.ms);
      notes.push(
        `${name}: memory ${megabytes(before)} before (the table included), ${megabytes(after)} after, at most ${megabytes(peak)}` +
          (r === undefined ? "" : `; R's heap at most ${Math.round(r.megabytes)} MB`),
      );
    }
  }
  const permuted = "1000 permutations of 12 units in 5 periods, nested exchangeable, with interval, one core";
  if (permuted.includes(asked)) addRow(permuted, timePermutations(), undefined);
  for (const [what, formula] of Object.entries(ROW_PERMUTATIONS)) {
    const name = `199 permutations of 15 units, 2011 rows with ${what}, with interval, one core`;
    if (name.includes(asked)) addRow(name, timeRowPermutations(formula), undefined);
  }
  const command = "analyze run analyses/beat-the-blues/plan.yaml --results-only";
  if (command.includes(asked)) {
    const ours = timeCommandLine();
    addRow(command, ours, undefined);
    if (ours === null) notes.push("dist/analyze.js is not built: the command line was not timed.");
  }
  printTable(rows);
  for (const note of notes) console.log(note);
}

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
