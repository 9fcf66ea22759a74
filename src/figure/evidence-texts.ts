/** What the forest plot of earlier evidence needs said, in one language; src/report/effect-texts.ts has the texts. */
export interface EvidenceTexts {
  readonly title: (scale: string) => string;
  readonly trial: string;
  readonly earlier: string;
  readonly standardised: string;
  readonly oddsRatio: string;
  readonly riskRatio: string;
  readonly favoursIntervention: string;
  readonly favoursComparison: string;
  readonly effect: (interval: string) => string;
  /** What stands in brackets after a row: `Hedges' g`, `baseline SD`. By measure. */
  readonly measures: Readonly<Record<string, string>>;
  /** @param turned  whether a row has its sign, or its ratio, turned over so that all point the same way. */
  readonly caption: (interval: string, turned: boolean, directed: boolean) => string;
  readonly alt: (trial: readonly string[], earlier: readonly string[], interval: string) => string;
}
