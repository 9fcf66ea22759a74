/** Texts on classes of change and on counts and shares, in each language; texts.ts holds the rest. */
import type { ChangeClass, Crossing } from "../trial/clinical-change.js";

export interface ChangeTexts {
  readonly heading: string;
  readonly method: string;
  readonly sharesHeading: string;
  readonly sharesMethod: string;
  readonly sharesCaption: (what: string) => string;
  readonly everyone: string;
  readonly rowsHeader: string;
  readonly classes: Readonly<Record<ChangeClass, string>>;
  readonly classesCaption: (instrument: string) => string;
  readonly criterion: (points: string, unit: string | null) => string;
  readonly startedFunctional: string;
  readonly crossings: Readonly<Record<Crossing, string>>;
  readonly crossingCaption: string;
  readonly changeCaption: string;
  readonly meanChange: string;
  readonly severityAdjusted: string;
  readonly changeFootnote: string;
  readonly gridCaption: string;
  readonly gridRow: (sd: string, reliability: string) => string;
  readonly gridColumns: { readonly criterion: string; readonly better: string; readonly worse: string };
  readonly shareFootnote: (level: string) => string;
  /** What trial-level analyses count, by its name in the results. */
  readonly names: Readonly<Record<string, string>>;
}

export const englishChange: ChangeTexts = {
  heading: "Change",
  method: "Classes of change by Jacobson and Truax; Wilson intervals of shares, t intervals of mean changes.",
  sharesHeading: "Counts and shares",
  sharesMethod: "Counts and shares with Wilson intervals.",
  sharesCaption: (what) => `Counts and shares: ${what}`,
  everyone: "All",
  rowsHeader: "Class",
  classes: {
    deteriorated: "Deteriorated",
    unchanged: "Unchanged",
    improved: "Improved",
    recovered: "Recovered",
    "started-functional": "Started in the functional range",
  },
  classesCaption: (instrument) => `Classes of change, ${instrument}`,
  criterion: (points, unit) => `Change is reliable from ${points}${unit === null ? "" : ` ${unit}`}.`,
  startedFunctional: "Who started in the functional range could not recover and is a class of its own.",
  crossings: {
    "to-functional": "From the clinical into the functional range",
    "to-clinical": "From the functional into the clinical range",
    "stayed-functional": "In the functional range both times",
    "stayed-clinical": "In the clinical range both times",
  },
  crossingCaption: "Cut-off crossing, reliable or not",
  changeCaption: "Mean change and severity-adjusted effect size",
  meanChange: "Mean change (after less before)",
  severityAdjusted: "Severity-adjusted effect size",
  changeFootnote:
    "The severity-adjusted effect size is the mean change plus what each client's change is more than expected from the score before, in SDs of the score before, of those who started in the clinical range; above 0 is better. A change is not an effect: clients change without treatment too.",
  gridCaption: "How the classes shift with standard deviation and reliability",
  gridRow: (sd, reliability) => `SD ${sd}, reliability ${reliability}`,
  gridColumns: { criterion: "Reliable from", better: "improved or recovered", worse: "deteriorated" },
  shareFootnote: (level) => `Number (share) [${level}].`,
  names: { missing: "Missing", observed: "Observed" },
};

export const swedishChange: ChangeTexts = {
  heading: "Förändring",
  method:
    "Förändringsklasser enligt Jacobson och Truax; Wilsonintervall för andelar, t-intervall för medelförändringar.",
  sharesHeading: "Antal och andelar",
  sharesMethod: "Antal och andelar med Wilsonintervall.",
  sharesCaption: (what) => `Antal och andelar: ${what}`,
  everyone: "Alla",
  rowsHeader: "Klass",
  classes: {
    deteriorated: "Försämrad",
    unchanged: "Oförändrad",
    improved: "Förbättrad",
    recovered: "Återställd",
    "started-functional": "Började inom det funktionella området",
  },
  classesCaption: (instrument) => `Förändringsklasser, ${instrument}`,
  criterion: (points, unit) => `En förändring är tillförlitlig från ${points}${unit === null ? "" : ` ${unit}`}.`,
  startedFunctional: "Den som började inom det funktionella området kunde inte bli återställd och är en egen klass.",
  crossings: {
    "to-functional": "Från det kliniska till det funktionella området",
    "to-clinical": "Från det funktionella till det kliniska området",
    "stayed-functional": "I det funktionella området båda gångerna",
    "stayed-clinical": "I det kliniska området båda gångerna",
  },
  crossingCaption: "Passage av gränsvärdet, tillförlitlig eller inte",
  changeCaption: "Medelförändring och effektstorlek justerad för svårighetsgrad",
  meanChange: "Medelförändring (efter minus före)",
  severityAdjusted: "Effektstorlek justerad för svårighetsgrad",
  changeFootnote:
    "Effektstorleken justerad för svårighetsgrad är medelförändringen plus det som varje klients förändring är utöver den väntade av värdet före, i standardavvikelser av värdet före, bland dem som började inom det kliniska området; över 0 är bättre. En förändring är ingen effekt: klienter förändras även utan behandling.",
  gridCaption: "Hur klasserna förskjuts med standardavvikelse och reliabilitet",
  gridRow: (sd, reliability) => `SD ${sd}, reliabilitet ${reliability}`,
  gridColumns: { criterion: "Tillförlitlig från", better: "förbättrad eller återställd", worse: "försämrad" },
  shareFootnote: (level) => `Antal (andel) [${level}].`,
  names: { missing: "Saknas", observed: "Observerad" },
};
