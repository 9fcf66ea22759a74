import { describe, expect, it, vi } from "vitest";
import { renderSvg } from "../../src/figure/render-svg.js";
import { wedgeDesignPlot } from "../../src/figure/wedge-design.js";
import { texts } from "../../src/report/texts.js";
import { HOSTILE } from "../report/example-runs.js";
import { exampleWedge } from "./example-wedge.js";

const periods = ["1", "2", "3", "4"];
const clients = (u: number, t: number) => (u === 1 && t === 3 ? 0 : 2 + t);
// B switches before A: the units are drawn in another order than they have in the data.
const wedge = exampleWedge(["B", "A", HOSTILE], periods, { transition: 1, clients });
const drawn = wedgeDesignPlot(wedge, texts.en.figure);

interface Cell {
  readonly unit: string;
  readonly x: number;
  readonly y: number;
  readonly condition: string;
  readonly number: string;
}
interface Spec {
  readonly width: number;
  readonly height: number;
  readonly data: { readonly values: readonly Cell[] };
  readonly layer: readonly {
    readonly mark: { readonly type: string; readonly color?: string };
    readonly data?: { readonly values: readonly Record<string, unknown>[] };
  }[];
}
const specOf = ({ spec }: typeof drawn): Spec => spec as unknown as Spec;
const cells = (drawing = drawn) => specOf(drawing).data.values;
const textsIn = (drawing = drawn) =>
  specOf(drawing)
    .layer.filter(({ mark }) => mark.type === "text")
    .flatMap(({ data }) => data!.values);

describe("wedgeDesignPlot", () => {
  it("has a cell for each unit and period, with its condition and its clients", () => {
    expect(cells()).toHaveLength(12);
    const row = (unit: string) => cells().filter((cell) => cell.unit === unit);
    expect(row("B").map(({ condition }) => condition)).toEqual(["control", "transition", "treated", "treated"]);
    expect(row("A").map(({ number }) => number)).toEqual(["2", "3", "4", ""]);
    expect(row("A").at(-1)!.condition).toBe("none");
  });

  it("has units in the order of their switch, those of one period as they come", () => {
    const late = exampleWedge(["late", "early"], ["1", "2", "3"], {});
    const swapped = {
      ...late.design,
      units: late.design.units.map((unit) => ({ ...unit, switchPeriod: unit.name === "late" ? 2 : 1 })),
    };
    const order = cells(wedgeDesignPlot({ ...late, design: swapped }, texts.en.figure));
    expect([...new Set(order.map(({ unit }) => unit))]).toEqual(["early", "late"]);
    expect(order.map(({ y }) => y)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it("strikes through transition, and says what is white and what is struck through where there is any", () => {
    expect(specOf(drawn).layer.find(({ mark }) => mark.type === "rule")!.data!.values).toHaveLength(3);
    expect(drawn.caption).toContain("Struck through");
    expect(drawn.caption).toContain("White: no rows.");
    const plain = wedgeDesignPlot(exampleWedge(["A", "B"], ["1", "2", "3"]), texts.en.figure);
    expect(specOf(plain).layer.some(({ mark }) => mark.type === "rule")).toBe(false);
    expect(plain.caption).toBe("Units in the order of their switch. The numbers are clients.");
  });

  it("says who switched when", () => {
    expect(drawn.alt).toBe(
      "Stepped-wedge design of 3 units over 4 periods. Switched: 1 in period 2, 1 in period 3 and 1 in period 4. Each cell has 2 to 5 clients.",
    );
  });

  it("marks cells with rows of both conditions", () => {
    const { design } = wedge;
    const mixed = { ...design, cells: design.cells.map((cell, i) => (i === 0 ? { ...cell, otherwise: 1 } : cell)) };
    const both = wedgeDesignPlot({ ...wedge, design: mixed }, texts.en.figure);
    expect(cells(both).filter(({ number }) => number.endsWith("*"))).toHaveLength(1);
    expect(both.caption).toContain("*: some rows of the cell have the other condition.");
  });

  it("holds 40 units and 60 periods without numbers that would touch", () => {
    const names = Array.from({ length: 40 }, (_, u) => `Unit ${u}`);
    const months = Array.from({ length: 60 }, (_, t) => `2025-${t}`);
    const many = wedgeDesignPlot(exampleWedge(names, months, { clients: () => 120 }), texts.en.figure);
    expect(specOf(many).width).toBeLessThanOrEqual(60 * 12);
    expect(many.caption).not.toContain("The numbers are");
    expect(textsIn(many).every((one) => !("number" in one))).toBe(true);
    // Not every period has its label.
    expect(textsIn(many).filter(({ y, x }) => y === undefined && x !== undefined).length).toBeLessThan(30);
  });

  it("gives long names in full in the caption", () => {
    const long =
      "The unit for young adults with addictions and their families, in the southern and western parts of the city";
    const { caption } = wedgeDesignPlot(exampleWedge([long, "B"], ["1", "2", "3"]), texts.en.figure);
    expect(caption).toContain(`In full: ${long}.`);
  });

  it("is drawn the same twice, hostile names as text, without complaints; in Swedish too", async () => {
    const warn = vi.spyOn(console, "warn");
    const once = await renderSvg(drawn.spec, "a");
    expect(await renderSvg(wedgeDesignPlot(wedge, texts.en.figure).spec, "a")).toBe(once);
    expect(once).not.toContain("<script");
    expect(once).toContain("&lt;script");
    expect(warn).not.toHaveBeenCalled();
    const swedish = wedgeDesignPlot(wedge, texts.sv.figure);
    expect(swedish.alt).toContain("Stegvis införande (stepped wedge) i 3 enheter över 4 perioder.");
    expect(swedish.caption).toContain("Talen är antal klienter.");
  });
});
