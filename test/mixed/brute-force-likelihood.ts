/** The likelihood of a random-intercept model by integrating each cluster over a fine grid: slow, and nothing shared. */

export interface SmallData {
  readonly y: readonly number[];
  readonly x: readonly number[];
  readonly cluster: readonly number[];
}

/** −2 log-likelihood at intercept, slope and standard deviation. */
export function bruteForceDeviance(
  { y, x, cluster }: SmallData,
  family: "binomial" | "cloglog" | "poisson",
  [intercept, slope, sd]: readonly [number, number, number],
): number {
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  const density = (value: number, eta: number): number => {
    if (family === "binomial") return 1 / (1 + Math.exp(value === 1 ? -eta : eta));
    if (family === "cloglog") return value === 1 ? 1 - Math.exp(-Math.exp(eta)) : Math.exp(-Math.exp(eta));
    return Math.exp(value * eta - Math.exp(eta)) / factorial(value);
  };
  let deviance = 0;
  for (const one of new Set(cluster)) {
    const rows = cluster.flatMap((label, i) => (label === one ? [i] : []));
    // The trapezoid rule is exact to rounding for an analytic function that dies out at both ends.
    let integral = 0;
    const step = 0.002;
    for (let u = -9; u <= 9; u += step) {
      const product = rows.reduce((all, i) => all * density(y[i]!, intercept + slope * x[i]! + sd * u), 1);
      integral += (product * Math.exp((-u * u) / 2) * step) / Math.sqrt(2 * Math.PI);
    }
    deviance -= 2 * Math.log(integral);
  }
  return deviance;
}
