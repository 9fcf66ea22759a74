import { describe, expect, it } from "vitest";
import type { CategoryColumn } from "../../src/table/table.js";
import { countParticipants, participantFlow } from "../../src/trial/participant-flow.js";

const category = (levels: string[], codes: number[]): CategoryColumn => ({
  kind: "category",
  type: "factor",
  levels,
  codes: Int32Array.from(codes),
});
const arm = category(["TAU", "FIT", "none"], [0, 0, 1, 1, -1, 1]);
const participant = category(["a", "b", "c"], [0, 0, 1, 1, 2, 1]);
const table = { name: "t", rows: 6, columns: new Map(), lines: null };
const used = Int32Array.of(0, 1, 2);
const excluded = [
  { reason: "where", detail: "month > 0", rows: Int32Array.of(3, 4) },
  { reason: "missing", detail: "bdi", rows: Int32Array.of(5) },
] as const;

describe("participant flow", () => {
  it("counts rows, participants and reasons by arm; rows without an arm come last", () => {
    expect(participantFlow(table, used, excluded, { arm, participant })).toEqual([
      { arm: "TAU", rows: 2, used: 2, participants: 1, participantsUsed: 1, excludedBy: [] },
      {
        arm: "FIT",
        rows: 3,
        used: 1,
        participants: 1,
        participantsUsed: 1,
        excludedBy: [
          { reason: "where", detail: "month > 0", rows: 1 },
          { reason: "missing", detail: "bdi", rows: 1 },
        ],
      },
      {
        arm: null,
        rows: 1,
        used: 0,
        participants: 1,
        participantsUsed: 0,
        excludedBy: [{ reason: "where", detail: "month > 0", rows: 1 }],
      },
    ]);
  });

  it("has one entry for all rows without an arm column, and no participants without theirs", () => {
    expect(participantFlow(table, used, [], { arm: null, participant: null })).toEqual([
      { arm: null, rows: 6, used: 3, participants: null, participantsUsed: null, excludedBy: [] },
    ]);
  });

  it("counts distinct participants", () => {
    expect(countParticipants(Int32Array.of(0, 1, 2), participant)).toBe(2);
    const numbers = { kind: "number", type: "number", unit: null, values: Float64Array.of(7, 7, 8) } as const;
    expect(countParticipants(Int32Array.of(0, 1, 2), numbers)).toBe(2);
  });
});
