/** Texts on the stepped wedge, in each language; texts.ts holds the rest. */
import type { WedgeEffectName } from "../figure/estimate-name.js";

export interface SteppedWedgeTexts {
  /** Of an effect of the switch. */
  readonly effect: (effect: WedgeEffectName, exposure: string | null) => string;
  readonly inferenceHeading: string;
  readonly inferenceCaption: (outcome: string) => string;
  /** What a kind of inference is, by its name in the results. */
  readonly inferences: Readonly<Record<string, string>>;
  readonly inferenceFootnote: string;
  /** By name: of `icc:…` what stands after the colon, and `cac`. */
  readonly correlations: Readonly<Record<string, string>>;
  readonly autocorrelation: string;
  /** By name: of `test:…` what stands after the colon. */
  readonly tests: Readonly<Record<string, string>>;
}

export const englishSteppedWedge: SteppedWedgeTexts = {
  effect: (effect, exposure) =>
    ({
      immediate: "Effect of the switch",
      exposure: `Effect in treated period ${exposure}`,
      tate: "Mean effect over exposure times (TATE)",
      lte: "Effect at the longest exposure (LTE)",
      vertical: "Effect within periods",
    })[effect],
  inferenceHeading: "The same effects by other standard errors",
  inferenceCaption: (outcome) => `Effects on ${outcome} by the kind of standard error`,
  inferences: {
    "kenward-roger": "Kenward–Roger",
    satterthwaite: "Satterthwaite",
    cr3: "cluster-robust (CR3)",
    "mancl-derouen": "marginal, cluster-robust (Mancl–DeRouen)",
    residual: "classical",
    normal: "normal distribution",
  },
  inferenceFootnote:
    "Cluster-robust: robust to dependence within units whatever its form; t with units less 2 degrees of freedom.",
  correlations: {
    "within-period": "two clients of one unit, same period",
    "between-period": "two clients of one unit, different periods",
    cac: "two periods of one unit",
  },
  autocorrelation: "Cluster autocorrelation (CAC)",
  tests: {
    effect: "No effect at any exposure time",
    "effect-constant": "The same effect at all exposure times",
    "exposure-variance": "without random exposure effects",
  },
};

export const swedishSteppedWedge: SteppedWedgeTexts = {
  effect: (effect, exposure) =>
    ({
      immediate: "Effekt av bytet",
      exposure: `Effekt i behandlad period ${exposure}`,
      tate: "Medeleffekt över exponeringstider (TATE)",
      lte: "Effekt vid den längsta exponeringen (LTE)",
      vertical: "Effekt inom perioder",
    })[effect],
  inferenceHeading: "Samma effekter med andra medelfel",
  inferenceCaption: (outcome) => `Effekter på ${outcome} efter typ av medelfel`,
  inferences: {
    "kenward-roger": "Kenward–Roger",
    satterthwaite: "Satterthwaite",
    cr3: "klusterrobust (CR3)",
    "mancl-derouen": "marginell, klusterrobust (Mancl–DeRouen)",
    residual: "klassisk",
    normal: "normalfördelning",
  },
  inferenceFootnote:
    "Klusterrobust: tål beroende inom enheter vilken form det än har; t med antalet enheter minus 2 frihetsgrader.",
  correlations: {
    "within-period": "två klienter i en enhet, samma period",
    "between-period": "två klienter i en enhet, olika perioder",
    cac: "två perioder i en enhet",
  },
  autocorrelation: "Klusterautokorrelation (CAC)",
  tests: {
    effect: "Ingen effekt vid någon exponeringstid",
    "effect-constant": "Samma effekt vid alla exponeringstider",
    "exposure-variance": "utan slumpmässiga exponeringseffekter",
  },
};
