/** One number of a results file, with what a reader needs to judge it. `null`: does not exist. */
export interface Estimate {
  /** As contract and README list them: `coefficient:month`, `contrast:arm[FIT]-arm[TAU]@visit=2`. */
  readonly name: string;
  /** `coefficient`, `mean`, `mean-difference`, `sd`, `correlation`, `icc`, … */
  readonly measure: string;
  readonly unit: string | null;
  readonly estimate: number | null;
  readonly se: number | null;
  /** Denominator degrees of freedom; null means normal, or that there is no test. */
  readonly df: number | null;
  /** Of an F test (`test:…`): how many coefficients it tests. */
  readonly numeratorDf?: number;
  readonly statistic: number | null;
  readonly p: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Of the interval: 0.95. */
  readonly level: number;
  /** Of a permutation test: the assignments compared, whether they are all, and Monte Carlo standard errors if not. */
  readonly permutation?: {
    readonly assignments: number;
    readonly exact: boolean;
    readonly error: { readonly p: number; readonly lower: number | null; readonly upper: number | null } | null;
  };
}
