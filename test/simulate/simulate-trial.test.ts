/** A large trial of the committed truth gives the declared numbers back, to within four Monte Carlo standard errors. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseSimulation } from "../../src/simulate/parse-simulation.js";
import { renderTrial } from "../../src/simulate/render-trial.js";
import { plannedDay, type SimulatedClient, simulateClients } from "../../src/simulate/simulate-clients.js";
import { DAYS_OF_MONTH, dropoutHazardRatio, FOLLOW_UP_DAYS } from "../../src/simulate/simulate-endings.js";
import { simulateStaff } from "../../src/simulate/simulate-staff.js";
import { offTrackClients, type SimulatedTrial, simulateTrial } from "../../src/simulate/simulate-trial.js";
import { simulateUnits } from "../../src/simulate/simulate-units.js";
import { missedShare } from "../../src/simulate/simulate-visits.js";
import { FOLLOW_UPS, type Simulation } from "../../src/simulate/simulation.js";

const truth = parseSimulation(
  readFileSync(new URL("../../analyses/fit-simulation.yaml", import.meta.url), "utf8"),
  "fit-simulation.yaml",
);
const { A, B } = truth.designs;
const large: Simulation = { ...truth, designs: { A: { ...A, units: 600 }, B: { ...B, units: 600 } } };
const trial = simulateTrial(large, 7);

const MONTE_CARLO = 4;
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const centre = mean(values);
  return values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (values.length - 1);
};
/** The mean of independent values, against what is declared. */
function expectMean(values: readonly number[], declared: number): void {
  const se = Math.sqrt(variance(values) / values.length);
  expect(Math.abs(mean(values) - declared), `${mean(values)} is not ${declared}`).toBeLessThan(MONTE_CARLO * se);
}
/** The standard deviation of independent normal values. */
function expectSd(values: readonly number[], declared: number): void {
  const se = declared / Math.sqrt(2 * (values.length - 1));
  expect(Math.abs(Math.sqrt(variance(values)) - declared)).toBeLessThan(MONTE_CARLO * se);
}
const expectShare = (hits: readonly boolean[], declared: number): void =>
  expectMean(
    hits.map((hit) => (hit ? 1 : 0)),
    declared,
  );
const groupsOf = <T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return groups;
};
const byDesign = (design: string): SimulatedClient[] => trial.clients.filter(({ unit }) => unit.design === design);
const visitsOf = groupsOf(trial.visits, ({ client }) => client);

describe("a simulated trial", () => {
  it("is the same twice, and another with another seed", () => {
    expect(renderTrial(simulateTrial(truth, 1))).toEqual(renderTrial(simulateTrial(truth, 1)));
    expect(renderTrial(simulateTrial(truth, 1))).not.toEqual(renderTrial(simulateTrial(truth, 2)));
  });

  it("does not depend on the order in which units are made", () => {
    const made = simulateTrial(truth, 3);
    const units = [...simulateUnits(truth, 3)].reverse();
    const clients = units.map((unit) => simulateClients(truth, 3, unit, simulateStaff(truth, 3, unit))).reverse();
    expect(clients.flat()).toEqual(made.clients);
  });

  it("is that of data/fit-trial, byte for byte", () => {
    for (const { name, text } of renderTrial(simulateTrial(truth, truth.seed))) {
      expect(text, name).toBe(readFileSync(new URL(`../../data/fit-trial/${name}`, import.meta.url), "utf8"));
    }
  });

  it("keeps one more unit from changing the others", () => {
    const more = simulateTrial({ ...truth, designs: { A: { ...A, units: A.units + 1 }, B } }, 3);
    const ids = (one: SimulatedTrial): string[] => one.clients.map(({ client, baseline }) => `${client} ${baseline}`);
    const before = new Set(ids(simulateTrial(truth, 3)));
    expect(ids(more).filter((id) => before.has(id)).length).toBe(before.size);
  });
});

describe("the declared truth is recovered", () => {
  it("clients of a unit, posts, switches", () => {
    const sizes = [...groupsOf(trial.clients, ({ unit }) => unit.unit).values()].map(({ length }) => length);
    expect(Math.min(...sizes)).toBe(A.clients[0]);
    expect(Math.max(...sizes)).toBe(A.clients[1]);
    expectMean(sizes, (A.clients[0] + A.clients[1]) / 2);
    const switched = groupsOf(
      trial.units.filter(({ design }) => design === "B"),
      ({ switchQuarter }) => String(switchQuarter),
    );
    expect([...switched.keys()].map(Number).sort()).toEqual(B.switches);
    for (const units of switched.values()) expect(units.length).toBe(100);
  });

  it("arms: half of each unit in design A; in B by the date of enrolment", () => {
    for (const [, clients] of groupsOf(byDesign("A"), ({ unit }) => unit.unit)) {
      const fit = clients.filter(({ arm }) => arm === "FIT").length;
      expect(Math.abs(2 * fit - clients.length)).toBeLessThanOrEqual(2);
    }
    for (const { unit, arm, randomised } of byDesign("B")) {
      expect(arm).toBe(randomised >= unit.switchDate! ? "FIT" : "TAU");
    }
    expectShare(
      byDesign("A").map(({ arm, armReceived }) => arm !== armReceived),
      truth.clients.crossover,
    );
  });

  it("standard deviations of units, unit-periods, staff, clients and residuals", () => {
    expectSd(
      trial.units.map(({ effect }) => effect),
      A.sd.unit,
    );
    expectSd(
      trial.units.filter(({ design }) => design === "B").flatMap(({ quarters }) => [...quarters]),
      B.sd["unit-period"],
    );
    for (const arm of ["TAU", "FIT"] as const) {
      expectSd(
        trial.staff.filter((one) => one.arm === arm).map(({ effect }) => effect),
        A.sd.therapist[arm],
      );
    }
    expectSd(
      trial.staff.filter(({ arm }) => arm === null).map(({ effect }) => effect),
      B.sd.therapist,
    );
    expectSd(
      trial.clients.map(({ intercept }) => intercept),
      A.sd.client,
    );
    // Two follow-ups of one client differ by their effects, means and residuals alone.
    const differences = byDesign("A")
      .filter(({ arm }) => arm === "TAU")
      .map(({ client }) => visitsOf.get(client)!)
      .map((visits) => visits[4]!.latent - visits[3]!.latent);
    expectSd(differences, A.sd.residual * Math.SQRT2);
    expectMean(differences, truth.ors.tau["12"] - truth.ors.tau["6"]);
  });

  it("the effect as randomised at each visit, by the mean difference within units of design A", () => {
    for (const [at, month] of FOLLOW_UPS.entries()) {
      const differences = [...groupsOf(byDesign("A"), ({ unit }) => unit.unit).values()].map((clients) => {
        const outcome = (arm: string): number =>
          mean(clients.filter((one) => one.arm === arm).map(({ client }) => visitsOf.get(client)![at + 1]!.latent));
        return outcome("FIT") - outcome("TAU");
      });
      expectMean(differences, truth.ors.effect[month]);
    }
  });

  it("clients off track: their share, and a larger effect by the declared difference", () => {
    const clients = byDesign("A");
    const offTrack = offTrackClients(large, trial.clients);
    expect(clients.filter((one) => offTrack.has(one)).length).toBe(
      Math.round(truth.ors["off-track"].share * clients.length),
    );
    // Deviations from the expected outcome under TAU: baseline and covariates differ between the groups.
    const without = simulateTrial(
      { ...large, ors: { ...large.ors, "off-track": { ...large.ors["off-track"], effect: 0 } } },
      7,
    );
    const added = trial.visits.map(({ latent }, i) => latent - without.visits[i]!.latent);
    const fit = trial.clients.flatMap((client) => (client.arm === "FIT" && client.unit.design === "A" ? [client] : []));
    const place = new Map(trial.visits.map((visit, i) => [`${visit.client} ${visit.month}`, i]));
    const addedTo = (isOff: boolean): number[] =>
      fit.filter((one) => offTrack.has(one) === isOff).map(({ client }) => added[place.get(`${client} 12`)!]!);
    const share = truth.ors["off-track"].share;
    for (const value of addedTo(true)) expect(value).toBeCloseTo(truth.ors["off-track"].effect * (1 - share), 3);
    for (const value of addedTo(false)) expect(value).toBeCloseTo(-truth.ors["off-track"].effect * share, 3);
  });

  it("hazards: events of each cause, against the hazard that was accumulated", () => {
    const { from } = truth.endings;
    const cumulated = (rates: readonly number[], client: SimulatedClient): number => {
      const months = (client.day ?? FOLLOW_UP_DAYS) / DAYS_OF_MONTH;
      return rates.reduce(
        (sum, rate, i) => sum + rate * Math.max(0, Math.min(months, from[i + 1] ?? 99) - from[i]!),
        0,
      );
    };
    const frailtyOf = new Map(trial.staff.map(({ therapist, frailty }) => [therapist, frailty]));
    const causes = [
      ["planerat", truth.endings.planned],
      ["avbrott", truth.endings.dropout],
      ["flyttat", truth.endings.moving],
    ] as const;
    for (const [cause, rates] of causes) {
      // Observed less accumulated is a martingale at the end of follow-up: mean zero.
      const martingale = trial.clients.map((client) => {
        const frailty = frailtyOf.get(client.therapist)!;
        const ratio = cause === "avbrott" ? dropoutHazardRatio(truth, { ...client, frailty }) : 1;
        // An event is written down at the end of its day: on average half a day late.
        const late = client.day === null ? 0 : 0.5 / DAYS_OF_MONTH;
        const rateAtEnd = rates[from.findLastIndex((time) => time <= (client.day ?? 365) / DAYS_OF_MONTH)]!;
        return (client.ending === cause ? 1 : 0) - ratio * (cumulated(rates, client) - rateAtEnd * late);
      });
      expectMean(martingale, 0);
    }
  });

  it("missed visits, by what they depend on", () => {
    for (const [at, month] of FOLLOW_UPS.entries()) {
      expectMean(
        trial.clients.map((client) => {
          const visit = visitsOf.get(client.client)![at + 1]!;
          return (visit.visited === null ? 1 : 0) - missedShare(truth, client, month);
        }),
        0,
      );
    }
  });

  it("rounding and cutting to 0–40 changes the mean outcome by less than a tenth of a point, the effect by less than 0.05", () => {
    const lost = (arm: string): number => {
      const of = new Set(trial.clients.filter((one) => one.arm === arm).map(({ client }) => client));
      const made = trial.visits.filter(({ client, ors, month }) => ors !== null && month === 12 && of.has(client));
      return mean(made.map(({ ors, latent }) => ors! - latent));
    };
    expect(Math.abs(lost("TAU"))).toBeLessThan(0.1);
    expect(Math.abs(lost("FIT"))).toBeLessThan(0.1);
    expect(Math.abs(lost("FIT") - lost("TAU"))).toBeLessThan(0.05);
  });

  it("sessions: under FIT alone, in order, not after the ending", () => {
    const clientOf = new Map(trial.clients.map((client) => [client.client, client]));
    const sessions = groupsOf(trial.sessions, ({ client }) => client);
    for (const [name, own] of sessions) {
      const client = clientOf.get(name)!;
      expect(client.arm).toBe("FIT");
      expect(client.armReceived).toBe("FIT");
      expect(own.map(({ session }) => session)).toEqual(own.map((_, i) => i + 1));
      expect(own.every(({ held }, i) => i === 0 || held > own[i - 1]!.held)).toBe(true);
      expect(own.at(-1)!.held).toBeLessThanOrEqual(client.randomised + (client.day ?? FOLLOW_UP_DAYS));
    }
  });

  it("SRS grows from session to session as declared, where nothing is cut off at 40", () => {
    const { srs } = truth.sessions;
    const low = { ...truth, sessions: { ...truth.sessions, srs: { ...srs, mean: 18 } } };
    const slopes = [...groupsOf(simulateTrial(low, 7).sessions, ({ client }) => client).values()]
      .filter((own) => own.length >= 10)
      .map((own) => {
        const first = own.slice(0, 10).map((session, i) => (i - 4.5) * session.srs);
        return first.reduce((sum, one) => sum + one, 0) / 82.5;
      });
    expect(slopes.length).toBeGreaterThan(100);
    expectMean(slopes, srs.growth);
  });

  it("staff belong to one arm in design A; who leaves is followed the next day; clients keep their therapist as randomised", () => {
    const staffOf = new Map(trial.staff.map((one) => [one.therapist, one]));
    for (const client of trial.clients) {
      const therapist = staffOf.get(client.therapist)!;
      if (client.unit.design === "A") expect(therapist.arm).toBe(client.arm);
      expect(therapist.employedFrom).toBeLessThanOrEqual(client.randomised);
      expect(therapist.employedTo ?? client.randomised).toBeGreaterThanOrEqual(client.randomised);
    }
    const moved = trial.clients.filter((client) => client.therapist !== client.therapistLast).length;
    expect(moved).toBeGreaterThan(0);
    expect(plannedDay(12)).toBe(365);
  });
});
