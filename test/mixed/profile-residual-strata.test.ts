/** Profile intervals with a residual variance for each stratum: nlme refitted, one stratum as none, identities. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toOrderedFactor } from "../../src/formula/factor-levels.js";
import { profileLinearMixed } from "../../src/mixed/profile-likelihood.js";
import type { ProfileInterval } from "../../src/mixed/profile-limits.js";
import { profileResidualStrata } from "../../src/mixed/profile-residual-strata.js";
import type { Table } from "../../src/table/table.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf, readReference } from "../reference/reference-case.js";
import { mapColumn, withLevels } from "../table/changed-table.js";
import { simulateTable } from "./simulated-table.js";

const { table } = readReference("mixed-residual-strata");
const { fits } = JSON.parse(
  readFileSync(new URL("../reference/mixed-residual-strata/expected.json", import.meta.url), "utf8"),
) as { fits: { id: string; profile?: { names: string[]; lower: number[]; upper: number[] } }[] };

const intervalsOf = (data: Table): Map<string, ProfileInterval> => {
  const frame = frameOf(data, "ors ~ ors_0 + arm + (1 | therapist)");
  const strata = toOrderedFactor(data, "arm", frame.rows);
  return new Map(profileResidualStrata(frame, strata, "arm", 0.95).map((one) => [one.name, one]));
};

it("nlme refitted with each parameter held", () => {
  const expected = fits.find(({ id }) => id === "ml")!.profile!;
  const intervals = intervalsOf(table);
  expect([...intervals.keys()].sort()).toEqual([...expected.names].sort());
  expected.names.forEach((name, i) => {
    const { lower, upper } = intervals.get(name)!;
    expectClose(lower!, expected.lower[i]!, optimised.estimate, `${name} lower`);
    expectClose(upper!, expected.upper[i]!, optimised.estimate, `${name} upper`);
  });
});

describe("one stratum is none", () => {
  const data = simulateTable(8, { site: 0.5, person: 0.8, rater: 0.5, slope: 0.4, residual: 1 });
  it.each(["y ~ x + w + (x | person)", "y ~ x + (1 | site / person) + (1 | rater)"])("%s", (formula) => {
    const frame = frameOf(data, formula);
    const strata = { codes: new Int32Array(frame.response.length), levels: ["all"] };
    const intervals = profileResidualStrata(frame, strata, "part", 0.9);
    const plain = profileLinearMixed(frame, 0.9);
    expect(intervals.map(({ name }) => name.replace("residual:part[all]", "residual"))).toEqual(
      plain.map(({ name }) => name),
    );
    plain.forEach(({ name, lower, upper }, i) => {
      expectClose(intervals[i]!.lower!, lower!, iterated, `${name} lower`, 1);
      expectClose(intervals[i]!.upper!, upper!, iterated, `${name} upper`, 1);
    });
  });
});

it("an outcome in other units has limits in those; a constant moves the intercept alone", () => {
  const plain = intervalsOf(table);
  const changed = intervalsOf(mapColumn(table, "ors", (v) => 100 * v + 5000));
  for (const [name, { lower, upper }] of plain) {
    const shift = name === "coefficient:(Intercept)" ? 5000 : 0;
    expectClose(changed.get(name)!.lower!, 100 * lower! + shift, iterated, `${name} lower`, 1);
    expectClose(changed.get(name)!.upper!, 100 * upper! + shift, iterated, `${name} upper`, 1);
  }
});

it("arms swapped swap the strata and the signs of the effect", () => {
  const plain = intervalsOf(table);
  const swapped = intervalsOf(withLevels(table, "arm", ["FIT", "TAU"]));
  for (const level of ["FIT", "TAU"]) {
    const name = `sd:residual:arm[${level}]`;
    expectClose(swapped.get(name)!.lower!, plain.get(name)!.lower!, iterated, name);
  }
  const [effect, reversed] = [plain.get("coefficient:arm[FIT]")!, swapped.get("coefficient:arm[TAU]")!];
  expectClose(reversed.lower!, -effect.upper!, iterated, "lower");
  expectClose(reversed.upper!, -effect.lower!, iterated, "upper");
});
