import { expect, test } from "vitest";
import { type Page, type PageElement, showLiveFigures, type VegaRuntime } from "../../src/report/live-figures.js";

/** As much of an element as the script uses. */
class FakeElement implements PageElement {
  textContent: string | null = "";
  className = "";
  hidden = false;
  readonly style = { left: "", top: "" };
  readonly offsetWidth = 100;
  readonly offsetHeight = 40;
  children: PageElement[] = [];
  listeners: (() => void)[] = [];
  parts: Record<string, FakeElement> = {};
  addEventListener(_type: string, listener: () => void): void {
    this.listeners.push(listener);
  }
  querySelector(selector: string): PageElement | null {
    return this.parts[selector] ?? null;
  }
  replaceChildren(...children: PageElement[]): void {
    this.children = children;
  }
  append(...children: PageElement[]): void {
    this.children.push(...children);
  }
}

type Tooltip = (handler: unknown, event: { clientX: number; clientY: number }, item: unknown, value: unknown) => void;

function setUp() {
  const body = new FakeElement();
  const figure = new FakeElement();
  figure.parts[".plot"] = new FakeElement();
  figure.parts["script"] = new FakeElement();
  figure.parts["script"].textContent = '{"marks":[]}';
  const page: Page = {
    body,
    documentElement: { clientWidth: 360, clientHeight: 600 },
    createElement: () => new FakeElement(),
    querySelectorAll: () => [figure],
  };
  const seen: { spec?: unknown; ast?: boolean; options?: Readonly<Record<string, unknown>> } = {};
  const vega: VegaRuntime = {
    parse: (spec, _config, { ast }) => {
      seen.spec = spec;
      seen.ast = ast;
      return "runtime";
    },
    View: class {
      constructor(_runtime: unknown, options: Readonly<Record<string, unknown>>) {
        seen.options = options;
      }
      initialize() {
        return this;
      }
      runAsync() {
        return Promise.resolve();
      }
    },
    textMetrics: { width: () => 0 },
    expressionInterpreter: "interpreter",
  };
  showLiveFigures(page, vega);
  return { body, figure, vega, seen };
}

test("a figure becomes live when first pointed at, with expressions interpreted", async () => {
  const { figure, seen } = setUp();
  expect(seen.spec).toBeUndefined();
  figure.listeners[0]!();
  await Promise.resolve();
  await Promise.resolve();
  expect(seen).toMatchObject({ spec: { marks: [] }, ast: true, options: { expr: "interpreter", renderer: "svg" } });
  expect(figure.parts[".plot"]!.children).toHaveLength(1);
});

test("text is measured as when the report was made", () => {
  const { vega } = setUp();
  expect(vega.textMetrics.width({ fontSize: 11 }, "wide")).toBeGreaterThan(10);
});

test("the tooltip is text, stays inside the window, and goes", () => {
  const { body, figure, seen } = setUp();
  figure.listeners[0]!();
  const box = body.children[0] as FakeElement;
  const tooltip = seen.options!["tooltip"] as Tooltip;
  tooltip(null, { clientX: 355, clientY: 10 }, null, { arm: "<script>", " ": "Observed mean" });
  expect(box.hidden).toBe(false);
  expect(box.textContent).toBe("arm: <script>\nObserved mean");
  expect(box.style).toEqual({ left: "256px", top: "24px" });
  tooltip(null, { clientX: 0, clientY: 0 }, null, null);
  expect(box.hidden).toBe(true);
});
