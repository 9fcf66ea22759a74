/**
 * What runs in the report's page: when the pointer first comes to a figure, its still picture is
 * replaced by a live Vega view with tooltips, drawn from the specification beside it. Without scripts,
 * and in print, the still picture stays. Expressions are interpreted, never compiled, so that the
 * page's security policy can forbid evaluation.
 */
import { measureTextOurselves, type TextMetrics } from "../figure/measure-text.js";

/** The parts of the browser's document that are used here. */
export interface PageElement {
  textContent: string | null;
  className: string;
  readonly style: { left: string; top: string };
  readonly offsetWidth: number;
  readonly offsetHeight: number;
  hidden: boolean;
  addEventListener(type: string, listener: () => void, options?: { readonly once?: boolean }): void;
  querySelector(selector: string): PageElement | null;
  replaceChildren(...children: PageElement[]): void;
  append(...children: PageElement[]): void;
}

export interface Page {
  readonly body: PageElement;
  readonly documentElement: { readonly clientWidth: number; readonly clientHeight: number };
  createElement(name: string): PageElement;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

interface LiveView {
  initialize(element: PageElement): LiveView;
  runAsync(): Promise<unknown>;
}

/** The parts of Vega, and of vega-interpreter, that are used here. */
export interface VegaRuntime {
  readonly parse: (spec: unknown, config: unknown, options: { readonly ast: boolean }) => unknown;
  readonly View: new (runtime: unknown, options: Readonly<Record<string, unknown>>) => LiveView;
  readonly textMetrics: TextMetrics;
  readonly expressionInterpreter: unknown;
}

type Tooltip = (handler: unknown, event: { clientX: number; clientY: number }, item: unknown, value: unknown) => void;

/** Sets every `[data-figure]` of the page to become live when it is first pointed at. */
export function showLiveFigures(page: Page, vega: VegaRuntime): void {
  measureTextOurselves(vega.textMetrics);
  const tooltip = tooltipIn(page);
  for (const figure of page.querySelectorAll("[data-figure]")) {
    figure.addEventListener("pointerenter", () => void makeLive(figure, page, vega, tooltip), { once: true });
  }
}

async function makeLive(figure: PageElement, page: Page, vega: VegaRuntime, tooltip: Tooltip): Promise<void> {
  const plot = figure.querySelector(".plot");
  const spec = figure.querySelector("script")?.textContent;
  if (plot === null || spec === null || spec === undefined) return;
  const drawing = page.createElement("div");
  const options = { expr: vega.expressionInterpreter, renderer: "svg", tooltip };
  const view = new vega.View(vega.parse(JSON.parse(spec), null, { ast: true }), options);
  await view.initialize(drawing).runAsync();
  plot.replaceChildren(drawing);
}

/** One box of text that follows the pointer, kept inside the window. */
function tooltipIn(page: Page): Tooltip {
  const box = page.createElement("div");
  box.className = "tooltip";
  box.hidden = true;
  page.body.append(box);
  return (_handler, event, _item, value) => {
    box.hidden = value === null || value === undefined || value === "";
    if (box.hidden) return;
    box.textContent = tooltipText(value);
    const right = page.documentElement.clientWidth - box.offsetWidth - 4;
    const bottom = page.documentElement.clientHeight - box.offsetHeight - 4;
    box.style.left = `${Math.max(0, Math.min(event.clientX + 12, right))}px`;
    box.style.top = `${Math.max(0, Math.min(event.clientY + 14, bottom))}px`;
  };
}

const tooltipText = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? Object.entries(value)
        .map(([name, text]) => (name.trim() === "" ? String(text) : `${name}: ${text}`))
        .join("\n")
    : String(value);
