import { expect, it } from "vitest";
import type { TrialFlowDisplay } from "../../src/analysis/results.js";
import type { Drawing } from "../../src/figure/figure.js";
import { flowDiagram } from "../../src/figure/flow-diagram.js";
import { texts } from "../../src/report/texts.js";
import type { FlowGroup } from "../../src/trial/trial-flow.js";

const group = (arm: string, participants: number, staff: number): FlowGroup => ({
  design: null,
  arm,
  participants,
  clusters: [12, 30],
  staff,
  received: null,
  assessed: [participants],
  endings: null,
  followed: participants,
  primary: participants,
  lost: null,
  populations: [],
});
const counts = { participants: 251, clusters: [12, 62] };
const flow: TrialFlowDisplay = {
  clusters: ["unit", "therapist"],
  visits: ["12"],
  baseline: null,
  primaryVisit: "12",
  endings: null,
  lossReasons: null,
  notReceivedReasons: null,
  total: counts,
  designs: [{ design: null, ...counts }],
  groups: [group("TAU", 127, 38), group("FIT", 124, 42)],
  populations: [],
  ungrouped: 0,
  kinds: ["individual"],
  visitUnit: "months",
};

/** The lines of the boxes, those in bold last. */
const linesOf = ({ spec }: Drawing): string[] =>
  [...JSON.stringify(spec).matchAll(/"text":"([^"]*)","bold"/g)].map(([, text]) => text!.replaceAll("\u00a0", " "));

it("counts stand in lines of their own, under what the plan calls them", () => {
  const labels = { therapist: "therapist as randomised" };
  const lines = linesOf(flowDiagram(flow, { labels }, texts.en.figure));
  const sizes = ["Unit: 12", "Therapist as randomised: 62", "Participants: 251"];
  expect(lines.slice(0, 6)).toEqual([...sizes, ...sizes]);
  expect(lines.slice(6, 10)).toEqual([
    "Unit: 12",
    "Therapist as randomised: 30",
    "Participants: 127",
    "Staff of the arm: 38",
  ]);
  expect(lines).toContain("Participants randomised");
});

it("and so in Swedish", () => {
  const labels = { unit: "enhet", therapist: "behandlare enligt randomisering" };
  const lines = linesOf(flowDiagram(flow, { labels }, texts.sv.figure));
  expect(lines.slice(0, 3)).toEqual(["Enhet: 12", "Behandlare enligt randomisering: 62", "Deltagare: 251"]);
  expect(lines).toContain("Personal i armen: 38");
});
