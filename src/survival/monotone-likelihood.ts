/**
 * Monotone likelihood: a direction δ of the coefficients along which the partial likelihood never falls, so that some
 * coefficients have no finite estimate. It is one when at every event time those with the event have the largest x'δ of
 * all at risk, and not all at risk have the same: no events in one arm, events only above some age.
 *
 * The direction is that of Newton's steps once the linear predictors run away, by about 1 with each step along it.
 * Whether it is one is then checked at every event time, so that coefficients that are large but finite are not accused.
 *
 * Source  Bryson & Johnson (1981) Technometrics 23:381–383; Heinze & Schemper (2001) Biometrics 57:114–119.
 */
import type { RiskSets } from "./risk-sets.js";

/** Movements below this share of the largest are those of rows that do not move. */
const STILL = 1e-3;

/**
 * Columns of X whose coefficients have no finite estimate; null when the direction is not one of them.
 *
 * @param direction  p.
 */
export function findMonotone(sets: RiskSets, direction: Float64Array): number[] | null {
  const { n, p, X, times } = sets;
  const along = new Float64Array(n);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < n; place++) {
    let sum = 0;
    for (let j = 0; j < p; j++) sum += X[place * p + j]! * direction[j]!;
    along[place] = sum;
    low = Math.min(low, sum);
    high = Math.max(high, sum);
  }
  const largest = high - low;
  if (!(largest > 0) || !Number.isFinite(largest)) return null;
  const still = STILL * largest;
  const top = extremesAtRisk(sets, along);
  let moves = false;
  for (let g = 0; g < times.count; g++) {
    const entered = times.entered[g]!;
    for (let place = entered - times.events[g]!; place < entered; place++)
      if (along[place]! < top.most[g]! - still) return null;
    if (top.least[g]! < top.most[g]! - still) moves = true;
  }
  return moves ? runawayColumns(sets, direction, largest) : null;
}

/** Columns that take part in the movement: the coefficient times the column's range counts. */
function runawayColumns({ n, p, X }: RiskSets, direction: Float64Array, largest: number): number[] {
  return Array.from(direction.keys()).filter((j) => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < n; place++) {
      low = Math.min(low, X[place * p + j]!);
      high = Math.max(high, X[place * p + j]!);
    }
    return Math.abs(direction[j]!) * (high - low) > 10 * STILL * largest;
  });
}

/** The largest and the smallest value among those at risk at each event time. */
function extremesAtRisk(
  { times, stratumStart, start }: RiskSets,
  along: Float64Array,
): { readonly most: Float64Array; readonly least: Float64Array } {
  const most = new Float64Array(times.count);
  const least = new Float64Array(times.count);
  let stratum = -1;
  let place = 0;
  let largest = new Heap(along, 1);
  let smallest = new Heap(along, -1);
  for (let g = 0; g < times.count; g++) {
    if (times.stratum[g] !== stratum) {
      stratum = times.stratum[g]!;
      place = stratumStart[stratum]!;
      largest = new Heap(along, 1);
      smallest = new Heap(along, -1);
    }
    for (const end = times.entered[g]!; place < end; place++) {
      largest.push(place);
      smallest.push(place);
    }
    const t = times.time[g]!;
    const hasLeft = (at: number): boolean => start !== null && start[at]! >= t;
    most[g] = along[largest.topUnless(hasLeft)]!;
    least[g] = along[smallest.topUnless(hasLeft)]!;
  }
  return { most, least };
}

/** Places with the largest (sign 1) or smallest (−1) value on top; those that have left are dropped when they come up. */
class Heap {
  private readonly places: number[] = [];
  constructor(
    private readonly value: Float64Array,
    private readonly sign: 1 | -1,
  ) {}

  push(place: number): void {
    const { places } = this;
    let at = places.push(place) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isAbove(places[at]!, places[parent]!)) break;
      this.swap(at, parent);
      at = parent;
    }
  }

  topUnless(hasLeft: (place: number) => boolean): number {
    while (this.places.length > 0 && hasLeft(this.places[0]!)) this.pop();
    return this.places[0]!;
  }

  private pop(): void {
    const { places } = this;
    const moved = places.pop()!;
    if (places.length === 0) return;
    places[0] = moved;
    for (let at = 0; ; ) {
      let above = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < places.length && this.isAbove(places[child]!, places[above]!)) above = child;
      if (above === at) return;
      this.swap(at, above);
      at = above;
    }
  }

  private isAbove(a: number, b: number): boolean {
    return this.sign * (this.value[a]! - this.value[b]!) > 0;
  }

  private swap(a: number, b: number): void {
    const kept = this.places[a]!;
    this.places[a] = this.places[b]!;
    this.places[b] = kept;
  }
}
