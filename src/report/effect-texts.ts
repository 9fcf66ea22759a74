/** Texts on effect sizes, families of tests and earlier evidence, in each language; texts.ts holds the rest. */
import type { EvidenceTexts } from "../figure/evidence-texts.js";
import type { MultiplicityMethod } from "../inference/multiplicity.js";

export interface EffectTexts {
  readonly heading: string;
  readonly caption: (outcome: string) => string;
  readonly measure: string;
  readonly measures: Readonly<Record<string, string>>;
  /** In place of "number needed to treat", where the event is the worse outcome and more frequent, or the better and rarer. */
  readonly numberNeededToHarm: string;
  readonly footnotes: {
    readonly means: string;
    /** @param isDirected  The plan says whether an event is good or bad: the number needed has no sign then. */
    readonly risks: (isDirected: boolean) => string;
  };
  readonly method: string;
  readonly standardised: {
    readonly heading: string;
    readonly caption: (outcome: string) => string;
    readonly column: string;
    /** Which SD the differences are divided by, by measure. */
    readonly denominators: Readonly<Record<string, string>>;
    /** Of a joint analysis, of the same SD. */
    readonly ofDesigns: string;
    readonly interval: string;
  };
  readonly multiplicity: {
    readonly heading: string;
    readonly caption: (family: string, method: MultiplicityMethod, level: string) => string;
    readonly test: string;
    readonly adjusted: string;
    readonly rejected: string;
    readonly yes: string;
    readonly no: string;
    readonly footnote: string;
  };
  readonly evidenceHeading: string;
}

const englishMethods: Readonly<Record<MultiplicityMethod, string>> = {
  bonferroni: "Bonferroni",
  holm: "Holm",
  hochberg: "Hochberg",
  "fixed-sequence": "fixed sequence (gatekeeping)",
};

export const englishEffects: EffectTexts = {
  heading: "Effect sizes",
  caption: (outcome) => `Effect sizes for ${outcome}, without a model`,
  measure: "Measure",
  measures: {
    "mean-difference": "Mean difference (Welch)",
    "cohens-d": "Cohen’s d",
    "hedges-g": "Hedges’ g",
    "glass-delta": "Glass’s Δ",
    "common-language": "Probability of a larger value",
    "risk-difference": "Risk difference",
    "risk-ratio": "Risk ratio",
    "odds-ratio": "Odds ratio",
    "number-needed-to-treat": "Number needed to treat",
  },
  numberNeededToHarm: "Number needed to harm",
  footnotes: {
    means:
      "d and g: divided by the standard deviation pooled within arms, g corrected for small samples; Δ: divided by the standard deviation of the reference arm; intervals from the noncentral t distribution. Probability of a larger value: ties counted half, test and interval by Brunner and Munzel.",
    risks: (isDirected) =>
      `Risk difference: Newcombe’s interval. Ratios: Wald intervals on the log scale. ${
        isDirected
          ? "Number needed to treat: for one more to benefit; to harm: for one more to be harmed;"
          : "Number needed to treat: negative for one event fewer, positive for one event more;"
      } without an interval when the difference may be zero.`,
  },
  method: "Arms compared as they are, without a model.",
  standardised: {
    heading: "Standardised differences",
    caption: (outcome) => `Standardised differences in ${outcome}`,
    column: "Difference (SD)",
    denominators: {
      "standardised-difference-baseline-sd":
        "Adjusted differences divided by the standard deviation at baseline, pooled within arms.",
      "standardised-difference-total-sd":
        "Adjusted differences divided by the standard deviation of the outcome where the difference is, pooled within arms.",
      "standardised-difference-control-sd":
        "Adjusted differences divided by the standard deviation of the outcome in the reference arm.",
      "standardised-difference-residual-sd":
        "Adjusted differences divided by the residual standard deviation of the model.",
    },
    ofDesigns:
      "Effects divided by the standard deviation at baseline, within the arms of each design and pooled over both: the same for all rows.",
    interval: "Intervals carry the uncertainty of the standard deviation.",
  },
  multiplicity: {
    heading: "Adjustment for several tests",
    caption: (family, method, level) =>
      `Family “${family}”: p-values adjusted by ${englishMethods[method]}, level ${level}`,
    test: "Test",
    adjusted: "Adjusted p",
    rejected: "Rejected",
    yes: "yes",
    no: "no",
    footnote: "A test without a p-value counts as p = 1 and is not rejected.",
  },
  evidenceHeading: "Beside earlier evidence",
};

const swedishMethods: Readonly<Record<MultiplicityMethod, string>> = {
  bonferroni: "Bonferroni",
  holm: "Holm",
  hochberg: "Hochberg",
  "fixed-sequence": "fast ordning (gatekeeping)",
};

export const swedishEffects: EffectTexts = {
  heading: "Effektstorlekar",
  caption: (outcome) => `Effektstorlekar för ${outcome}, utan modell`,
  measure: "Mått",
  measures: {
    "mean-difference": "Medelvärdesskillnad (Welch)",
    "cohens-d": "Cohens d",
    "hedges-g": "Hedges g",
    "glass-delta": "Glass Δ",
    "common-language": "Sannolikhet för ett större värde",
    "risk-difference": "Riskskillnad",
    "risk-ratio": "Riskkvot",
    "odds-ratio": "Oddskvot",
    "number-needed-to-treat": "Antal som behöver behandlas (NNT)",
  },
  numberNeededToHarm: "Antal som behöver behandlas för att en ska skadas (NNH)",
  footnotes: {
    means:
      "d och g: dividerade med standardavvikelsen sammanvägd inom grupperna, g korrigerad för små urval; Δ: dividerad med referensgruppens standardavvikelse; intervall ur den icke-centrala t-fördelningen. Sannolikhet för ett större värde: lika värden räknas halvt, test och intervall enligt Brunner och Munzel.",
    risks: (isDirected) =>
      `Riskskillnad: Newcombes intervall. Kvoter: Wald-intervall på logaritmskalan. ${
        isDirected
          ? "NNT: för att en till ska få nytta; NNH: för att en till ska skadas;"
          : "NNT: negativt för en händelse färre, positivt för en händelse fler;"
      } utan intervall när skillnaden kan vara noll.`,
  },
  method: "Grupperna jämförs som de är, utan modell.",
  standardised: {
    heading: "Standardiserade skillnader",
    caption: (outcome) => `Standardiserade skillnader i ${outcome}`,
    column: "Skillnad (SD)",
    denominators: {
      "standardised-difference-baseline-sd":
        "Justerade skillnader dividerade med standardavvikelsen vid baslinjen, sammanvägd inom grupperna.",
      "standardised-difference-total-sd":
        "Justerade skillnader dividerade med utfallets standardavvikelse vid samma mättillfälle, sammanvägd inom grupperna.",
      "standardised-difference-control-sd":
        "Justerade skillnader dividerade med utfallets standardavvikelse i referensgruppen.",
      "standardised-difference-residual-sd": "Justerade skillnader dividerade med modellens residualstandardavvikelse.",
    },
    ofDesigns:
      "Effekterna dividerade med standardavvikelsen vid baslinjen, inom varje designs grupper och sammanvägd över båda: densamma på alla rader.",
    interval: "Intervallen tar hänsyn till standardavvikelsens osäkerhet.",
  },
  multiplicity: {
    heading: "Justering för flera test",
    caption: (family, method, level) =>
      `Familjen ”${family}”: p-värden justerade enligt ${swedishMethods[method]}, nivå ${level}`,
    test: "Test",
    adjusted: "Justerat p",
    rejected: "Förkastas",
    yes: "ja",
    no: "nej",
    footnote: "Ett test utan p-värde räknas som p = 1 och förkastas inte.",
  },
  evidenceHeading: "Jämfört med tidigare forskning",
};

export const englishEvidence: EvidenceTexts = {
  title: (scale) => `This trial beside earlier evidence: ${scale.charAt(0).toLowerCase()}${scale.slice(1)}`,
  trial: "This trial",
  earlier: "Earlier evidence",
  standardised: "Standardised mean difference",
  oddsRatio: "Odds ratio",
  riskRatio: "Risk ratio",
  favoursIntervention: "favours intervention",
  favoursComparison: "favours comparison",
  effect: (interval) => `Effect [${interval}]`,
  measures: {
    "hedges-g": "Hedges’ g",
    "cohens-d": "Cohen’s d",
    "glass-delta": "Glass’s Δ",
    "standardised-difference-baseline-sd": "baseline SD",
    "standardised-difference-total-sd": "total SD",
    "standardised-difference-control-sd": "control SD",
    "standardised-difference-residual-sd": "residual SD",
  },
  caption: (interval, turned, directed) =>
    `Filled squares: this trial; open diamonds: earlier evidence; lines: ${interval}, where one is known.${
      turned
        ? " Effects of which lower values are better are turned over, so that a larger value is better throughout."
        : ""
    }${directed ? "" : " The plan does not say of every outcome which direction is better."}`,
  alt: (trial, earlier, interval) =>
    `Forest plot of this trial’s effects beside earlier evidence, with ${interval}. This trial: ${trial.join("; ")}. Earlier evidence: ${earlier.join("; ")}.`,
};

export const swedishEvidence: EvidenceTexts = {
  title: (scale) => `Studien jämförd med tidigare forskning: ${scale.charAt(0).toLowerCase()}${scale.slice(1)}`,
  trial: "Denna studie",
  earlier: "Tidigare forskning",
  standardised: "Standardiserad medelvärdesskillnad",
  oddsRatio: "Oddskvot",
  riskRatio: "Riskkvot",
  favoursIntervention: "till interventionens fördel",
  favoursComparison: "till jämförelsens fördel",
  effect: (interval) => `Effekt [${interval}]`,
  measures: {
    "hedges-g": "Hedges g",
    "cohens-d": "Cohens d",
    "glass-delta": "Glass Δ",
    "standardised-difference-baseline-sd": "SD vid baslinjen",
    "standardised-difference-total-sd": "total SD",
    "standardised-difference-control-sd": "kontrollgruppens SD",
    "standardised-difference-residual-sd": "residualens SD",
  },
  caption: (interval, turned, directed) =>
    `Fyllda kvadrater: denna studie; öppna romber: tidigare forskning; linjer: ${interval}, där ett är känt.${
      turned ? " Effekter där lägre värden är bättre är vända, så att ett större värde alltid är bättre." : ""
    }${directed ? "" : " Planen säger inte för varje utfall vilken riktning som är bättre."}`,
  alt: (trial, earlier, interval) =>
    `Skogsdiagram (forest plot) över denna studies effekter och tidigare forskning, med ${interval}. Denna studie: ${trial.join("; ")}. Tidigare forskning: ${earlier.join("; ")}.`,
};
