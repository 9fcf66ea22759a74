/** Figures and report of a run as files. Apart from run.ts so that --results-only never loads Vega. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Run } from "../analysis/results.js";
import { figureFiles, figures } from "../figure/figures.js";
import type { Language } from "../plan/plan-language.js";
import { withLevelLabels } from "../report/level-labels.js";
import { renderReport } from "../report/render-report.js";
import { texts } from "../report/texts.js";
import type { OutputFile } from "./write-run.js";

export async function renderFiles(run: Run, language: Language): Promise<OutputFile[]> {
  const shown = withLevelLabels(run, texts[language]);
  const drawn = await figures(shown, texts[language].figure);
  const report = await renderReport(shown, { language, figures: drawn, vegaRuntime: await readVegaRuntime() });
  return [{ name: "report.html", text: report }, ...drawn.flatMap(figureFiles)];
}

/** The script that makes the report's figures live, beside the built program; null when the program is not built. */
async function readVegaRuntime(): Promise<string | null> {
  try {
    return await readFile(fileURLToPath(new URL("./live-figures.js", import.meta.url)), "utf8");
  } catch {
    return null;
  }
}
