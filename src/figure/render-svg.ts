/**
 * A Vega-Lite specification as SVG text, without a browser or a canvas. The same specification gives
 * the same bytes, on any machine: text is measured by text-width.ts, whatever is installed, and the
 * ids that Vega counts up are begun anew and carry the figure's name, so that figures can share a page.
 */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { measureTextOurselves, type TextMetrics } from "./measure-text.js";

/** Vega-Lite → Vega: what a page needs to draw the figure itself. */
export const toVega = (spec: TopLevelSpec): vega.Spec => compile(spec).spec;

/**
 * @param id  letters, digits and hyphens: begins the ids of clip paths and gradients.
 * @returns   an `<svg>` element with width, height and viewBox, in an aria role of its own.
 */
export async function renderSvg(spec: TopLevelSpec, id: string): Promise<string> {
  measureTextOurselves(textMetrics);
  // Vega marks the data it is given: a copy, so that the specification stays as it was.
  const view = new vega.View(vega.parse(structuredClone(toVega(spec))), { renderer: "none" });
  vega.resetSVGDefIds();
  const svg = await view.toSVG();
  view.finalize();
  return roundCoordinates(svg).replace(/(id="|url\(#)(clip|gradient_)/g, `$1${id}-$2`);
}

/** A hundredth of a pixel is not seen; more decimals are half the size of a figure. Text and labels are left alone. */
const roundCoordinates = (svg: string): string =>
  svg.replace(/<[a-z][^>]*>/g, (tag) =>
    tag.replace(/ (?:transform|d|[xy][12]?)="[^"]*"/g, (attribute) =>
      attribute.replace(/\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(2)))),
    ),
  );

const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
