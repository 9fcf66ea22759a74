/**
 * From a profile deviance d(c) to the limits of its interval: the roots of ±√(d(c) − d) − z, found to rounding (lme4's
 * confint interpolates them). What the models of profile-likelihood.ts and profile-residual-strata.ts share.
 */
import { normalQuantile } from "../numeric/distributions.js";

/** Limits under the names that estimates have: `coefficient:month`, `sd:site:(Intercept)`. */
export interface ProfileInterval {
  readonly name: string;
  /** null: the likelihood does not fall far enough on this side. */
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface Profile {
  readonly name: string;
  /** d(c), for a search outwards from the estimate. */
  readonly deviance: () => (c: number) => number;
  readonly estimate: number;
  /** About a standard error: the length of the first step. */
  readonly scale: number;
  /** A value that the parameter can have and cannot go below: 0 for a random term's standard deviation. */
  readonly floor?: number;
  /** A value that the search does not pass, though the parameter never has it. */
  readonly wall?: number;
}

/** Where d(c) − `minimum` is z² on either side of the estimate. */
export function limits(
  { name, deviance, estimate, scale, floor, wall }: Profile,
  minimum: number,
  level: number,
): ProfileInterval {
  const z = normalQuantile(1 - (1 - level) / 2);
  const outwards = () => {
    const at = deviance();
    return (c: number): number => Math.sqrt(Math.max(0, at(c) - minimum)) - z;
  };
  const reachesFloor = floor !== undefined && (estimate <= floor || !(outwards()(floor) > 0));
  const least = floor ?? wall ?? Number.NEGATIVE_INFINITY;
  return {
    name,
    lower: reachesFloor ? floor : crossing(outwards(), estimate, -scale, z, least),
    upper: crossing(outwards(), estimate, scale, z, Number.POSITIVE_INFINITY),
  };
}

/** Where the root function, −z at the estimate, becomes 0 on one side, by steps and then the Illinois rule; null: nowhere. */
function crossing(root: (c: number) => number, estimate: number, step: number, z: number, wall: number): number | null {
  let [inner, atInner] = [estimate, -z];
  let outer = estimate;
  let atOuter = -z;
  for (let length = z * step, tries = 0; !(atOuter > 0); length *= 1.6, tries++) {
    if (tries > 30) return null;
    [inner, atInner] = [outer, atOuter];
    outer = step < 0 ? Math.max(outer + length, wall) : outer + length;
    atOuter = root(outer);
    if (Number.isNaN(atOuter)) return null;
  }
  for (let iteration = 0; iteration < 60; iteration++) {
    const next = outer - (atOuter * (outer - inner)) / (atOuter - atInner);
    const there = root(next);
    if (Math.abs(there) < 1e-8 || Math.abs(outer - inner) < 1e-10 * Math.abs(step)) return next;
    if (there > 0 === atOuter > 0) atInner /= 2;
    else [inner, atInner] = [outer, atOuter];
    [outer, atOuter] = [next, there];
  }
  return outer;
}

type Search = (c: number, at: Float64Array) => { readonly at: Float64Array; readonly value: number };

/** d(c), each search beginning where the last one ended, a little off any saddle at zero. */
export const warmStarted = (start: Float64Array, search: Search) => (): ((c: number) => number) => {
  let at = start;
  return (c) => {
    const found = search(c, at);
    if (Number.isFinite(found.value)) at = found.at.map((v) => (Math.abs(v) < 1e-3 ? v + 1e-2 : v));
    return found.value;
  };
};
