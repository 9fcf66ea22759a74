import { describe, expect, it } from "vitest";
import type { SurvivalFrame } from "../../src/formula/survival-frame.js";
import { censoringDistribution } from "../../src/survival/censoring-distribution.js";
import { fitFineGray } from "../../src/survival/fine-gray.js";
import { clusterInformation } from "../../src/survival/fine-gray-sandwich.js";
import { toSubdistributionSets } from "../../src/survival/subdistribution-sets.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { competingRisksCase, factorOf, frameOf } from "./competing-risks-case.js";
import { plainFineGray } from "./plain-fine-gray.js";

const { frame: base } = competingRisksCase("ties");
const cluster = { column: "unit", ...factorOf(Array.from(base.rows, (i) => `u${(i * 7) % 9}`)) };
const frame = { ...base, cluster };
const event = 2;
const one = new Int32Array(base.rows.length);
const P = 3;

describe("a cluster's share of the information", () => {
  const fit = fitFineGray(frame, { event });
  const shares = clusterInformation(
    toSubdistributionSets(frame, event, censoringDistribution(frame, null)),
    fit.coef,
    cluster,
  );

  it("is the slope of its terms of the score", () => {
    const step = 1e-5;
    const sumsAt = (j: number, change: number) => {
      const beta = Float64Array.from(fit.coef, (b, l) => b + (l === j ? change : 0));
      const { terms } = plainFineGray(base, event, beta, one);
      return cluster.levels.map((_, g) =>
        Array.from({ length: P }, (_, l) => terms.reduce((s, u, i) => s + (cluster.codes[i] === g ? u[l]! : 0), 0)),
      );
    };
    for (let j = 0; j < P; j++) {
      const [up, down] = [sumsAt(j, step), sumsAt(j, -step)];
      shares.forEach(({ data }, g) => {
        const slope = up[g]!.map((value, l) => -(value - down[g]![l]!) / (2 * step));
        expectClose(
          slope.map((_, l) => data[l * P + j]!),
          slope,
          iterated,
          `cluster ${g}, column ${j}`,
          1,
        );
      });
    }
  });

  it("adds up to the whole", () => {
    const { information } = plainFineGray(base, event, fit.coef, one);
    const sum = Array.from({ length: P * P }, (_, at) => shares.reduce((s, { data }) => s + data[at]!, 0));
    expectClose(sum, information.flat(), closedForm, "information", 1);
  });
});

describe("corrections for few clusters", () => {
  const variance = (vcov: "robust" | "kauermann-carroll" | "mancl-derouen", of: SurvivalFrame = frame) =>
    fitFineGray(of, { event, vcov }).vcov.data;

  it("widen the sandwich, Mancl and DeRouen's the most", () => {
    const [robust, kc, md] = [variance("robust"), variance("kauermann-carroll"), variance("mancl-derouen")];
    for (const at of [0, 4, 8]) {
      expect(kc[at]).toBeGreaterThan(robust[at]!);
      expect(md[at]).toBeGreaterThan(kc[at]!);
    }
  });

  it("is A u with A = (1 − Ω_g Ω⁻¹)⁻¹, counted with one coefficient", () => {
    const single = frameOf(
      base.outcome,
      Array.from(base.rows, (i) => [base.X.data[i * P + 2]!]),
      { cluster },
    );
    const fit = fitFineGray(single, { event, vcov: "mancl-derouen" });
    const M = fit.inverseInformation.data[0]!;
    const shares = clusterInformation(
      toSubdistributionSets(single, event, censoringDistribution(single, null)),
      fit.coef,
      cluster,
    );
    const u = cluster.levels.map((_, g) =>
      fit.influence.data.reduce((s, v, i) => s + (cluster.codes[i] === g ? v : 0), 0),
    );
    const corrected = u.map((v, g) => v / (1 - shares[g]!.data[0]! * M));
    const md = M * M * corrected.reduce((s, v) => s + v * v, 0);
    const kc = M * M * corrected.reduce((s, v, g) => s + v * u[g]!, 0);
    expectClose(fit.vcov.data[0]!, md, closedForm, "Mancl–DeRouen");
    expectClose(
      fitFineGray(single, { event, vcov: "kauermann-carroll" }).vcov.data[0]!,
      kc,
      closedForm,
      "Kauermann–Carroll",
    );
  });

  it("rescale with a covariate, and do not feel its shift", () => {
    const scaled = frameOf(
      base.outcome,
      Array.from(base.rows, (i) => [base.X.data[i * P]!, base.X.data[i * P + 1]!, 7 + 100 * base.X.data[i * P + 2]!]),
      { cluster },
    );
    const again = variance("mancl-derouen", scaled);
    const first = variance("mancl-derouen");
    expectClose(again[0]!, first[0]!, closedForm, "arm");
    expectClose(again[8]! * 1e4, first[8]!, closedForm, "age");
  });
});
