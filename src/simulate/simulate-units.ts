/** Units of both designs, and the randomised order in which those of design B switch. */
import { randomStream, shuffleInPlace } from "../numeric/random-stream.js";
import { parseIsoDate } from "../table/iso-date.js";
import { drawLevel, onScale } from "./draw.js";
import { DESIGNS, type Design, type Simulation } from "./simulation.js";

/** Days of a quarter: 13 weeks, so that all quarters are of one length. */
export const QUARTER = 91;

export interface SimulatedUnit {
  readonly unit: string;
  readonly design: Design;
  readonly provider: string;
  readonly setting: string;
  /** Quarter, from 1, in which FIT begins; null in design A. */
  readonly switchQuarter: number | null;
  /** Its first day, days since 1970-01-01. */
  readonly switchDate: number | null;
  /** 0 to 100. */
  readonly fidelity: number;
  /** Deviation of the outcome, points. */
  readonly effect: number;
  /** Deviation of the outcome before the start, points. */
  readonly baseline: number;
  /** Deviation of the outcome in each quarter of enrolment, points; zeros in design A. */
  readonly quarters: Float64Array;
}

/** First day of a quarter, from 1; days since 1970-01-01. */
export const quarterStart = ({ calendar }: Simulation, quarter: number): number =>
  parseIsoDate(calendar.start) + (quarter - 1) * QUARTER;

/** Units, A01 … then B01 …; what is drawn for one does not depend on the others. */
export function simulateUnits(simulation: Simulation, seed: number): SimulatedUnit[] {
  const switches = switchQuarters(simulation, seed);
  return DESIGNS.flatMap((design) =>
    Array.from({ length: simulation.designs[design].units }, (_, i) => {
      const switchQuarter = design === "A" ? null : switches[i]!;
      return simulateUnit(simulation, seed, design, i, switchQuarter);
    }),
  );
}

function simulateUnit(
  simulation: Simulation,
  seed: number,
  design: Design,
  index: number,
  switchQuarter: number | null,
): SimulatedUnit {
  const { units, calendar, ors, designs } = simulation;
  const unit = `${design}${String(index + 1).padStart(2, "0")}`;
  const stream = randomStream(seed, `simulate/unit/${unit}`, 0);
  const provider = drawLevel(stream, units.provider);
  const setting = drawLevel(stream, units.setting);
  const fidelity = onScale(units.fidelity.mean + units.fidelity.sd * stream.normal(), [0, 100], 0);
  const effect = designs[design].sd.unit * stream.normal();
  const baseline = ors.baseline.unit * stream.normal();
  const sdOfQuarter = design === "A" ? 0 : designs.B.sd["unit-period"];
  return {
    unit,
    design,
    provider,
    setting,
    switchQuarter,
    switchDate: switchQuarter === null ? null : quarterStart(simulation, switchQuarter),
    fidelity,
    effect,
    baseline,
    quarters: Float64Array.from({ length: calendar.quarters }, () => sdOfQuarter * stream.normal()),
  };
}

/** For each unit of design B the quarter in which it switches: as even as the numbers allow, in random order. */
function switchQuarters({ designs }: Simulation, seed: number): number[] {
  const { units, switches } = designs.B;
  const order = Int32Array.from({ length: units }, (_, i) => i);
  shuffleInPlace(order, randomStream(seed, "simulate/switches", 0));
  return Array.from(order, (place) => switches[Math.floor((place * switches.length) / units)]!);
}
