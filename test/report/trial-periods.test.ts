import { describe, expect, it } from "vitest";
import { texts } from "../../src/report/texts.js";
import { periodsSentence } from "../../src/report/trial-periods.js";

const one = { design: null, participants: 8, clusters: [] };
const randomised = ["2024-10-01", "2026-09-30"] as const;
const visited = ["2024-10-02", "2027-09-12"] as const;

describe("periodsSentence", () => {
  it("says what is known, and what happened to the participants of the design", () => {
    const say = (kind: "individual" | "stepped-wedge" | "cluster" | "unknown", dates: object) =>
      periodsSentence({ dates, kinds: [kind], designs: [one] }, texts.en);
    expect(say("individual", { randomised })).toBe("Randomised from 2024-10-01 to 2026-09-30.");
    expect(say("stepped-wedge", { randomised, visited })).toBe(
      "Enrolled from 2024-10-01 to 2026-09-30; last visit 2027-09-12.",
    );
    expect(say("cluster", { visited })).toBe("Last visit 2027-09-12.");
    expect(say("unknown", { randomised: ["2025-01-01", "2025-01-01"] })).toBe("Randomised or enrolled on 2025-01-01.");
  });

  it("names designs as the data do, in both languages, and leaves out one without dates", () => {
    const flow = {
      dates: {
        randomised,
        visited,
        designs: [
          { design: "b", randomised, visited },
          { design: "A", randomised: ["2025-01-01", "2025-01-01"] as const },
          { design: "C" },
        ],
      },
      kinds: ["stepped-wedge", "individual", "unknown"] as const,
      designs: ["b", "A", "C"].map((design) => ({ ...one, design })),
    };
    expect(periodsSentence(flow, texts.en)).toBe(
      "b: enrolled from 2024-10-01 to 2026-09-30, last visit 2027-09-12; A: randomised on 2025-01-01.",
    );
    expect(periodsSentence(flow, texts.sv)).toBe(
      "b: inskrivna från 2024-10-01 till 2026-09-30, sista besöket 2027-09-12; A: randomiserade den 2025-01-01.",
    );
  });

  it("is nothing without dates", () => {
    expect(periodsSentence({ kinds: ["individual"], designs: [one] }, texts.en)).toBeNull();
  });
});
