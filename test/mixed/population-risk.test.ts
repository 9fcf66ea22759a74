import { expect, it } from "vitest";
import { populationRisks } from "../../src/mixed/population-risk.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";

const X = fromRows([
  [1, 0.5],
  [1, -1],
  [1, 2],
]);
const Z = [
  {
    group: "g",
    names: ["1", "z"],
    levels: ["a"],
    codes: new Int32Array(3),
    values: fromRows([
      [1, 0.2],
      [1, -0.4],
      [1, 1],
    ]),
  },
];
/** G = ΛΛ' with Λ = (a 0; b c), and its slopes in a, b and c. */
const random = ([a, b, c]: readonly number[]) => [
  {
    group: "g",
    names: ["1", "z"],
    levels: ["a"],
    covariance: fromRows([
      [a! * a!, a! * b!],
      [a! * b!, b! * b! + c! * c!],
    ]),
    covarianceSlopes: [
      fromRows([
        [2 * a!, b!],
        [b!, 0],
      ]),
      fromRows([
        [0, a!],
        [a!, 2 * b!],
      ]),
      fromRows([
        [0, 0],
        [0, 2 * c!],
      ]),
    ],
    modes: fromRows([[0, 0]]),
  },
];
const riskAt = (lambda: readonly number[], beta: readonly number[], link: "logit" | "cloglog" = "logit") =>
  populationRisks({ coef: Float64Array.from(beta), random: random(lambda), link }, { Z, offset: null }, [
    { level: "x", X },
  ])[0]!;

const lambda = [1.1, -0.3, 0.7];
const beta = [0.4, -0.6];

it("is the mean probability over the rows and the normal random effects, by the trapezoid rule", () => {
  let risk = 0;
  for (let i = 0; i < 3; i++) {
    const z = Z[0]!.values.data.subarray(2 * i, 2 * i + 2);
    const s = Math.hypot(lambda[0]! * z[0]! + lambda[1]! * z[1]!, lambda[2]! * z[1]!);
    const eta = beta[0]! + beta[1]! * X.data[2 * i + 1]!;
    for (let u = -9; u < 9; u += 0.001)
      risk += ((Math.exp((-u * u) / 2) / Math.sqrt(2 * Math.PI)) * 0.001) / (1 + Math.exp(-eta - s * u)) / 3;
  }
  expectClose(riskAt(lambda, beta).risk, risk, iterated, "risk");
});

it.each(["logit", "cloglog"] as const)("has the gradient of finite differences, in Λ and β: %s", (link) => {
  const h = 1e-5;
  const nudged = (values: readonly number[], i: number, by: number) => values.map((v, j) => (j === i ? v + by : v));
  const differences = [
    ...lambda.map(
      (_, i) =>
        (riskAt(nudged(lambda, i, h), beta, link).risk - riskAt(nudged(lambda, i, -h), beta, link).risk) / (2 * h),
    ),
    ...beta.map(
      (_, i) =>
        (riskAt(lambda, nudged(beta, i, h), link).risk - riskAt(lambda, nudged(beta, i, -h), link).risk) / (2 * h),
    ),
  ];
  expectClose(riskAt(lambda, beta, link).gradient, differences, iterated, "gradient", 0.1);
});

it("is nearer to one half than the probability of the middle cluster, and the same without variance", () => {
  const middle = (b: number) => 1 / (1 + Math.exp(-b));
  const none = riskAt([0, 0, 0], [1.5, 0]);
  expectClose(none.risk, middle(1.5), closedForm, "no variance");
  const some = riskAt([1.5, 0, 0], [1.5, 0]);
  expect(some.risk).toBeLessThan(middle(1.5) - 0.03);
  expect(some.risk).toBeGreaterThan(0.5);
});
