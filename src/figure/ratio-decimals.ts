/** The decimals that a ratio and its interval are printed with. */

const DECIMALS = 2;
/** An interval narrower than this, as of a covariate in small units, would be hidden by two decimals. */
const NARROW = 0.1;

interface Interval {
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Two; three for a narrow interval. */
export const ratioDecimals = ({ lower, upper }: Interval): number =>
  lower !== null && upper !== null && upper - lower < NARROW ? DECIMALS + 1 : DECIMALS;
