import { describe, expect, it } from "vitest";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { componentEstimate, logScale, varianceComponents } from "../../src/mixed/variance-components.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { frameOf, readReference } from "../reference/reference-case.js";

const componentsOf = (name: string, formula: string) => {
  const fit = fitLinearMixed(frameOf(readReference(name).table, formula));
  const list = varianceComponents(fit, "units", 0.95);
  return { fit, list, of: (wanted: string) => list.find(({ name: found }) => found === wanted)! };
};

describe("variance components", () => {
  // Balanced one-way: the mean squares give the REML estimates and their information in closed form.
  // Dyestuff, 6 batches of 5: MSB = 11271.5, MSW = 2451.25, so σ² = MSW and σ_b² = (MSB − MSW)/5.
  it("of Dyestuff are those of the analysis of variance, with its asymptotic errors", () => {
    const { of } = componentsOf("mixed-dyestuff", "yield ~ 1 + (1 | batch)");
    const [between, within] = [11271.5, 2451.25];
    const residual = Math.sqrt(within);
    const batch = (between - within) / 5;
    expectClose(of("sd:residual").estimate!, residual, iterated, "σ");
    expectClose(of("sd:batch:(Intercept)").estimate!, Math.sqrt(batch), iterated, "σ_b");
    // var(MSW) = 2 MSW²/24, var(MSB) = 2 MSB²/5, independent.
    const varWithin = (2 * within ** 2) / 24;
    const varBatch = ((2 * between ** 2) / 5 + varWithin) / 25;
    expectClose(of("sd:residual").se!, Math.sqrt(varWithin) / (2 * residual), iterated, "se σ");
    expectClose(of("sd:batch:(Intercept)").se!, Math.sqrt(varBatch) / (2 * Math.sqrt(batch)), iterated, "se σ_b");
    const icc = batch / (batch + within);
    expectClose(of("icc:batch").estimate!, icc, iterated, "icc");
    // ρ = (B − W)/(B + 4W): ∂ρ/∂B = 5W/(B + 4W)², ∂ρ/∂W = −5B/(B + 4W)².
    const down = (between + 4 * within) ** 2;
    const seIcc = Math.sqrt(
      ((5 * within) / down) ** 2 * ((2 * between ** 2) / 5) + ((5 * between) / down) ** 2 * varWithin,
    );
    expectClose(of("icc:batch").se!, seIcc, iterated, "se icc");
  });

  it("have intervals on the log, Fisher and logit scales", () => {
    const { of } = componentsOf("mixed-dyestuff", "yield ~ 1 + (1 | batch)");
    const sd = of("sd:residual");
    expectClose(Math.log(sd.upper! / sd.estimate!), Math.log(sd.estimate! / sd.lower!), closedForm, "log symmetric");
    expectClose(
      Math.log(sd.upper! / sd.estimate!),
      (1.959963984540054 * sd.se!) / sd.estimate!,
      closedForm,
      "log half",
    );
    const icc = of("icc:batch");
    const logit = (x: number) => Math.log(x / (1 - x));
    expectClose(
      logit(icc.upper!) - logit(icc.estimate!),
      logit(icc.estimate!) - logit(icc.lower!),
      closedForm,
      "logit",
    );
    const { of: slopes } = componentsOf("mixed-sleepstudy", "reaction ~ days + (days | participant)");
    const cor = slopes("cor:participant:(Intercept),days");
    expectClose(
      Math.atanh(cor.upper!) - Math.atanh(cor.estimate!),
      Math.atanh(cor.estimate!) - Math.atanh(cor.lower!),
      closedForm,
      "Fisher's z",
    );
  });

  // lmerTest 3.1-3: the covariance of (theta, σ) from the Hessian of the REML criterion (vcov_varpar), carried to
  // log standard deviations and Fisher's z by numDeriv::jacobian. nlme's intervals() differ from both in the third
  // digit: its Hessian is a coarser difference.
  it("of sleepstudy have the intervals that lmerTest's information gives", () => {
    const { of, list } = componentsOf("mixed-sleepstudy", "reaction ~ days + (days | participant)");
    const expected: Record<string, readonly [number, number]> = {
      "sd:participant:(Intercept)": [15.5815292768, 39.2830342518],
      "sd:participant:days": [3.9182780408, 8.9507844974],
      "cor:participant:(Intercept),days": [-0.5183928555, 0.6078033893],
      "sd:residual": [22.8004579792, 28.7249072488],
    };
    for (const [name, [lower, upper]] of Object.entries(expected)) {
      expectClose(of(name).lower!, lower, iterated, `${name} lower`);
      expectClose(of(name).upper!, upper, iterated, `${name} upper`);
    }
    // No intraclass correlation where slopes vary: it would depend on the day.
    expect(list.some(({ measure }) => measure === "icc")).toBe(false);
  });

  it("at zero have an estimate, and neither error nor interval", () => {
    const { of } = componentsOf("mixed-dyestuff2", "yield ~ 1 + (1 | batch)");
    for (const name of ["sd:batch:(Intercept)", "icc:batch"])
      expect(of(name)).toMatchObject({ estimate: 0, se: null, lower: null, upper: null, p: null });
    expect(of("sd:residual").se).toBeGreaterThan(0);
  });

  it("give each nested group its share, which add up with the residual's to one", () => {
    const { fit, of } = componentsOf("mixed-pastes", "strength ~ 1 + (1 | batch / cask)");
    const total = of("icc:batch").estimate! + of("icc:batch:cask").estimate!;
    const variances = fit.random.reduce((sum, { covariance }) => sum + covariance.data[0]!, 0);
    expectClose(total, variances / (variances + fit.sigma ** 2), closedForm, "shares");
  });

  it("next to zero have an interval from 0 to the Wald limit of the variance, not one without end", () => {
    // A standard deviation of 0.2 with standard error 5: variance 0.04 with 2, so the limit is √(0.04 + 1.96 · 2).
    const covariance = { rows: 1, cols: 1, data: Float64Array.of(25) };
    const near = componentEstimate(covariance, 0.95)(
      { name: "sd", measure: "sd", unit: null },
      0.2,
      Float64Array.of(1),
      logScale,
    );
    expectClose(near.se!, 5, closedForm, "se");
    expect(near.lower).toBe(0);
    expectClose(near.upper!, Math.sqrt(0.04 + 1.959963984540054 * 2), closedForm, "upper");
    // One standard error away or more, the log scale.
    const away = componentEstimate(covariance, 0.95)(
      { name: "sd", measure: "sd", unit: null },
      10,
      Float64Array.of(1),
      logScale,
    );
    expectClose(away.lower! * away.upper!, 100, closedForm, "log symmetric");
  });
});
