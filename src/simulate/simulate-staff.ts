/**
 * Staff. A unit has posts; who leaves one is followed by somebody new the next day, so that a post is always filled.
 * In design A a post, and with it everybody who ever holds it, belongs to one arm.
 */
import { type RandomStream, randomStream } from "../numeric/random-stream.js";
import { drawExponential, drawLevel, drawWhole } from "./draw.js";
import { DAYS_OF_MONTH, FOLLOW_UP_DAYS } from "./simulate-endings.js";
import { quarterStart, type SimulatedUnit } from "./simulate-units.js";
import { ARMS, type Arm, type Simulation } from "./simulation.js";

export interface SimulatedStaff {
  readonly therapist: string;
  readonly unit: string;
  /** null in design B. */
  readonly arm: Arm | null;
  readonly profession: string;
  /** First and last day, days since 1970-01-01; null: still employed. */
  readonly employedFrom: number;
  readonly employedTo: number | null;
  /** Deviation of the outcome of clients, points. */
  readonly effect: number;
  /** Deviation of the log hazard of dropout of clients. */
  readonly frailty: number;
}

/** Those who held a post, one after the other. */
export interface Post {
  readonly arm: Arm | null;
  readonly holders: readonly SimulatedStaff[];
}

/** Who holds a post on a day. */
export const holderOn = ({ holders }: Post, day: number): SimulatedStaff =>
  holders.find(({ employedTo }) => employedTo === null || day <= employedTo)!;

/** The posts of a unit with everybody who holds them until the last follow-up. */
export function simulateStaff(simulation: Simulation, seed: number, { unit, design }: SimulatedUnit): Post[] {
  const { staff, sd } = simulation.designs[design];
  const stream = randomStream(seed, `simulate/staff/${unit}`, 0);
  const arms = Array.isArray(staff)
    ? Array.from({ length: drawWhole(stream, staff as [number, number]) }, () => null)
    : ARMS.flatMap((arm) =>
        Array.from(
          { length: drawWhole(stream, (staff as { TAU: [number, number]; FIT: [number, number] })[arm]) },
          () => arm,
        ),
      );
  return arms.map((arm, post) => ({ arm, holders: holdersOf(simulation, seed, `${unit}-${post + 1}`, unit, arm, sd) }));
}

function holdersOf(
  simulation: Simulation,
  seed: number,
  post: string,
  unit: string,
  arm: Arm | null,
  { therapist: sd }: { readonly therapist: number | Readonly<Record<Arm, number>> },
): SimulatedStaff[] {
  const start = quarterStart(simulation, 1);
  const end = quarterStart(simulation, simulation.calendar.quarters + 1) + FOLLOW_UP_DAYS;
  const holders: SimulatedStaff[] = [];
  let from = start;
  for (let holder = 0; from <= end; holder++) {
    const stream: RandomStream = randomStream(seed, `simulate/post/${post}`, holder);
    const profession = drawLevel(stream, simulation.staff.profession);
    const before = drawWhole(stream, [60, 3000]);
    const months = drawExponential(stream) / simulation.staff.leaving;
    const to = from + Math.ceil(months * DAYS_OF_MONTH);
    const hasLeft = to <= end;
    holders.push({
      therapist: `${post}${"abcdefghijklmnopqrstuvwxyz"[holder] ?? `z${holder}`}`,
      unit,
      arm,
      profession,
      employedFrom: holder === 0 ? start - before : from,
      employedTo: hasLeft ? to : null,
      effect: (typeof sd === "number" ? sd : sd[arm!]) * stream.normal(),
      frailty: simulation.endings.frailty * stream.normal(),
    });
    if (!hasLeft) break;
    from = to + 1;
  }
  return holders;
}
