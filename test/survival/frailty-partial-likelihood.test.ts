import { describe, expect, it } from "vitest";
import { frailtyPartialLikelihood } from "../../src/survival/frailty-partial-likelihood.js";
import type { Ties } from "../../src/survival/tied-events.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { plainPartialLikelihood } from "./plain-frailty.js";

/** Two factors, the first with a slope; ties; whatever else is asked for. The numbers are arbitrary and fixed. */
function example(features: { start?: boolean; strata?: boolean; weights?: boolean }, ties: Ties) {
  let state = 7;
  const draw = () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  const n = 40;
  const column = (f: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => f(i));
  const time = column(() => 1 + Math.floor(12 * draw()));
  const random = [
    {
      first: 0,
      k: 2,
      codes: Int32Array.from(time, () => Math.floor(4 * draw())),
      values: { rows: n, cols: 2, data: new Float64Array(2 * n).map((_, i) => (i % 2 === 0 ? 1 : draw() - 0.5)) },
    },
    {
      first: 8,
      k: 1,
      codes: Int32Array.from(time, () => Math.floor(3 * draw())),
      values: { rows: n, cols: 1, data: new Float64Array(n).fill(1) },
    },
  ];
  const times = {
    start: features.start ? column((i) => Math.floor(time[i]! * draw() * 0.9)) : null,
    time,
    event: Int32Array.from(time, () => (draw() < 0.7 ? 1 : 0)),
    strata: features.strata ? Int32Array.from(time, () => Math.floor(2 * draw())) : null,
    weights: features.weights ? column(() => Math.floor(3 * draw())) : null,
  };
  const X = { rows: n, cols: 2, data: new Float64Array(2 * n).map(() => draw() - 0.5) };
  const design = { q: 11, random, X };
  return { n, times, design, eta: column(() => 2 * draw() - 1), kernel: frailtyPartialLikelihood(times, design, ties) };
}

const features = [
  {},
  { strata: true },
  { weights: true },
  { start: true },
  { start: true, strata: true, weights: true },
];
const cases = features.flatMap((f) =>
  (["efron", "breslow"] as const).map((ties) => [JSON.stringify(f), ties, f] as const),
);

describe("partial likelihood with random columns", () => {
  it.each(cases)("is its definition, with score and information: %s, %s", (_, ties, f) => {
    const { times, design, eta, kernel, n } = example(f, ties);
    const plain = plainPartialLikelihood(times, design, eta, ties);
    const { logLik, residuals, expected } = kernel.at(eta);
    expectClose(logLik, plain.logLik, closedForm, "log partial likelihood");
    expectClose(kernel.toColumns(residuals), plain.score, closedForm, "score", 1);
    expectClose(kernel.information().data, plain.information.data, closedForm, "information", 1);
    for (let i = 0; i < n; i++)
      expectClose(
        residuals[i]!,
        (times.weights?.[i] ?? 1) * times.event[i]! * (expected[i]! > 0 ? 1 : 0) - expected[i]!,
        closedForm,
        "residual",
        1,
      );
    // The same again: nothing is left behind by a pass.
    expectClose(kernel.information().data, plain.information.data, closedForm, "information again", 1);
  });

  it.each(cases)("has the slope of tr(G H) that differences give: %s, %s", (_, ties, f) => {
    const { design, eta, kernel, n } = example(f, ties);
    const { q } = design;
    const G = { rows: q, cols: q, data: new Float64Array(q * q) };
    for (let i = 0; i < q; i++) for (let j = 0; j < q; j++) G.data[i * q + j] = Math.cos(i + j) / 3 + (i === j ? 2 : 0);
    const trace = (at: Float64Array): number => {
      kernel.at(at);
      const H = kernel.information();
      let sum = 0;
      for (let i = 0; i < q; i++) for (let j = 0; j < q; j++) sum += G.data[i * q + j]! * H.data[j * H.cols + i]!;
      return sum;
    };
    kernel.at(eta);
    const slope = kernel.traceSlope(G);
    const h = 1e-4;
    for (let i = 0; i < n; i++) {
      const beside = (k: number) => trace(eta.with(i, eta[i]! + k * h));
      const difference = (8 * (beside(1) - beside(-1)) - (beside(2) - beside(-2))) / (12 * h);
      expectClose(slope[i]!, difference, iterated, `row ${i}`, 0.1);
    }
  });

  it("is not moved by a shift of η, nor by rows that are never at risk", () => {
    const { eta, kernel, times, design } = example({ strata: true }, "efron");
    const here = kernel.at(eta);
    expectClose(kernel.at(eta.map((v) => v + 800)).logLik, here.logLik, closedForm, "shifted");
    // A row that enters after the last event of its stratum and one that leaves before the first.
    const start = new Float64Array(eta.length);
    const early = { ...times, start, event: times.event.slice() };
    const last = Math.max(...times.time);
    start[0] = last;
    early.time = times.time.slice();
    early.time[0] = last + 1;
    early.event[0] = 0;
    const moved = frailtyPartialLikelihood(early, design, "efron");
    const { logLik, residuals } = moved.at(eta);
    expect(residuals[0]).toBe(0);
    expectClose(moved.at(eta.with(0, 9)).logLik, logLik, closedForm, "its η does not matter");
  });
});
