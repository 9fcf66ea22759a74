import { describe, expect, it } from "vitest";
import { logPartialLikelihood, partialLikelihood } from "../../src/survival/partial-likelihood.js";
import { relativeRisks, toRiskSets } from "../../src/survival/risk-sets.js";
import type { Ties } from "../../src/survival/tied-events.js";
import { type MadeRow, madeRows, survivalRows } from "./survival-rows.js";

const TIES: readonly Ties[] = ["efron", "breslow"];
const BETA = Float64Array.from([0.4, 0.02, -0.7]);

/** The definition, event by event: every risk set summed afresh. */
function plain(rows: readonly MadeRow[], beta: ArrayLike<number>, ties: Ties): number {
  const eta = (row: MadeRow) => row.x.reduce((sum, v, j) => sum + v * beta[j]!, row.offset ?? 0);
  const risk = (some: readonly MadeRow[]) => some.reduce((sum, row) => sum + (row.weight ?? 1) * Math.exp(eta(row)), 0);
  const events = rows.filter(({ event }) => event === 1);
  let logLik = events.reduce((sum, row) => sum + (row.weight ?? 1) * eta(row), 0);
  const seen = new Set<string>();
  for (const { time, stratum } of events) {
    const key = `${stratum}@${time}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const here = rows.filter((row) => row.stratum === stratum);
    const tied = here.filter((row) => row.event === 1 && row.time === time);
    const atRisk = here.filter((row) => row.time >= time && (row.start ?? 0) < time);
    const mean = tied.reduce((sum, row) => sum + (row.weight ?? 1), 0) / tied.length;
    tied.forEach((_, k) => {
      const share = ties === "efron" ? k / tied.length : 0;
      logLik -= mean * Math.log(risk(atRisk) - share * risk(tied));
    });
  }
  return logLik;
}

describe("partialLikelihood", () => {
  const rows = madeRows(90);
  const sets = toRiskSets(survivalRows(rows));

  it.each(TIES)("is the sum over risk sets, with ties, late entries, strata, weights and offset (%s)", (ties) => {
    const { logLik, risks } = partialLikelihood(sets, BETA, ties);
    expect(logLik).toBeCloseTo(plain(rows, BETA, ties), 9);
    expect(logPartialLikelihood(sets, risks, ties)).toBeCloseTo(logLik, 10);
  });

  it.each(TIES)("has the score and information that finite differences give (%s)", (ties) => {
    const { score, information } = partialLikelihood(sets, BETA, ties);
    const scales = [1, 0.01, 1];
    scales.forEach((scale, j) => {
      const h = 1e-4 * scale;
      const moved = (by: number) =>
        partialLikelihood(
          sets,
          BETA.map((b, k) => (k === j ? b + by : b)),
          ties,
        );
      const up = moved(h);
      const down = moved(-h);
      expect((up.logLik - down.logLik) / (2 * h)).toBeCloseTo(score[j]!, 3);
      for (let k = 0; k < 3; k++) {
        const slope = -(up.score[k]! - down.score[k]!) / (2 * h);
        const expected = information.data[j * 3 + k]!;
        expect(Math.abs(slope - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
      }
    });
  });

  it("is finite for linear predictors that overflow as they stand", () => {
    const beta = Float64Array.from([0, 30, 0]);
    const { logLik, score } = partialLikelihood(sets, beta, "efron");
    expect(Number.isFinite(logLik)).toBe(true);
    expect(score.every(Number.isFinite)).toBe(true);
  });

  it("keeps its digits when the row that carried the risk set has left", () => {
    // Row 0 outweighs the others by e^40 and is observed on (5, 9] only.
    const late: MadeRow[] = [
      { start: 5, time: 9, event: 1, x: [1] },
      ...[1, 2, 3, 4].map((time) => ({ start: 0, time, event: 1, x: [time / 10] })),
    ];
    const beta = Float64Array.from([40]);
    const value = partialLikelihood(toRiskSets(survivalRows(late)), beta, "breslow").logLik;
    expect(value).toBeCloseTo(plain(late, beta, "breslow"), 10);
  });

  it("does not count a row of weight zero", () => {
    const some = rows.map((row, i) => (i % 5 === 0 ? { ...row, weight: 0 } : row));
    const without = some.filter(({ weight }) => weight !== 0);
    const beta = BETA;
    const all = toRiskSets(survivalRows(some));
    expect(logPartialLikelihood(all, relativeRisks(all, beta), "efron")).toBeCloseTo(plain(without, beta, "efron"), 9);
  });
});
