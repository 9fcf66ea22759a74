/** What the tests of commands share: a trial in a temporary folder, and `analyze` with its output caught. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { analyze, type ExitStatus } from "../../src/cli/analyze.js";

export const planText = `plan: fit-rct/1
title: A small trial
seed: 7
data: { file: data.csv }
columns:
  g: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  x: { type: number, range: [0, 10] }
  y: { type: number, unit: points }
analyses:
  - { id: mixed, model: mixed, formula: y ~ arm + x + (1 | g), role: primary, means: { of: arm } }
  - { id: linear, model: linear, formula: y ~ arm + x, where: x > 0 }
`;

/** Eight clusters of five, four in each arm; x 0…4; no randomness. */
export const dataText = `g,arm,x,y\n${Array.from({ length: 40 }, (_, i) => {
  const g = Math.floor(i / 5);
  const x = i % 5;
  const y = 10 + ((g * 7) % 5) + 2 * (g % 2) + 0.5 * x + ((i * 13) % 11) / 5;
  return `${g},${g % 2 === 0 ? "TAU" : "FIT"},${x},${y}`;
}).join("\n")}\n`;

export interface Trial {
  readonly folder: string;
  readonly file: (name: string) => string;
  readonly write: (name: string, text: string | Uint8Array) => void;
  readonly run: (...argv: string[]) => Promise<{ status: ExitStatus; out: string; err: string }>;
}

/** A folder with plan.yaml and data.csv, removed when the test is done. */
export function smallTrial(plan = planText, data = dataText): Trial {
  const folder = mkdtempSync(join(tmpdir(), "fit-rct-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string): string => join(folder, name);
  const write = (name: string, text: string | Uint8Array): void => writeFileSync(file(name), text);
  write("plan.yaml", plan);
  write("data.csv", data);
  return { folder, file, write, run: (...argv) => runIn(folder, argv) };
}

/** Run the command line in a folder. The clock stands still. */
export async function runIn(
  cwd: string,
  argv: readonly string[],
): Promise<{ status: ExitStatus; out: string; err: string }> {
  let out = "";
  let err = "";
  const status = await analyze(argv, {
    cwd,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    isTerminal: false,
    now: () => new Date("2026-11-22T12:00:00Z"),
  });
  return { status, out, err };
}
