/** Curves of made-up participants, by the plainest way of counting: enough to draw, not to rely on. */
import { censoringTimes, lastTime, numbersAtRisk, roundTimes } from "../../src/analysis/event-curves.js";
import type { EventCurve, EventCurves, SchoenfeldTerm } from "../../src/analysis/results.js";

export interface Rows {
  readonly time: readonly number[];
  /** 0 censored, k the event `causes[k − 1]`. */
  readonly event: readonly number[];
  readonly group: readonly number[];
}

interface Labels {
  readonly groups: readonly string[];
  readonly causes: readonly string[];
  readonly time?: EventCurves["time"];
  readonly event?: string;
  readonly groupedBy?: string | null;
}

export function survivalCurves(rows: Rows, labels: Labels): EventCurves {
  return curvesOf("survival", rows, labels, (group) => [stepsOf(rows, group, null, 1)]);
}

/** Aalen–Johansen, with the survival of all causes before each time. */
export function incidenceCurves(rows: Rows, labels: Labels): EventCurves {
  return curvesOf("incidence", rows, labels, (group) => labels.causes.map((_, k) => stepsOf(rows, group, k + 1, 0)));
}

interface Steps {
  readonly cause: number | null;
  readonly times: number[];
  readonly estimates: number[];
}

function stepsOf({ time, event, group }: Rows, own: number, cause: number | null, start: number): Steps {
  const times = [0];
  const estimates = [start];
  let survival = 1;
  let incidence = 0;
  for (const at of [...new Set(time.filter((_, i) => group[i] === own))].sort((a, b) => a - b)) {
    const of = (holds: (i: number) => boolean) => time.filter((_, i) => group[i] === own && holds(i)).length;
    const atRisk = of((i) => time[i]! >= at);
    incidence += (survival * of((i) => time[i] === at && event[i] === cause)) / atRisk;
    survival *= 1 - of((i) => time[i] === at && event[i] !== 0) / atRisk;
    times.push(at);
    estimates.push(cause === null ? survival : incidence);
  }
  return { cause, times, estimates };
}

function curvesOf(kind: EventCurves["kind"], rows: Rows, labels: Labels, of: (group: number) => Steps[]): EventCurves {
  const { groups, causes, event = "dropout", time = { name: "time", unit: "weeks" } } = labels;
  const outcome = { start: null, time: Float64Array.from(rows.time), event: Int32Array.from(rows.event), causes };
  const curves = groups.flatMap((group, g) =>
    of(g).map(({ cause, times, estimates }): EventCurve => {
      const within = (value: number) => Math.min(1, Math.max(0, value));
      const half = estimates.map(
        (value) => 1.96 * Math.sqrt((value * (1 - value)) / Math.max(1, rows.time.length / 2)),
      );
      return {
        group,
        cause: cause === null ? null : causes[cause - 1]!,
        times: Float64Array.from(times),
        estimates: Float64Array.from(estimates),
        lower: Float64Array.from(estimates, (value, i) =>
          value === 0 && i > 0 ? Number.NaN : within(value - half[i]!),
        ),
        upper: Float64Array.from(estimates, (value, i) =>
          value === 0 && i > 0 ? Number.NaN : within(value + half[i]!),
        ),
        until: times.at(-1)!,
        censored: censoringTimes(outcome, Int32Array.from(rows.group), g),
      };
    }),
  );
  return {
    kind,
    source: "observed",
    event,
    time,
    groupedBy: labels.groupedBy === undefined ? (groups.length > 1 ? "arm" : null) : labels.groupedBy,
    level: 0.95,
    curves,
    atRisk: numbersAtRisk(outcome, { names: groups, codes: rows.group }, roundTimes(lastTime(curves), time.unit)),
  };
}

/** Times of `n` participants in `groups` groups: events of `causes` kinds, a later group a little later. */
export function madeUpRows(n: number, groups: number, causes: number): Rows {
  let state = 12345;
  const uniform = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return (state + 0.5) / 2147483648;
  };
  const rows = Array.from({ length: n }, (_, i) => {
    const group = i % groups;
    const event = -Math.log(uniform()) * (30 + 14 * group);
    const censored = 12 + 44 * uniform();
    const kind = 1 + Math.floor(uniform() * causes);
    return { time: Math.ceil(Math.min(event, censored)), event: event <= censored ? kind : 0, group };
  });
  return {
    time: rows.map(({ time }) => time),
    event: rows.map(({ event }) => event),
    group: rows.map(({ group }) => group),
  };
}

/** Residuals of a term whose effect changes by `trend` over the time. */
export function schoenfeldTerm(term: string, events: number, trend: number): SchoenfeldTerm {
  let state = 777;
  const uniform = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return (state + 0.5) / 2147483648;
  };
  const times = Float64Array.from({ length: events }, () => Math.ceil(-Math.log(uniform()) * 300)).sort();
  const transformed = times.map((_, i) => (0.9 * i) / events);
  return {
    term,
    time: { name: "time", unit: "days" },
    times,
    transform: "km",
    transformed,
    effects: transformed.map((x) => -0.5 + trend * (x - 0.45) + 2.2 * (uniform() - 0.5)),
    coefficient: -0.5,
    coefficients: 1,
    test: { statistic: 3.2, df: 1, p: 0.074 },
  };
}
