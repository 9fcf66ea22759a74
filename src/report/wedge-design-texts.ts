/** Texts on the design of a stepped wedge, exposure at the visit and permutation tests, in each language. */
import type { CellCondition } from "../stepped-wedge/design.js";
import type { ExposureRule } from "../stepped-wedge/exposure-at-visit.js";

export interface WedgeDesignTexts {
  readonly heading: string;
  readonly caption: string;
  readonly unit: string;
  /** Before the number of clients or rows of a cell. */
  readonly conditions: Readonly<Record<CellCondition, string>>;
  readonly counts: (ofClients: boolean) => string;
  readonly exposureHeading: string;
  readonly exposureCaption: string;
  readonly rules: Readonly<Record<ExposureRule, string>>;
  readonly exposureColumns: readonly [
    rule: string,
    visit: string,
    control: string,
    treated: string,
    leftOut: string,
    moved: string,
  ];
  readonly allVisits: string;
  readonly exposureFootnote: string;
  readonly permutationHeading: string;
  readonly permutationCaption: string;
  /** By what was compared; a score by the measure of its effect. */
  readonly statistics: Readonly<Record<"immediate" | "vertical" | "log-odds-ratio" | "log-rate-ratio", string>>;
  readonly statistic: string;
  readonly assignments: string;
  readonly exact: string;
  /** Of a score: the interval rests on the model. */
  readonly exactScore: string;
  readonly drawn: (p: string, limits: readonly [string, string] | null) => string;
}

export const englishWedgeDesign: WedgeDesignTexts = {
  heading: "Design",
  caption: "Units by period: condition and size of each cell",
  unit: "Unit",
  conditions: { control: "C", treated: "T", transition: "–", none: "" },
  counts: (ofClients) =>
    `C, control; T, treated; –, transition, left out; empty, no rows. The numbers are ${ofClients ? "clients" : "rows"}.`,
  exposureHeading: "Follow-up past the switch",
  exposureCaption: "Visits by condition under each rule of exposure",
  rules: {
    enrolment: "As at enrolment (treatment policy)",
    "at-visit": "As at the visit",
    censored: "Left out after the switch (hypothetical)",
  },
  exposureColumns: ["Rule", "Visit", "Control", "Treated", "Left out", "Passed the switch"],
  allVisits: "all",
  exposureFootnote:
    "Passed the switch: visits after the switch of the unit, of clients enrolled before it. The rules differ in these alone.",
  permutationHeading: "Permutation test",
  permutationCaption: "Effect tested over the assignments that the randomisation could have made",
  statistics: {
    immediate: "Effect of the switch, by the model",
    vertical: "Effect within periods",
    "log-odds-ratio": "Effect of the switch, log odds ratio by the score",
    "log-rate-ratio": "Effect of the switch, log rate ratio by the score",
  },
  statistic: "Estimate compared",
  assignments: "Assignments",
  exact: "All assignments that the randomisation could have made: p-value and interval are exact.",
  exactScore:
    "All assignments that the randomisation could have made: the p-value is exact, the interval rests on the model.",
  drawn: (p, limits) =>
    `Assignments drawn at random. Monte Carlo standard error: ${p} of p${limits === null ? "" : `, ${limits[0]} and ${limits[1]} of the limits`}.`,
};

export const swedishWedgeDesign: WedgeDesignTexts = {
  heading: "Design",
  caption: "Enheter efter period: betingelse och storlek för varje cell",
  unit: "Enhet",
  conditions: { control: "K", treated: "B", transition: "–", none: "" },
  counts: (ofClients) =>
    `K, kontroll; B, behandlad; –, övergångsperiod, utesluten; tomt, inga rader. Talen är antal ${ofClients ? "klienter" : "rader"}.`,
  exposureHeading: "Uppföljning efter övergången",
  exposureCaption: "Besök efter betingelse enligt varje regel för exponering",
  rules: {
    enrolment: "Som vid inskrivningen (behandlingspolicy)",
    "at-visit": "Som vid besöket",
    censored: "Uteslutna efter övergången (hypotetisk)",
  },
  exposureColumns: ["Regel", "Besök", "Kontroll", "Behandlad", "Uteslutna", "Efter övergången"],
  allVisits: "alla",
  exposureFootnote:
    "Efter övergången: besök, efter enhetens övergång, av klienter som skrevs in före den. Reglerna skiljer sig bara åt för dessa.",
  permutationHeading: "Permutationstest",
  permutationCaption: "Effekten prövad över de tilldelningar som randomiseringen kunde ha gett",
  statistics: {
    immediate: "Effekt av övergången, enligt modellen",
    vertical: "Effekt inom perioder",
    "log-odds-ratio": "Effekt av övergången, log oddskvot enligt score",
    "log-rate-ratio": "Effekt av övergången, log incidenskvot enligt score",
  },
  statistic: "Jämförd skattning",
  assignments: "Tilldelningar",
  exact: "Alla tilldelningar som randomiseringen kunde ha gett: p-värde och intervall är exakta.",
  exactScore: "Alla tilldelningar som randomiseringen kunde ha gett: p-värdet är exakt, intervallet vilar på modellen.",
  drawn: (p, limits) =>
    `Slumpmässigt dragna tilldelningar. Monte Carlo-medelfel: ${p} för p${limits === null ? "" : `, ${limits[0]} och ${limits[1]} för gränserna`}.`,
};
