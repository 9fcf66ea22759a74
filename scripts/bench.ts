/**
 * How long the estimators take, and R on the same data in the same run where `Rscript` is on the PATH.
 * Prints a table; asserts nothing. `npm run bench`, or `npm run bench -- pastes` for cases whose name has that text.
 *
 * Ours: model frame, fit, coefficients with df, p and intervals, in process, the median after a warm-up.
 * R's: lmer and summary with the same df, timed inside R (bench.R), without starting R or reading the data.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Papa from "papaparse";
import { Bench } from "tinybench";
import { modelFrame } from "../src/formula/model-frame.js";
import { parseFormula } from "../src/formula/parse-formula.js";
import { coefficientEstimates } from "../src/inference/coefficients.js";
import type { MixedDf } from "../src/mixed/fixed-effect-inference.js";
import { fitLinearMixed } from "../src/mixed/linear-mixed.js";
import type { Column, Table } from "../src/table/table.js";

const root = resolve(import.meta.dirname, "..");
const asked = process.argv[2] ?? "";
const scratch = mkdtempSync(join(tmpdir(), "fit-rct-bench-"));

interface Case {
  readonly name: string;
  /** R reads the same text. */
  readonly formula: string;
  readonly df: MixedDf;
  readonly file: string;
  readonly ids: readonly string[];
  readonly factors: Readonly<Record<string, readonly string[]>>;
  readonly table: () => Table;
  /** Calls that R is timed over. */
  readonly repetitions: number;
}

const TREATMENT = { drug: ["No", "Yes"], duration: ["under_6m", "over_6m"], treatment: ["TAU", "BtheB"] };

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
  reference("egsingle, three levels, Satterthwaite", "mixed-egsingle", {
    formula: "math ~ year + (year | school) + (year | child)",
    df: "satterthwaite",
    ids: ["school", "child"],
  }),
];

function reference(
  name: string,
  folder: string,
  { formula, df, ids, factors = {} }: Pick<Case, "formula" | "df" | "ids"> & Partial<Pick<Case, "factors">>,
): Case {
  const file = join(root, "test/reference", folder, "data.csv");
  return { name, formula, df, file, ids, factors, table: () => readTable(file, ids, factors), repetitions: 11 };
}

// ── a million rows ──────────────────────────────────────────────────────────────────────────────

const ROWS = 1_000_000;
const CLUSTERS = 10_000;

/** y = 10 + 0.5 x + t + b_g + e: x a number, t the cluster's arm, 10 000 clusters of 100 rows. Always the same. */
function simulateMillion(): Table {
  const normal = normalStream(20240919);
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

/** Standard normals by Box and Muller over a 32-bit counter hash: the same on every machine, to the last rounding. */
function normalStream(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
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

function analyse({ formula, df }: Pick<Case, "formula" | "df">, table: Table): void {
  const frame = modelFrame({ formula: parseFormula(formula), table });
  const fit = fitLinearMixed(frame, { df });
  coefficientEstimates(fit, frame, null, 0.95);
}

/** Median in ms of an analysis in this process. */
async function timeOurs(one: Case): Promise<number> {
  const table = one.table();
  const bench = new Bench({ time: 500, warmupTime: 200 });
  bench.add(one.name, () => analyse(one, table));
  await bench.run();
  const result = bench.tasks[0]!.result;
  if (!("latency" in result)) throw new Error(`${one.name}: ${result.state}`);
  return result.latency.p50;
}

interface RTiming {
  readonly ms: number;
  readonly megabytes: number;
}

/** What bench.R measures of the cases, by name; empty without R. */
function timeR(timed: readonly Omit<Case, "table">[]): ReadonlyMap<string, RTiming> {
  const file = join(scratch, "cases.json");
  writeFileSync(file, JSON.stringify(timed));
  const { status, stdout, stderr, error } = spawnSync("Rscript", [join(root, "scripts/bench.R"), file], {
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
      .map(({ name, ms, megabytes }) => [name, { ms, megabytes }]),
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

async function main(): Promise<void> {
  const chosen = cases.filter(({ name }) => name.includes(asked));
  const rows: string[][] = [["case", "ours ms", "R ms", "R / ours"]];
  const addRow = (name: string, ours: number | null, r: number | undefined) =>
    rows.push([
      name,
      milliseconds(ours),
      milliseconds(r),
      ours === null || r === undefined ? "–" : (r / ours).toFixed(1),
    ]);

  const inR = timeR(chosen);
  for (const one of chosen) addRow(one.name, await timeOurs(one), inR.get(one.name)?.ms);

  const notes: string[] = [];
  const million = `${ROWS} rows in ${CLUSTERS} clusters`;
  if (million.includes(asked)) {
    const one = { name: million, formula: "y ~ x + t + (1 | g)", ids: ["g"], factors: {}, repetitions: 1 };
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
