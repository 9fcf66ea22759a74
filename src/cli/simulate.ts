/** `analyze simulate FILE`: the data files of a simulated trial. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { outputIsFile, outputNotWritable, ProblemError, simulationNotOurs } from "../problem.js";
import { parseSimulation } from "../simulate/parse-simulation.js";
import { type RenderedFile, renderTrial } from "../simulate/render-trial.js";
import { simulateTrial } from "../simulate/simulate-trial.js";
import { SIMULATION_FORMAT } from "../simulate/simulation.js";
import type { Command } from "./analyze.js";
import { findProject } from "./project.js";
import { readText, shownPath, systemReason } from "./read-plan.js";
import { sha256 } from "./sha256.js";

/** Says that the files beside it are simulated, from what, and what their contents were. */
export const SIMULATED_FILE = "simulated.json";

export const simulate: Command = async ({ target, seed: asked, out }, io) => {
  const path = resolve(io.cwd, target!);
  const text = await readText(path, io.cwd);
  const simulation = parseSimulation(text, shownPath(path, io.cwd));
  const seed = asked ?? simulation.seed;
  const stem = basename(path, extname(path));
  const folder = out === null ? join(findProject(io.cwd) ?? io.cwd, "data", stem) : resolve(io.cwd, out);
  const shown = shownPath(folder, io.cwd);

  const trial = simulateTrial(simulation, seed);
  const data = renderTrial(trial);
  const about = {
    simulated: SIMULATION_FORMAT,
    title: simulation.title,
    seed,
    simulation: sha256(text),
    files: Object.fromEntries(data.map((file) => [file.name, sha256(file.text)])),
  };
  await writeFiles(folder, shown, [...data, { name: SIMULATED_FILE, text: `${JSON.stringify(about, null, 2)}\n` }]);
  io.out(
    `Simulated with seed ${seed}: ${trial.clients.length} clients of ${trial.staff.length} staff in ${trial.units.length} units. ` +
      `Written to ${shown}: ${[...data.map(({ name }) => name), SIMULATED_FILE].join(", ")}.\n`,
  );
  return 0;
};

/** All under temporary names first, then renamed. Nothing that was not simulated is replaced. */
async function writeFiles(folder: string, shown: string, files: readonly RenderedFile[]): Promise<void> {
  const temporary = (name: string): string => join(folder, `.${name}.new`);
  try {
    await mkdir(folder, { recursive: true });
    const strangers = await strangersAmong(folder, files);
    if (strangers.length > 0) throw new ProblemError(strangers.map((name) => simulationNotOurs(join(shown, name))));
    for (const { name, text } of files) await writeFile(temporary(name), text);
    for (const { name } of files) await rename(temporary(name), join(folder, name));
  } catch (error) {
    for (const { name } of files) await rm(temporary(name), { force: true }).catch(() => undefined);
    if (error instanceof ProblemError) throw error;
    const { code } = error as { code?: string };
    throw new ProblemError([
      code === "EEXIST" || code === "ENOTDIR" ? outputIsFile(shown) : outputNotWritable(shown, systemReason(code)),
    ]);
  }
}

/** Files in the way that are not as an earlier simulation wrote them. */
async function strangersAmong(folder: string, files: readonly RenderedFile[]): Promise<string[]> {
  const known = await simulatedHashes(folder);
  const strangers: string[] = [];
  for (const { name } of files) {
    const path = join(folder, name);
    if (name === SIMULATED_FILE ? known !== null : !existsSync(path)) continue;
    if (!existsSync(path)) continue;
    if (name === SIMULATED_FILE || sha256(await readFile(path)) !== known?.[name]) strangers.push(name);
  }
  return strangers;
}

/** What simulated.json says of the files; null when there is none. */
async function simulatedHashes(folder: string): Promise<Record<string, string> | null> {
  try {
    const about: unknown = JSON.parse(await readFile(join(folder, SIMULATED_FILE), "utf8"));
    return (about as { files?: Record<string, string> }).files ?? null;
  } catch {
    return null;
  }
}
