/** A trial of eight clients, counted by hand. */
import { describe, expect, it } from "vitest";
import type { CategoryColumn, Column, NumberColumn, Table } from "../../src/table/table.js";
import { groupParticipants } from "../../src/trial/participant-groups.js";
import { type FlowInput, trialFlow } from "../../src/trial/trial-flow.js";

const category = (texts: readonly (string | null)[], levels: readonly string[]): CategoryColumn => ({
  kind: "category",
  type: "factor",
  codes: Int32Array.from(texts, (text) => (text === null ? -1 : levels.indexOf(text))),
  levels,
});
const ids = (texts: readonly string[]): CategoryColumn => category(texts, [...new Set(texts)]);
const numbers = (values: readonly number[]): NumberColumn => ({
  kind: "number",
  type: "number",
  values: Float64Array.from(values),
  unit: null,
});
const table = (columns: Record<string, Column>, rows: number): Table => ({
  name: "made",
  rows,
  columns: new Map(Object.entries(columns)),
  lines: null,
});

// c1…c4 in design A, c5…c8 in B; c8 has no arm.
const clients = {
  client: ids(["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"]),
  design: category(["A", "A", "A", "A", "B", "B", "B", "B"], ["A", "B"]),
  arm: category(["TAU", "FIT", "TAU", "FIT", "TAU", "FIT", "FIT", null], ["TAU", "FIT"]),
  unit: ids(["u1", "u1", "u2", "u1", "u3", "u3", "u4", "u4"]),
  ending: category(
    ["planned", "planned", "dropout", null, "planned", "dropout", "dropout", "planned"],
    ["planned", "dropout"],
  ),
};
// c2 got the other arm's, and it is known why; of c4 nobody knows what.
const received = {
  arm: category(["TAU", "TAU", "TAU", null, "TAU", "FIT", "FIT", "FIT"], ["TAU", "FIT"]),
  reasons: category([null, "own wish", null, null, null, null, null, null], ["own wish"]),
};
const NA = Number.NaN;
// Visits in another order of clients than the clients' own: they are matched by name.
const visits = {
  client: ids(["c7", "c1", "c1", "c1", "c2", "c2", "c3", "c4", "c5", "c6"]),
  month: numbers([12, 0, 6, 12, 0, 6, 0, 12, 0, 0]),
  ors: numbers([30, 10, 20, 30, 12, NA, 11, 25, 13, 14]),
};
const input: FlowInput = {
  table: table(clients, 8),
  rows: Int32Array.from([0, 1, 2, 3, 4, 5, 6, 7]),
  columns: { participant: clients.client, design: clients.design, arm: clients.arm },
  clusters: [{ name: "unit", column: clients.unit }],
  ending: clients.ending,
  received,
  lossReasons: clients.ending,
  populations: [
    {
      name: "safety",
      isByReceived: true,
      rows: Int32Array.from([0, 1, 2, 4, 5, 6, 7]),
      excluded: [{ reason: "population", detail: "nothing received", rows: Int32Array.from([3]) }],
    },
    {
      name: "pp",
      isByReceived: false,
      rows: Int32Array.from([0, 2, 3, 4, 5, 7]),
      excluded: [
        { reason: "population", detail: "few sessions", rows: Int32Array.from([1]) },
        { reason: "population", detail: "moved", rows: Int32Array.from([6]) },
      ],
    },
  ],
  visits: {
    table: table(visits, 10),
    participant: visits.client,
    visit: visits.month,
    outcome: visits.ors,
    order: ["0", "6", "12"],
    baseline: "0",
    primary: "12",
  },
  staff: {
    table: table({}, 5),
    arm: category(["TAU", "TAU", "FIT", null, "FIT"], ["TAU", "FIT"]),
    isOfDesign: (design) => design === "A",
  },
};

describe("the flow of a trial", () => {
  const flow = trialFlow(input);
  it("counts clusters, staff, participants, visits with an outcome, endings and analyses of each group", () => {
    expect(flow.groups).toEqual([
      // c1: all visits; c3: the baseline alone.
      group(
        "A",
        "TAU",
        {
          participants: 2,
          clusters: [2],
          staff: 2,
          assessed: [2, 1, 1],
          counts: [1, 1],
          lost: [0, 1],
          received: [2, 0, 0],
        },
        1,
        1,
        [2, 0, 0],
        [3, 0],
      ),
      // c2: 6 months missing; c4: 12 months alone, its ending not known.
      group(
        "A",
        "FIT",
        {
          participants: 2,
          clusters: [1],
          staff: 2,
          assessed: [1, 0, 1],
          counts: [1, 0],
          lost: [1, 0],
          received: [0, 1, 1],
        },
        1,
        1,
        [1, 1, 0],
        [0, 1],
      ),
      group(
        "B",
        "TAU",
        {
          participants: 1,
          clusters: [1],
          staff: null,
          assessed: [1, 0, 0],
          counts: [1, 0],
          lost: [1, 0],
          received: [1, 0, 0],
        },
        0,
        0,
        [1, 0, 0],
        [1, 0],
      ),
      group(
        "B",
        "FIT",
        {
          participants: 2,
          clusters: [2],
          staff: null,
          assessed: [1, 0, 1],
          counts: [0, 2],
          lost: [0, 1],
          received: [2, 0, 0],
        },
        1,
        1,
        [1, 0, 1],
        [2, 0],
      ),
    ]);
  });

  it("counts a cluster of both arms once in its design, and says who is in no group", () => {
    expect(flow.designs).toEqual([
      { design: "A", participants: 4, clusters: [2] },
      { design: "B", participants: 3, clusters: [2] },
    ]);
    expect(flow.total).toEqual({ participants: 7, clusters: [4] });
    expect(flow.ungrouped).toBe(1);
  });

  it("does not depend on the order of the visits, and adds up", () => {
    const order = [9, 3, 0, 7, 1, 8, 2, 5, 4, 6];
    const turned: FlowInput = {
      ...input,
      visits: {
        ...input.visits,
        participant: { ...visits.client, codes: Int32Array.from(order, (row) => visits.client.codes[row]!) },
        visit: numbers(order.map((row) => visits.month.values[row]!)),
        outcome: numbers(order.map((row) => visits.ors.values[row]!)),
      },
    };
    expect(trialFlow(turned)).toEqual(flow);
    for (const { participants, endings } of flow.groups)
      expect(endings!.counts.reduce((sum, n) => sum + n, endings!.missing)).toBe(participants);
  });

  it("takes a participant with several rows once", () => {
    const { groups } = groupParticipants(Int32Array.from([0, 1, 2]), {
      participant: ids(["a", "a", "b"]),
      design: null,
      arm: null,
    });
    expect(groups).toEqual([{ design: null, arm: null, rows: Int32Array.from([0, 2]) }]);
  });
});

interface Counted {
  readonly participants: number;
  readonly clusters: number[];
  readonly staff: number | null;
  readonly assessed: number[];
  readonly counts: number[];
  /** By ending, of those without the primary outcome. */
  readonly lost: number[];
  /** The allocated arm, the other, not known. */
  readonly received: [allocated: number, other: number, unknown: number];
}
function group(
  design: string,
  arm: string,
  counted: Counted,
  followed: number,
  primary: number,
  [participants, ...excluded]: number[],
  [safe, ...unsafe]: number[],
) {
  const { counts, lost, received: got, ...rest } = counted;
  const [allocated, other, unknown] = got;
  const missing = counted.participants - counts.reduce((sum, n) => sum + n, 0);
  return {
    design,
    arm,
    ...rest,
    endings: { counts, missing },
    followed,
    primary,
    lost: { counts: lost, missing: 0 },
    // Of A, FIT alone somebody has a reason, the other one none.
    received: { allocated, other, unknown, reasons: { counts: [other], missing: unknown } },
    populations: [
      { participants: safe, excluded: unsafe },
      { participants, excluded },
    ],
  };
}
