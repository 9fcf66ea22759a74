/** Texts on the flow of participants and the baseline table, in each language. */
import type { FlowDiagramTexts } from "../figure/flow-texts.js";
import { unitAfter } from "./unit-texts.js";

export interface DescriptiveTexts {
  readonly flow: FlowDiagramTexts;
  readonly flowMethod: string;
  readonly flowHeading: string;
  /** Parts of a sentence: `randomised from 2024-10-01 to 2026-09-30`, `last visit 2027-09-12`. */
  readonly periods: {
    readonly recruited: (
      kind: "individual" | "stepped-wedge" | "cluster" | "unknown",
      first: string,
      last: string,
    ) => string;
    readonly lastVisit: (last: string) => string;
  };
  readonly baselineMethod: string;
  readonly baselineHeading: string;
  readonly baselineCaption: string;
  readonly characteristic: string;
  readonly total: string;
  /** Heads a column: `FIT (n = 120)`. */
  readonly group: (name: string, n: string) => string;
  readonly everybody: string;
  readonly meanSd: string;
  readonly medianQuartiles: string;
  readonly missing: string;
  readonly standardisedDifference: (design: string | null) => string;
  readonly clusterSize: (cluster: string) => string;
  readonly clusterCount: string;
  readonly clusterMedianRange: string;
  readonly yes: string;
  /** Heads what is odd in the data. */
  readonly dataChecks: string;
  readonly dataChecksLead: string;
  /** Where in a file: `data.csv:14, column "bdi"`. */
  readonly place: (path: string) => string;
  readonly footnote: (hasDifferences: boolean, hasClusters: boolean) => string;
}

export const englishDescriptive: DescriptiveTexts = {
  flow: {
    title: "Flow of participants",
    caption:
      "Percentages are of the participants of the column. Assessed: with the primary outcome at the visit. Units and therapists are those of the participants; in a stepped wedge a unit has participants of both conditions.",
    alt: (n, groups) => `Flow of ${n} participants. ${groups.join(" ")}`,
    altGroup: (name, n, primary) => `${name}: ${n} participants, ${primary} with the primary outcome.`,
    all: "Randomised or enrolled",
    designs: {
      individual: "participants randomised",
      "stepped-wedge": "stepped wedge, start dates of the clusters randomised",
      cluster: "clusters randomised",
      unknown: "participants",
    },
    allocation: "Allocated to",
    enrolment: "Enrolled under",
    received: (share) => `Received it: ${share}`,
    receivedOther: (n) => `Received the other: ${n}`,
    receivedUnknown: (n) => `Received neither, or not known: ${n}`,
    lost: (visit, share) => `No primary outcome at ${visit}: ${share}`,
    followUp: "Assessed",
    endings: "End of contact",
    analysis: "Analysis",
    everybody: "all",
    participants: (n) => `Participants: ${n}`,
    clusters: (label, n) => `${label}: ${n}`,
    staff: (n) => `Staff of the arm: ${n}`,
    visit: (visit, unit) => (unit === null ? visit : `${visit} ${unitAfter(visit, unit)}`),
    endingMissing: "not known",
    primary: (visit, share) => `Primary outcome, ${visit}: ${share}`,
    followed: (share) => `At least one follow-up: ${share}`,
    notFollowed: (n) => `No follow-up: ${n}`,
    population: (name, n, isByReceived) => `${name}${isByReceived ? ", in the arm received" : ""}: ${n}`,
    excluded: (reason, n) => `excluded, ${reason}: ${n}`,
  },
  flowMethod:
    "Counts by arm and design, as CONSORT asks for them; each participant counts once, in the arm as randomised.",
  flowHeading: "Flow of participants",
  periods: {
    recruited: (kind, first, last) =>
      `${kind === "individual" ? "randomised" : kind === "unknown" ? "randomised or enrolled" : "enrolled"} ${first === last ? `on ${first}` : `from ${first} to ${last}`}`,
    lastVisit: (last) => `last visit ${last}`,
  },
  baselineMethod:
    "Described by arm and design, without tests: differences at baseline between randomised arms are due to chance.",
  baselineHeading: "Participants at baseline",
  baselineCaption: "Participants at baseline",
  characteristic: "Characteristic",
  total: "All",
  group: (name, n) => `${name} (n\u00a0=\u00a0${n})`,
  everybody: "All",
  meanSd: "mean (SD)",
  medianQuartiles: "median [quartiles]",
  missing: "missing",
  standardisedDifference: (design) => (design === null ? "Std. diff." : `Std. diff., ${design}`),
  clusterSize: (cluster) => `Participants per ${cluster}`,
  clusterCount: "number",
  clusterMedianRange: "median [min, max]",
  yes: "yes",
  dataChecks: "Checks of the data",
  dataChecksLead: "Found when the files were compared with each other. No row was left out for it.",
  place: (path) => path,
  footnote: (hasDifferences, hasClusters) =>
    `Categories: n (%), per cent of those with a value. SD, standard deviation.${hasDifferences ? " Std. diff., standardised difference between the arms; of several categories a distance without sign." : ""}${hasClusters ? " A cluster counts where it has participants of the column." : ""}`,
};

export const swedishDescriptive: DescriptiveTexts = {
  flow: {
    title: "Deltagarflöde",
    caption:
      "Procenttalen avser deltagarna i kolumnen. Mätta: med det primära utfallet vid besöket. Enheter och behandlare är deltagarnas; vid stegvis införande har en enhet deltagare i båda betingelserna.",
    alt: (n, groups) => `Flöde av ${n} deltagare. ${groups.join(" ")}`,
    altGroup: (name, n, primary) => `${name}: ${n} deltagare, ${primary} med det primära utfallet.`,
    all: "Randomiserade eller inskrivna",
    designs: {
      individual: "deltagare randomiserade",
      "stepped-wedge": "stegvis införande (stepped wedge), klustrens startdatum randomiserade",
      cluster: "kluster randomiserade",
      unknown: "deltagare",
    },
    allocation: "Tilldelade",
    enrolment: "Inskrivna under",
    received: (share) => `Fick den: ${share}`,
    receivedOther: (n) => `Fick den andra: ${n}`,
    receivedUnknown: (n) => `Fick ingendera, eller okänt: ${n}`,
    lost: (visit, share) => `Primärt utfall saknas vid ${visit}: ${share}`,
    followUp: "Mätta",
    endings: "Kontaktens avslut",
    analysis: "Analys",
    everybody: "alla",
    participants: (n) => `Deltagare: ${n}`,
    clusters: (label, n) => `${label}: ${n}`,
    staff: (n) => `Personal i armen: ${n}`,
    visit: (visit, unit) => (unit === null ? visit : `${visit} ${unitAfter(visit, unit)}`),
    endingMissing: "okänt",
    primary: (visit, share) => `Primärt utfall, ${visit}: ${share}`,
    followed: (share) => `Minst en uppföljning: ${share}`,
    notFollowed: (n) => `Ingen uppföljning: ${n}`,
    population: (name, n, isByReceived) => `${name}${isByReceived ? ", i den arm som gavs" : ""}: ${n}`,
    excluded: (reason, n) => `uteslutna, ${reason}: ${n}`,
  },
  flowMethod:
    "Antal efter arm och design, så som CONSORT anger; varje deltagare räknas en gång, i den arm som hen randomiserades till.",
  flowHeading: "Deltagarflöde",
  periods: {
    recruited: (kind, first, last) =>
      `${kind === "individual" ? "randomiserade" : kind === "unknown" ? "randomiserade eller inskrivna" : "inskrivna"} ${first === last ? `den ${first}` : `från ${first} till ${last}`}`,
    lastVisit: (last) => `sista besöket ${last}`,
  },
  baselineMethod:
    "Beskrivna efter arm och design, utan test: skillnader vid start mellan randomiserade armar beror på slumpen.",
  baselineHeading: "Deltagarna vid start",
  baselineCaption: "Deltagarna vid start",
  characteristic: "Egenskap",
  total: "Alla",
  group: (name, n) => `${name} (n\u00a0=\u00a0${n})`,
  everybody: "Alla",
  meanSd: "medelvärde (SD)",
  medianQuartiles: "median [kvartiler]",
  missing: "saknas",
  standardisedDifference: (design) => (design === null ? "Std. skillnad" : `Std. skillnad, ${design}`),
  clusterSize: (cluster) => `Deltagare per ${cluster}`,
  clusterCount: "antal",
  clusterMedianRange: "median [minst, störst]",
  yes: "ja",
  dataChecks: "Kontroll av data",
  dataChecksLead: "Funnet när filerna jämfördes med varandra. Ingen rad har uteslutits av dessa skäl.",
  place: (path) => path.replace(/, column "(.*)"$/s, ", kolumn ”$1”"),
  footnote: (hasDifferences, hasClusters) =>
    `Kategorier: n (%), procent av dem som har ett värde. SD, standardavvikelse.${hasDifferences ? " Std. skillnad, standardiserad skillnad mellan armarna; för flera kategorier ett avstånd utan tecken." : ""}${hasClusters ? " Ett kluster räknas där det har deltagare i kolumnen." : ""}`,
};
