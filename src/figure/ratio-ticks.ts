/** Ticks of a logarithmic axis of ratios: as many round numbers as there is room for, and always 1. */
import { textWidth } from "./text-width.js";
import { FONT_SIZE } from "./theme.js";

const MOST_TICKS = 7;
/** Pixels between neighbouring labels. */
const LABEL_GAP = 9;

/** What a tick may be in each decade, from few to many; all begin with 1. */
const STEPS_IN_DECADE = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]] as const;
/** Of a very wide range: every second or third power of ten. */
const DECADES_BETWEEN = [2, 3] as const;
/** Of a range so narrow that steps of a decade say little: multiples of one of these. */
const EVEN_STEPS = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001] as const;
const DECADES = Array.from({ length: 13 }, (_, i) => i - 6);
/** More even steps than this within a range are never wanted. */
const MOST_STEPS = 50;

/**
 * @param values  what the axis shows; those that are not above 0 do not count.
 * @param width   of the axis in pixels.
 */
export function ratioTicks(values: readonly (number | null)[], width: number): number[] {
  const shown = values.filter((value) => value !== null && value > 0 && Number.isFinite(value)) as number[];
  const low = Math.min(1, ...shown);
  const high = Math.max(1, ...shown);
  const within = (tick: number): boolean => tick >= low * 0.995 && tick <= high * 1.005;
  const inDecades = STEPS_IN_DECADE.map((steps) =>
    DECADES.flatMap((decade) => steps.map((step) => Number(`${step}e${decade}`))).filter(within),
  );
  const inPowers = DECADES_BETWEEN.map((every) =>
    DECADES.filter((decade) => decade % every === 0)
      .map((decade) => Number(`1e${decade}`))
      .filter(within),
  );
  const even = EVEN_STEPS.filter((step) => (high - low) / step <= MOST_STEPS).map((step) =>
    multiples(step, low, high).filter(within),
  );
  const fitting = [...inPowers, ...inDecades, ...even].filter(
    (ticks) => ticks.length <= MOST_TICKS && areApart(ticks, low, high, width),
  );
  // The most that fit; of as many, the simpler ones, which come first.
  return fitting.reduce((best, ticks) => (ticks.length > best.length ? ticks : best), [1]);
}

function multiples(step: number, low: number, high: number): number[] {
  const first = Math.floor(low / step);
  const count = Math.ceil(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6))).filter(
    (tick) => tick > 0,
  );
}

/** Whether labels do not touch. */
function areApart(ticks: readonly number[], low: number, high: number, width: number): boolean {
  if (ticks.length < 2) return true;
  const perUnit = width / Math.log(high / low);
  const half = (tick: number) => textWidth(String(tick), FONT_SIZE) / 2;
  return ticks.slice(1).every((tick, i) => {
    const before = ticks[i]!;
    return Math.log(tick / before) * perUnit >= half(before) + half(tick) + LABEL_GAP;
  });
}
