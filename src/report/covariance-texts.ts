/** Texts on the covariance of repeated measures, in each language; texts.ts holds the rest. */
export interface CovarianceTexts {
  readonly heading: string;
  readonly caption: (outcome: string, visit: string, participant: string) => string;
  readonly layout: string;
  /** Of models with random effects beside the covariance. */
  readonly givenRandomEffects: string;
  readonly sd: string;
}

export const englishCovariance: CovarianceTexts = {
  heading: "Covariance between visits",
  caption: (outcome, visit, participant) =>
    `Covariances and correlations of ${outcome} between levels of ${visit}, within ${participant}`,
  layout: "Variances on the diagonal, covariances below it, correlations above it. SD, standard deviation.",
  givenRandomEffects: "Given the random effects.",
  sd: "SD",
};

export const swedishCovariance: CovarianceTexts = {
  heading: "Kovarians mellan besök",
  caption: (outcome, visit, participant) =>
    `Kovarianser och korrelationer för ${outcome} mellan nivåer av ${visit}, inom ${participant}`,
  layout: "Varianser i diagonalen, kovarianser under den, korrelationer över den. SD, standardavvikelse.",
  givenRandomEffects: "Givet slumpeffekterna.",
  sd: "SD",
};
