/** Texts on estimands, in each language; texts.ts holds the rest. */
import type { IntercurrentStrategy } from "../plan/plan.js";

export interface EstimandTexts {
  readonly heading: string;
  readonly lead: string;
  readonly population: string;
  readonly treatment: string;
  readonly variable: string;
  readonly intercurrent: string;
  readonly summary: string;
  readonly analyses: string;
  readonly strategies: Readonly<Record<IntercurrentStrategy, string>>;
}

export const englishEstimands: EstimandTexts = {
  heading: "Estimands",
  lead: "What is estimated (ICH E9(R1)), as declared in the plan before the analysis.",
  population: "Population",
  treatment: "Treatments compared",
  variable: "Variable",
  intercurrent: "Intercurrent event",
  summary: "Summary measure",
  analyses: "Estimated by",
  strategies: {
    "treatment-policy": "treatment policy, the outcome counts whether or not it happens",
    hypothetical: "hypothetical, the outcome as it would be without it",
    composite: "composite, it is part of the outcome",
    "while-on-treatment": "while on treatment, the outcome until it happens",
    "principal-stratum": "principal stratum, those in whom it would not happen",
  },
};

export const swedishEstimands: EstimandTexts = {
  heading: "Estimander",
  lead: "Vad som skattas (ICH E9(R1)), så som planen angav det före analysen.",
  population: "Population",
  treatment: "Behandlingar som jämförs",
  variable: "Variabel",
  intercurrent: "Mellankommande händelse",
  summary: "Sammanfattande mått",
  analyses: "Skattas av",
  strategies: {
    "treatment-policy": "behandlingspolicy, utfallet räknas oavsett om den inträffar",
    hypothetical: "hypotetisk, utfallet som det skulle vara utan den",
    composite: "sammansatt, den ingår i utfallet",
    "while-on-treatment": "under behandling, utfallet fram till den",
    "principal-stratum": "principalt stratum, de hos vilka den inte skulle inträffa",
  },
};
