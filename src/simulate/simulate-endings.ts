/**
 * How clients end: planned, by dropout, by moving away, or not within the twelve months. Competing, independent
 * piecewise constant hazards; that of dropout depends on arm, baseline, problem and, as a normal frailty, on the therapist.
 */
import type { RandomStream } from "../numeric/random-stream.js";
import { drawExponential, timeOfHazard } from "./draw.js";
import type { Arm, Simulation } from "./simulation.js";

export const DAYS_OF_MONTH = 30.4375;
/** Endings later than this are not seen. */
export const FOLLOW_UP_DAYS = 365;

export type Ending = "pågår" | "planerat" | "avbrott" | "flyttat";

export interface SimulatedEnding {
  readonly ending: Ending;
  /** Days since randomisation, from 1; null while it goes on. */
  readonly day: number | null;
}

/** What the hazard of dropout depends on. */
export interface DropoutRisk {
  readonly arm: Arm;
  /** ORS before the start. */
  readonly baseline: number;
  readonly problem: string;
  readonly frailty: number;
}

export function simulateEnding(simulation: Simulation, stream: RandomStream, risk: DropoutRisk): SimulatedEnding {
  const { from, planned, dropout, moving } = simulation.endings;
  const times: readonly (readonly [Ending, number])[] = [
    ["planerat", timeOfHazard(drawExponential(stream), from, planned)],
    ["avbrott", timeOfHazard(drawExponential(stream) / dropoutHazardRatio(simulation, risk), from, dropout)],
    ["flyttat", timeOfHazard(drawExponential(stream), from, moving)],
  ];
  const [ending, months] = times.reduce((first, other) => (other[1] < first[1] ? other : first));
  const day = Math.max(1, Math.ceil(months * DAYS_OF_MONTH));
  return day > FOLLOW_UP_DAYS ? { ending: "pågår", day: null } : { ending, day };
}

/** Against a client of average baseline under TAU, of the reference problem, with an average therapist. */
export function dropoutHazardRatio({ endings, ors, clients }: Simulation, risk: DropoutRisk): number {
  const logHazard =
    (risk.arm === "FIT" ? Math.log(endings["hazard-ratio"]) : 0) +
    (Math.log(endings.severity) * (ors.baseline.mean - risk.baseline)) / 10 +
    Math.log(clients.problem[risk.problem]!.dropout) +
    risk.frailty;
  return Math.exp(logHazard);
}
