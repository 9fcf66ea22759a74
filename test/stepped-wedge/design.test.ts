/** The design as the data show it, and each thing that may be wrong with it, by unit and period. */
import { describe, expect, it } from "vitest";
import { inTransition, type WedgeRows, wedgeDesign, wedgeProblems } from "../../src/stepped-wedge/design.js";

const PERIODS = ["2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4"];

/** Two clients in each cell, from texts like "0011": a unit's treatment by period, "." for no rows. */
function rowsOf(units: Readonly<Record<string, string>>, change?: (rows: Row[]) => void): WedgeRows {
  const names = Object.keys(units);
  const rows: Row[] = [];
  names.forEach((name, unit) => {
    [...units[name]!].forEach((condition, period) => {
      if (condition === ".") return;
      for (let k = 0; k < 2; k++) rows.push({ unit, period, treated: Number(condition), client: rows.length });
    });
  });
  change?.(rows);
  return {
    units: names,
    periods: PERIODS,
    unit: Int32Array.from(rows, ({ unit }) => unit),
    period: Int32Array.from(rows, ({ period }) => period),
    treated: Float64Array.from(rows, ({ treated }) => treated),
    client: Int32Array.from(rows, ({ client }) => client),
  };
}
interface Row {
  unit: number;
  period: number;
  treated: number;
  client: number;
}

const codes = (rows: WedgeRows) =>
  wedgeProblems(wedgeDesign(rows), "").map(({ code, severity }) => `${severity} ${code}`);
const messages = (rows: WedgeRows) => wedgeProblems(wedgeDesign(rows), "").map(({ message }) => message);
const good = { A: "0111", B: "0011", C: "0001" };

describe("wedgeDesign", () => {
  it("finds switches, sequences and cells", () => {
    const design = wedgeDesign(rowsOf({ A: "0111", B: "0011", C: "0.01", D: "0011" }));
    expect(design.units.map(({ switchPeriod }) => switchPeriod)).toEqual([1, 2, 3, 2]);
    expect(design.sequences).toEqual([
      { switchPeriod: 1, units: ["A"] },
      { switchPeriod: 2, units: ["B", "D"] },
      { switchPeriod: 3, units: ["C"] },
    ]);
    expect(design.cells.slice(8, 12).map(({ condition, rows, clients }) => [condition, rows, clients])).toEqual([
      ["control", 2, 2],
      ["none", 0, 0],
      ["control", 2, 2],
      ["treated", 2, 2],
    ]);
  });

  it("counts a client with several rows once", () => {
    const rows = rowsOf(good, (all) => {
      all[1]!.client = all[0]!.client;
    });
    expect(wedgeDesign(rows).cells[0]).toMatchObject({ rows: 2, clients: 1 });
  });

  it("leaves transition periods out, counted from each unit's switch", () => {
    const rows = rowsOf(good);
    const design = wedgeDesign(rows, { transition: 1 });
    expect(
      design.cells.filter(({ condition }) => condition === "transition").map(({ unit, period }) => `${unit} ${period}`),
    ).toEqual(["A 2025 Q2", "B 2025 Q3", "C 2025 Q4"]);
    expect(inTransition(design, rows).reduce((sum, one) => sum + one, 0)).toBe(6);
    expect(inTransition(wedgeDesign(rows), rows)).toEqual(new Uint8Array(24));
  });
});

describe("wedgeProblems", () => {
  it("of a good design: only the periods that compare nothing", () => {
    expect(messages(rowsOf(good))).toEqual([
      'All units are controls in 1 of 4 periods ("2025 Q1"). It compares nothing within the period.',
      'All units are treated in 1 of 4 periods ("2025 Q4"). It compares nothing within the period.',
    ]);
  });

  it("a unit that goes back, with unit and both periods", () => {
    const rows = rowsOf({ ...good, B: "0101" });
    expect(codes(rows)).toContain("error wedge.switched-back");
    expect(messages(rows)[0]).toContain(
      'Unit "B" switched in period "2025 Q2" and is a control again in period "2025 Q3"',
    );
  });

  it("a client treated before the unit's switch, or not treated after it", () => {
    const early = rowsOf(good, (all) => {
      const [row] = all.filter(({ unit, period }) => unit === 2 && period === 1);
      row!.treated = 1;
    });
    expect(codes(early)).toContain("warning wedge.treated-before-switch");
    expect(messages(early)[0]).toContain('Unit "C" has 1 of 2 rows treated in period "2025 Q2", before its switch');
    const late = rowsOf({ ...good, A: "0111" }, (all) => {
      const extra = all.filter(({ unit, period }) => unit === 0 && period === 3);
      for (const row of extra) all.push({ ...row, client: row.client + 100 });
      extra[0]!.treated = 0;
    });
    expect(messages(late)[0]).toContain('Unit "A" has 1 of 4 rows not treated in period "2025 Q4", after its switch');
  });

  it("units that never switch, or were treated from the start", () => {
    const rows = rowsOf({ ...good, D: "0000", E: "1111" });
    expect(codes(rows).filter((code) => code === "note wedge.not-switched")).toHaveLength(2);
    expect(messages(rows)[0]).toContain('Unit "D" is a control in all its periods');
    expect(messages(rows)[1]).toContain('Unit "E" is treated from its first period on');
    // A unit that joined after its switch is treated from its own first period.
    expect(messages(rowsOf({ ...good, E: "..11" }))[0]).toContain('Unit "E" is treated from its first period on');
  });

  it("sequences of different sizes", () => {
    const rows = rowsOf({ ...good, D: "0111", E: "0111" });
    expect(messages(rows)[0]).toBe(
      'The sequences differ in size: 3 units in period "2025 Q2", 1 unit in period "2025 Q3", 1 unit in period "2025 Q4". Check the switches against the randomisation list.',
    );
    expect(codes(rowsOf({ ...good, D: "0111" }))).not.toContain("warning wedge.sequence-balance");
  });

  it("periods whose comparison the transition takes away", () => {
    const problems = wedgeProblems(wedgeDesign(rowsOf(good), { transition: 1 }), "");
    expect(
      problems.find(({ code, message }) => code === "wedge.no-contrast" && message.includes("controls"))?.message,
    ).toContain("2 of 4 periods");
  });
});
