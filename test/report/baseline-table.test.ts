import { expect, test } from "vitest";
import { baselineTable } from "../../src/report/baseline-table.js";
import { texts } from "../../src/report/texts.js";

type Display = Parameters<typeof baselineTable>[0];

test("the smallest and the largest cluster are whole numbers, also where the median is half of one", () => {
  const size = (median: number) => ({
    kind: "number",
    n: 12,
    missing: 0,
    mean: 8,
    sd: 5,
    median,
    q1: 4,
    q3: 11,
    min: 1,
    max: 22,
  });
  const baseline = {
    groups: [{ arm: "TAU", design: null, participants: 93 }],
    variables: [],
    clusters: [{ name: "unit", groups: [size(7.5)], total: null }],
    total: null,
    pairs: [],
  } as unknown as Display;
  const cells = baselineTable(baseline, { labels: {} } as Parameters<typeof baselineTable>[1], texts.en).rows.map(
    ({ cells }) => cells[0],
  );
  expect(cells).toContain("7.5 [1, 22]");
});
