/** Gaussian frailty against coxme: test/reference/frailty-gaussian/coxme.R. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fitGaussianFrailty, type GaussianFrailtyFit } from "../../src/survival/frailty-gaussian.js";
import type { Ties } from "../../src/survival/tied-events.js";
import { type Cells, factor, tableOf } from "../formula/table-of.js";
import { closedForm, exact, expectClose, optimised } from "../numeric/tolerance.js";
import { readRows } from "./frailty-case.js";
import { survivalFrameOf } from "./survival-reference.js";

type Numbers = Readonly<Record<string, number>>;
interface CoxmeFit {
  readonly data: string;
  readonly weights: string | null;
  readonly formula: string;
  readonly ties: Ties;
  readonly events: number;
  readonly null: number;
  readonly integrated: number;
  readonly penalised: number;
  readonly effectiveDf: number;
  readonly coef: Numbers;
  readonly se: Numbers;
  readonly variance: Numbers;
  readonly modes: Readonly<Record<string, Numbers>>;
}
const { cases } = JSON.parse(
  readFileSync(new URL("../reference/frailty-gaussian/coxme.json", import.meta.url), "utf8"),
) as { cases: Readonly<Record<string, CoxmeFit>> };

const GROUPS = new Set(["inst", "id", "litter", "unit", "therapist", "office", "centre"]);

function fitOf({ data, weights, formula, ties }: CoxmeFit): GaussianFrailtyFit {
  const rows = readRows("frailty-gaussian", data);
  const cells = (name: string): Cells => {
    const texts = rows.map((row) => row[name]!);
    return GROUPS.has(name) ? factor(texts) : texts.map(Number);
  };
  const table = tableOf(Object.fromEntries(Object.keys(rows[0]!).map((name) => [name, cells(name)])));
  return fitGaussianFrailty(survivalFrameOf(formula, table, { weights: weights ?? undefined }), { ties });
}

const seOf = ({ vcov }: GaussianFrailtyFit) =>
  Array.from({ length: vcov.cols }, (_, i) => Math.sqrt(vcov.data[i * vcov.cols + i]!));
const varianceOf = ({ random }: GaussianFrailtyFit, group: string) =>
  random.find((term) => term.group === group)!.covariance.data[0]!;
/** coxme writes `unit/therapist` and `u1/t11`. */
const asOurs = (text: string) => text.replace("/", ":");

const { zero, ...positive } = cases;

describe("gaussian frailty as coxme fits it", () => {
  it.each(Object.keys(positive))("%s", (id) => {
    const answer = positive[id]!;
    const fit = fitOf(answer);
    expect(fit.converged).toBe(true);
    expect(fit.singular).toBe(false);
    expect([...fit.names]).toEqual(Object.keys(answer.coef));
    expectClose(fit.events, answer.events, exact, "events");
    expectClose(fit.logLikNull, answer.null, closedForm, "null");
    expectClose(fit.logLik, answer.integrated, closedForm, "integrated");
    expectClose(fit.logLikPenalised, answer.penalised, optimised.estimate, "penalised");
    expectClose(fit.effectiveDf, answer.effectiveDf, optimised.df, "effective df");
    expectClose(fit.coef, Object.values(answer.coef), optimised.estimate, "coef");
    expectClose(seOf(fit), Object.values(answer.se), optimised.se, "se");
    const groups = Object.keys(answer.variance);
    expect(fit.random.map(({ group }) => group).sort()).toEqual(groups.map(asOurs).sort());
    for (const group of groups) {
      expectClose(varianceOf(fit, asOurs(group)), answer.variance[group]!, optimised.variance, `variance of ${group}`);
      const { levels, modes } = fit.random.find((term) => term.group === asOurs(group))!;
      const theirs = answer.modes[group]!;
      const labels = Object.keys(theirs);
      expect([...levels].sort()).toEqual(labels.map(asOurs).sort());
      // A mode is a variance times a score: it has the digits of the variance, and may lie near zero.
      const size = Math.sqrt(answer.variance[group]!);
      const ours = labels.map((label) => modes.data[levels.indexOf(asOurs(label))]!);
      expectClose(ours, Object.values(theirs), optimised.se, `modes of ${group}`, size);
    }
  });

  it("puts at zero the variance that coxme, which searches over its logarithm, leaves on its way there", () => {
    const answer = zero!;
    const fit = fitOf(answer);
    expect(fit.singular).toBe(true);
    expect(varianceOf(fit, "centre")).toBe(0);
    expect(answer.variance["centre"]).toBeLessThan(1e-7);
    expect(fit.logLik).toBeGreaterThanOrEqual(answer.integrated);
    // coxme's variance is 3e-8 where ours is 0: what depends on it differs by as much, times the events.
    expectClose(fit.logLik, answer.integrated, optimised.estimate, "integrated");
    expectClose(fit.coef, Object.values(answer.coef), optimised.estimate, "coef");
    expectClose(seOf(fit), Object.values(answer.se), optimised.se, "se");
  });
});
