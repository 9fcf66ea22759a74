import { describe, expect, it } from "vitest";
import { fromRows } from "../../src/numeric/matrix.js";
import { type FineGrayOptions, fitFineGray } from "../../src/survival/fine-gray.js";
import { closedForm, exact, expectClose, iterated } from "../numeric/tolerance.js";
import { caseNames, competingRisksCase, factorOf, frameOf, outcomeOf } from "./competing-risks-case.js";
import { plainFineGray } from "./plain-fine-gray.js";

describe("Fine–Gray counted by hand", () => {
  // x = 1: own at 1, other at 2, own at 5. x = 0: censored at 3, own at 4, censored at 6.
  const outcome = outcomeOf([1, 2, 5, 3, 4, 6], [1, 2, 1, 0, 1, 0]);
  const fit = fitFineGray(frameOf(outcome, [[1], [1], [1], [0], [0], [0]]), { event: 1 });

  it("weighs the competing event by the chance of not being censored since", () => {
    // G falls to 1 − 1/4 = 3/4 after 3. With r = exp(β), the risk sets are 3r + 3 at 1, (r + 3/4 r) + 2 at 4, 7/4 r + 1 at 5.
    const r = Math.exp(fit.coef[0]!);
    const score = 1 - (3 * r) / (3 * r + 3) + (0 - (1.75 * r) / (1.75 * r + 2)) + 1 - (1.75 * r) / (1.75 * r + 1);
    expectClose(score, 0, closedForm, "score", 1);
    expectClose(
      fit.logLik,
      2 * fit.coef[0]! - Math.log((3 * r + 3) * (1.75 * r + 2) * (1.75 * r + 1)),
      closedForm,
      "logLik",
    );
    expectClose(fit.logLikNull, -Math.log(6 * 3.75 * 2.75), closedForm, "logLik at 0");
    expectClose(fit.times, [1, 4, 5], exact, "times");
    expectClose(fit.baseline, [1 / (3 * r + 3), 1 / (1.75 * r + 2), 1 / (1.75 * r + 1)], closedForm, "baseline");
    expect(fit.endings).toEqual({ event: 3, competing: 1, censored: 2 });
  });
});

describe.each(caseNames)("Fine–Gray of %s", (name) => {
  const { expected, frame, strata } = competingRisksCase(name);
  const event = expected.causes.indexOf(expected.event) + 1;
  const one = new Int32Array(strata.codes.length);

  it("is cmprsk's", () => {
    const fit = fitFineGray(frame, { event });
    const { coef, invinf, vcov, se, logLik, logLikNull } = expected.fineGray;
    expect(fit.converged).toBe(true);
    expectClose(fit.coef, coef, iterated, "coef", 1e-3);
    expectClose(fit.logLik, logLik, closedForm, "logLik");
    expectClose(fit.logLikNull, logLikNull, closedForm, "logLik at 0");
    expectClose(fit.inverseInformation.data, invinf.flat(), iterated, "inverse information", 1e-5);
    expectClose(fit.vcov.data, vcov.flat(), iterated, "vcov", 1e-5);
    expectClose(
      fit.coef.map((_, j) => Math.sqrt(fit.vcov.data[j * se.length + j]!)),
      se,
      iterated,
      "se",
    );
  });

  it("is cmprsk's with a censoring distribution for each stratum, but for its variance", () => {
    const fit = fitFineGray(frame, { event, censoringStrata: strata });
    const { coef, invinf, logLik } = expected.fineGrayStrata;
    expectClose(fit.coef, coef, iterated, "coef", 1e-3);
    expectClose(fit.logLik, logLik, closedForm, "logLik");
    expectClose(fit.inverseInformation.data, invinf.flat(), iterated, "inverse information", 1e-5);
  });

  // Double sums over rows and times: the large data take too long.
  if (name === "ties")
    it("has the influence of the plain formulae", () => {
      for (const by of [null, strata]) {
        const fit = fitFineGray(frame, { event, censoringStrata: by });
        const plain = plainFineGray(frame, event, fit.coef, by?.codes ?? one);
        expectClose(plain.score, [0, 0, 0], closedForm, "score", 1);
        expectClose(fit.influence.data, plain.influence.flat(), closedForm, "influence", 1);
      }
    });

  it("does not depend on the order of rows", () => {
    const order = [...frame.outcome.time.keys()].map((row) => (row * 101 + 7) % frame.outcome.time.length);
    const shuffled = frameOf(
      outcomeOf(
        order.map((i) => frame.outcome.time[i]!),
        order.map((i) => frame.outcome.event[i]!),
        expected.causes,
      ),
      order.map((i) => [...frame.X.data.subarray(i * frame.X.cols, (i + 1) * frame.X.cols)]),
    );
    const [a, b] = [fitFineGray(frame, { event }), fitFineGray(shuffled, { event })];
    expectClose(b.coef, a.coef, closedForm, "coef", 1e-2);
    expectClose(b.vcov.data, a.vcov.data, closedForm, "vcov", 1e-4);
  });
});

/** Ω⁻¹ (Σ u u') Ω⁻¹, row-major. */
function sandwich(inverse: Float64Array, scores: readonly (readonly number[])[]): number[] {
  const p = Math.sqrt(inverse.length);
  const each = scores.map((u) =>
    Array.from({ length: p }, (_, j) => u.reduce((s, v, l) => s + inverse[j * p + l]! * v, 0)),
  );
  return Array.from({ length: p * p }, (_, at) => each.reduce((s, u) => s + u[Math.floor(at / p)]! * u[at % p]!, 0));
}

describe("identities of Fine–Gray", () => {
  const { frame, strata, expected } = competingRisksCase("ties");
  const { outcome, X } = frame;
  const event = 2;
  const rows = Array.from({ length: X.rows }, (_, i) => [...X.data.subarray(i * X.cols, (i + 1) * X.cols)]);
  const fit = fitFineGray(frame, { event });
  const fitRows = (
    x: readonly (readonly number[])[],
    more: Parameters<typeof frameOf>[2] = {},
    options: Partial<FineGrayOptions> = {},
  ) => fitFineGray(frameOf(outcome, x, more), { event, ...options });

  it("rescales with a covariate and turns its sign with the coding", () => {
    const scaled = fitRows(rows.map(([b, c, age]) => [b!, c!, 1000 * age! + 5e4]));
    expectClose(scaled.coef[2]! * 1000, fit.coef[2]!, closedForm, "coef");
    expectClose(scaled.vcov.data[8]! * 1e6, fit.vcov.data[8]!, closedForm, "variance");
    const turned = fitRows(rows.map(([b, c, age]) => [-b!, c!, age!]));
    expectClose(turned.coef, [-fit.coef[0]!, fit.coef[1]!, fit.coef[2]!], closedForm, "turned");
  });

  it("counts a row of weight 2 as two rows, but for its variance, which counts it as one", () => {
    const weights = Float64Array.from(outcome.time, (_, i) => 1 + (i % 2));
    const twice = [...outcome.time.keys()].flatMap((i) => (weights[i] === 2 ? [i, i] : [i]));
    const weighted = fitRows(rows, { weights });
    const doubled = fitFineGray(
      frameOf(
        outcomeOf(
          twice.map((i) => outcome.time[i]!),
          twice.map((i) => outcome.event[i]!),
          outcome.causes,
        ),
        twice.map((i) => rows[i]!),
        {
          cluster: { column: "row", codes: Int32Array.from(twice), levels: rows.map((_, i) => String(i)) },
        },
      ),
      { event },
    );
    expectClose(weighted.coef, doubled.coef, closedForm, "coef");
    // With each row a cluster its copies are one too.
    expectClose(weighted.vcov.data, doubled.vcov.data, closedForm, "vcov", 1e-3);
    const { influence } = plainFineGray({ ...frame, weights }, event, weighted.coef, new Int32Array(rows.length));
    expectClose(
      weighted.influence.data,
      influence.flatMap((u, i) => u.map((v) => v * weights[i]!)),
      closedForm,
      "influence",
      1,
    );
  });

  it("has an offset as a coefficient of one", () => {
    const offset = Float64Array.from(rows, ([, , age]) => age! * fit.coef[2]!);
    const others = fitRows(
      rows.map(([b, c]) => [b!, c!]),
      { offset },
    );
    expectClose(others.coef, [...fit.coef.subarray(0, 2)], iterated, "coef");
    expectClose(others.baseline, fit.baseline, iterated, "baseline");
  });

  it("sums the influence of a cluster", () => {
    const cluster = { column: "unit", ...factorOf(rows.map((_, i) => `u${i % 12}`)) };
    const clustered = fitRows(rows, { cluster }, { df: "clusters" });
    expectClose(clustered.coef, fit.coef, exact, "coef");
    expect(clustered.n.groups).toEqual({ unit: 12 });
    expect(clustered.denominatorDf(fromRows([[1, 0, 0]])).df).toBe(12 - 3);
    const { influence } = plainFineGray(frame, event, fit.coef, new Int32Array(rows.length));
    const sums = cluster.levels.map((_, c) =>
      [0, 1, 2].map((j) => influence.reduce((s, u, i) => s + (cluster.codes[i] === c ? u[j]! : 0), 0)),
    );
    expectClose(clustered.vcov.data, sandwich(fit.inverseInformation.data, sums), closedForm, "vcov", 1e-3);
    const each = fitRows(rows, { cluster: { column: "row", ...factorOf(rows.map((_, i) => String(1000 + i))) } });
    expectClose(each.vcov.data, fit.vcov.data, closedForm, "each its own", 1e-3);
  });

  it("is the same whether the causes of competing events are told apart", () => {
    const merged = outcome.event.map((code) => (code === 2 ? 1 : code === 0 ? 0 : 2));
    const again = fitFineGray(frameOf(outcomeOf([...outcome.time], [...merged]), rows), { event: 1 });
    expectClose(again.coef, fit.coef, exact, "coef");
    expect(expected.causes.length).toBe(3);
  });

  it("fades competing events of a stratum by the censoring of that stratum alone", () => {
    // A finite difference: the score at β̂ when a row counts for a little more, its G re-estimated. It has 1/(π − c)
    // where Fine and Gray have 1/π, and ties in the other order; without ties both differ by 1/n.
    const time = outcome.time.map((t, i) => t + ((i * 37) % 240) / 300);
    const untied = frameOf({ ...outcome, time }, rows);
    const { coef, influence } = fitFineGray(untied, { event, censoringStrata: strata });
    const step = 1e-4;
    const scoreAt = (row: number, change: number) => {
      const weights = new Float64Array(rows.length).fill(1);
      weights[row]! += change;
      return plainFineGray({ ...untied, weights }, event, coef, strata.codes).score;
    };
    const pooled = plainFineGray(untied, event, coef, strata.codes, true).influence;
    let [worst, worstPooled, size] = [0, 0, 0];
    for (let row = 0; row < rows.length; row += 24) {
      const [up, down] = [scoreAt(row, step), scoreAt(row, -step)];
      for (let j = 0; j < 3; j++) {
        const difference = (up[j]! - down[j]!) / (2 * step);
        worst = Math.max(worst, Math.abs(difference - influence.data[row * 3 + j]!));
        worstPooled = Math.max(worstPooled, Math.abs(difference - pooled[row]![j]!));
        size = Math.max(size, Math.abs(influence.data[row * 3 + j]!));
      }
    }
    expect(worst / size).toBeLessThan(0.005);
    // Summed over the strata, as in cmprsk, q is that of competing events which this censoring does not touch.
    expect(worstPooled).toBeGreaterThan(5 * worst);
  });
});

describe("monotone likelihood", () => {
  it("is found and said when an arm has no event of interest", () => {
    const outcome = outcomeOf([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 1, 0, 2, 0, 2, 0]);
    const fit = fitFineGray(
      frameOf(
        outcome,
        [0, 0, 0, 0, 1, 1, 1, 1].map((x, i) => [x, i % 3]),
      ),
      { event: 1 },
    );
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.monotone"]);
    expect(fit.problems[0]!.message).toContain('"x1"');
  });

  it("is not claimed of a large but finite coefficient", () => {
    // One of 60 events goes the other way.
    const x = Array.from({ length: 120 }, (_, i) => (i < 60 ? 1 : 0));
    const event = x.map((v, i) => (v === 1 || i === 60 ? 1 : 2));
    const time = x.map((_, i) => (i === 60 ? 0.5 : 1 + (i % 60)));
    const fit = fitFineGray(
      frameOf(
        outcomeOf(time, event),
        x.map((v) => [v]),
      ),
      { event: 1 },
    );
    expect(fit.converged).toBe(true);
  });
});
