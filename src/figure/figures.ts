/**
 * Every figure of a run:  AnalysisDisplay, Estimate ─▶ Vega-Lite specification ─▶ SVG.
 * Files: `figures/<analysis>-<kind>.vl.json` and `.svg`.
 */
import type { AnalysisDisplay, AnalysisResult, Run } from "../analysis/results.js";
import { showBidiControls } from "./bidi-controls.js";
import { clusterPeriodMeans } from "./cluster-period-means.js";
import { withFullMeasure } from "./estimate-name.js";
import { eventCurves } from "./event-curves.js";
import { evidencePlot, evidenceScales } from "./evidence-plot.js";
import { exposureEffectPlot, exposureEffects } from "./exposure-effect.js";
import type { Drawing } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { flowDiagram } from "./flow-diagram.js";
import { type ForestScale, forestPlot } from "./forest-plot.js";
import { jointForest } from "./joint-forest.js";
import { withMadeLabels } from "./made-labels.js";
import { meanProfiles } from "./mean-profiles.js";
import { moderatorForest } from "./moderator-forest.js";
import { renderSvg } from "./render-svg.js";
import { modeQuantiles, residualQuantiles, residualsByFitted } from "./residual-plots.js";
import { schoenfeldPlot } from "./schoenfeld-plot.js";
import { wedgeDesignPlot } from "./wedge-design.js";

/** `differences`, `ratios`, `profiles` and `exposure-effect` show the answer, the rest whether the model fits. */
export type FigureKind =
  | "differences"
  | "ratios"
  | "profiles"
  | "design"
  | "cluster-periods"
  | "exposure-effect"
  | `curves-${number}`
  | "flow"
  | "schoenfeld"
  | "residuals"
  | "residual-quantiles"
  | `mode-quantiles-${number}`
  | "evidence";

export interface Figure extends Drawing {
  /** `<analysis>-<kind>`: also the name of its files. */
  readonly id: string;
  /** null: of the whole run. */
  readonly analysis: string | null;
  readonly kind: FigureKind;
  readonly svg: string;
}

/** The figures of each analysis, in the order of the run, then those of earlier evidence. An analysis that was not estimated has none. */
export async function figures(run: Run, texts: FigureTexts): Promise<Figure[]> {
  const all: Figure[] = [];
  for (const [i, result] of run.results.analyses.entries()) {
    const display = run.displays[i];
    if (display === undefined || result.status !== "estimated") continue;
    for (const [kind, drawn] of drawings(result, withMadeLabels(display, texts), texts)) {
      const drawing = inOneDirection(drawn);
      const id = `${result.id}-${kind}`;
      // One at a time: Vega counts its ids in one place for all.
      all.push({ ...drawing, id, analysis: result.id, kind, svg: await renderSvg(drawing.spec, id) });
    }
  }
  for (const scale of evidenceScales) {
    const drawn = evidencePlot(run, scale, texts);
    if (drawn === null) continue;
    const drawing = inOneDirection(drawn);
    const id = `evidence-${scale}`;
    all.push({ ...drawing, id, analysis: null, kind: "evidence", svg: await renderSvg(drawing.spec, id) });
  }
  return all;
}

function drawings(result: AnalysisResult, display: AnalysisDisplay, texts: FigureTexts): [FigureKind, Drawing][] {
  const list: [FigureKind, Drawing][] = [];
  const { wedge } = display;
  if (display.trialFlow !== undefined) list.push(["flow", flowDiagram(display.trialFlow, display, texts)]);
  const differences = display.differences.flatMap((name) => result.estimates.filter((e) => e.name === name));
  const ratios = (display.ratios ?? []).flatMap((name) => result.estimates.filter((e) => e.name === name));
  const byExposure = (["difference", "ratio"] as const).find(
    (scale: ForestScale) => exposureEffects(scale === "ratio" ? ratios : differences, scale).length > 1,
  );
  if (byExposure !== undefined) {
    const drawn = exposureEffectPlot(byExposure === "ratio" ? ratios : differences, display, texts, byExposure);
    list.push(["exposure-effect", drawn]);
  } else if (differences.some(({ estimate }) => estimate !== null)) {
    const drawn =
      display.moderators === undefined
        ? jointForest(differences, result.estimates, display, texts)
        : moderatorForest(differences, result.estimates, display, texts);
    list.push(["differences", drawn]);
  }
  if (ratios.length > 0 && byExposure !== "ratio") {
    const named = ratios.map((one) => withFullMeasure(one, result.model));
    list.push(["ratios", forestPlot(named, ofEvent(display), texts, "ratio")]);
  }
  if (wedge !== undefined) {
    list.push(["design", wedgeDesignPlot(wedge, texts)]);
    if (wedge.outcome.means.length > 0) list.push(["cluster-periods", clusterPeriodMeans(display, wedge, texts)]);
  }
  if (display.profile !== null && display.profile.points.length > 0) {
    list.push(["profiles", meanProfiles(display, display.profile, texts)]);
  }
  const { curves = [], schoenfeld = [] } = display;
  curves.forEach((one, i) => {
    if (one.curves.length > 0) list.push([`curves-${i + 1}`, eventCurves(one, texts)]);
  });
  const terms = schoenfeld.filter(({ times }) => times.length > 0);
  if (terms.length > 0) list.push(["schoenfeld", schoenfeldPlot(display, terms, texts)]);
  const { diagnostics } = display;
  if (diagnostics === null) return list;
  if (diagnostics.residuals.length > 0) {
    list.push(["residuals", residualsByFitted(display, diagnostics, texts)]);
    list.push(["residual-quantiles", residualQuantiles(diagnostics, texts)]);
  }
  diagnostics.modes.forEach((mode, i) => {
    // A component at zero has no modes to look at.
    if (mode.values.some((value) => value !== 0)) {
      list.push([`mode-quantiles-${i + 1}`, modeQuantiles(display, mode, texts, result.model)]);
    }
  });
  return list;
}

/** What a hazard ratio is of is the event, not the time. */
function ofEvent(display: AnalysisDisplay): AnalysisDisplay {
  const event = display.survival?.cause ?? display.survival?.event;
  return event === undefined ? display : { ...display, outcome: { ...display.outcome, name: event, unit: null } };
}

/** Labels come from data: in every text of a figure, data and filters alike, so that they still fit each other. */
const inOneDirection = (drawing: Drawing): Drawing => JSON.parse(showBidiControls(JSON.stringify(drawing)));

/** The files of a figure, by name. */
export const figureFiles = ({ id, spec, svg }: Figure): { readonly name: string; readonly text: string }[] => [
  { name: `figures/${id}.vl.json`, text: `${JSON.stringify(spec, null, 2)}\n` },
  { name: `figures/${id}.svg`, text: `${svg}\n` },
];
