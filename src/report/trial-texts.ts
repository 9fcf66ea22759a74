/** Texts on trial-level analyses, in each language; texts.ts holds the rest. */
import type { TrialModelName, TrialPartKind } from "../plan/plan.js";

export interface TrialTexts {
  /** Heads the parts of a trial-level analysis that has no title of its own, and says what they are. */
  readonly models: Readonly<Record<TrialModelName, { readonly heading: string; readonly lead: string }>>;
  /** Heads a part; `of` is the definition that it is of, in the plan's words. */
  readonly parts: Readonly<Record<TrialPartKind, (of: string) => string>>;
  /** After the lead of a trial-level analysis of several visits. */
  readonly primaryVisit: (visit: string) => string;
  /** Heads the effect of that visit among the others. */
  readonly primaryEffect: (heading: string) => string;
  /** Who an analysis is of, when not of everybody as randomised. */
  readonly population: (label: string, isByReceived: boolean) => string;
  /** Instead of the lead of a trial-level analysis whose population is not everybody as randomised. */
  readonly leadOfPopulation: (label: string, isByReceived: boolean) => string;
  /** Of `model: agreement`. */
  readonly agreement: {
    readonly method: string;
    readonly heading: string;
    readonly caption: (first: string, second: string) => string;
    readonly no: string;
    readonly yes: string;
    readonly all: string;
    readonly measures: (agreement: string, kappa: string) => string;
  };
  /** Of `model: moderation`. */
  readonly moderation: {
    readonly method: (degreesOfFreedom: string) => string;
    readonly heading: string;
    readonly caption: (moderators: number) => string;
    readonly moderator: string;
    readonly participants: string;
    readonly prespecified: string;
    readonly direction: string;
    readonly yes: string;
    readonly no: string;
    readonly notSaid: string;
    readonly evidence: (text: string) => string;
    readonly credibility: (moderators: number) => string;
    /** The interaction with a number; the predicted risk is in the model by its linear predictor. */
    readonly change: (moderator: string, isLinearPredictor: boolean) => string;
  };
}

export const englishTrial: TrialTexts = {
  models: {
    itt: {
      heading: "Effect as randomised",
      lead: "Intention to treat: every client in the arm as randomised, whatever care the client then received.",
    },
    dropout: {
      heading: "Dropout",
      lead: "Time to dropout by each definition, and how far the definitions agree.",
    },
    responders: {
      heading: "Clients who changed reliably",
      lead: "Classes of change by arm, and the risk of having become better (improved or recovered) and worse (deteriorated).",
    },
    attrition: {
      heading: "Attrition",
      lead: "Clients without an outcome by arm and visit, and what that goes together with.",
    },
    subgroup: {
      heading: "Subgroups",
      lead: "Does the effect depend on who the client is? One interaction test for each moderator; effects in subgroups have intervals and no test of their own.",
    },
    "non-responders": {
      heading: "Clients not on track",
      lead: "Is the effect larger for clients who are not on track? By what both arms have, and by the risk that baseline predicts.",
    },
    implementation: {
      heading: "Implementation",
      lead: "Is the effect larger where the treatment is carried out better, and how does dose go with outcome among treated clients?",
    },
    alliance: {
      heading: "Alliance",
      lead: "How the alliance changes over sessions, and how its change goes with the outcome.",
    },
  },
  parts: {
    individual: () => "Individually randomised clients, adjusted",
    "individual-unadjusted": () => "Individually randomised clients, unadjusted",
    "stepped-wedge": () => "Stepped wedge, adjusted",
    "stepped-wedge-unadjusted": () => "Stepped wedge, unadjusted",
    joint: () => "Both designs together, adjusted",
    "joint-unadjusted": () => "Both designs together, unadjusted",
    "kaplan-meier": (of) => `${of}: time without dropout`,
    cox: (of) => `${of}: hazard ratio`,
    frailty: (of) => `${of}: hazard ratio with random effects of therapists`,
    "competing-risks": (of) => `${of}: incidence beside what competes`,
    "fine-gray": (of) => `${of}: effect on the incidence (Fine–Gray)`,
    classes: (of) => `Classes of change, ${of}`,
    better: (of) => `Improved or recovered, ${of}`,
    worse: (of) => `Deteriorated, ${of}`,
    missing: () => "Missing outcomes by arm and visit",
    predictors: (of) => `Predictors of a missing outcome, ${of}`,
    "predictors-by-arm": (of) => `Do the predictors differ between the arms? ${of}`,
    agreement: () => "Agreement of the definitions",
    moderators: () => "Effects in subgroups",
    "early-change": () => "Clients not on track, by their early change",
    "predicted-risk": () => "Effect by predicted risk",
    naive: () => "Naive: clients not on track alone",
    dose: () => "Dose and outcome",
    growth: () => "Alliance over sessions",
    "change-and-outcome": () => "Change in alliance and outcome",
  },
  primaryVisit: (visit) => `The primary effect is that at ${visit}.`,
  primaryEffect: (heading) => `${heading} (primary)`,
  population: (label, isByReceived) =>
    `Population: ${label}${isByReceived ? "; clients are in the arm that they received" : ""}.`,
  leadOfPopulation: (label, isByReceived) =>
    `Of the population ${label} alone${isByReceived ? ", each client in the arm received" : ", each client in the arm as randomised"}: no comparison of everybody as randomised.`,
  agreement: {
    method:
      "Agreement of definitions: cross-tables, the share of participants on which they agree (Wilson's interval), and Cohen's kappa, unweighted, with its large-sample standard error.",
    heading: "Agreement of the definitions",
    caption: (first, second) => `${first} by ${second}, participants`,
    no: "no",
    yes: "yes",
    all: "All",
    measures: (agreement, kappa) => `Share on which they agree: ${agreement}. Cohen's kappa: ${kappa}.`,
  },
  moderation: {
    method: (df) =>
      `Linear mixed models by restricted maximum likelihood (REML), ${df === "kenward-roger" ? "Kenward–Roger" : "Satterthwaite"} degrees of freedom: one without moderators, and one for each moderator with its interaction with the arm. Effects in subgroups have intervals and no test of their own.`,
    heading: "Does the effect differ?",
    caption: (moderators) =>
      moderators === 1 ? "Test of the interaction with the arm" : "Tests of the interactions with the arm",
    moderator: "Moderator",
    participants: "Participants",
    prespecified: "Prespecified",
    direction: "Expected direction",
    yes: "yes",
    no: "no",
    notSaid: "not said",
    evidence: (text) => `earlier evidence: ${text}`,
    change: (moderator, isLinearPredictor) =>
      `change of the effect per unit of ${isLinearPredictor ? "the linear predictor of the " : ""}${moderator}`,
    credibility: (moderators) =>
      `Credibility (after ICEMAN): ${moderators} ${moderators === 1 ? "moderator was" : "moderators were"} tested here, without adjustment for their number. A difference is more credible when it was expected, in this direction, with earlier evidence, among few that were tested.`,
  },
};

export const swedishTrial: TrialTexts = {
  models: {
    itt: {
      heading: "Effekt enligt randomisering",
      lead: "Intention to treat: varje klient i den arm som hen randomiserades till, oavsett vilken insats klienten sedan fick.",
    },
    dropout: {
      heading: "Avbrott",
      lead: "Tid till avbrott enligt varje definition, och hur väl definitionerna stämmer överens.",
    },
    responders: {
      heading: "Klienter med tillförlitlig förändring",
      lead: "Förändringsklasser per arm, och risken att ha blivit bättre (förbättrad eller återställd) och sämre (försämrad).",
    },
    attrition: {
      heading: "Bortfall",
      lead: "Klienter utan utfall per arm och mättillfälle, och vad bortfallet hänger samman med.",
    },
    subgroup: {
      heading: "Undergrupper",
      lead: "Beror effekten på vem klienten är? Ett interaktionstest för varje moderator; effekter i undergrupper har intervall men inget eget test.",
    },
    "non-responders": {
      heading: "Klienter som inte är på rätt väg",
      lead: "Är effekten större för klienter som inte är på rätt väg? Efter det som båda armarna har, och efter den risk som baslinjen predicerar.",
    },
    implementation: {
      heading: "Genomförande",
      lead: "Är effekten större där behandlingen genomförs bättre, och hur följs dos och utfall åt bland behandlade klienter?",
    },
    alliance: {
      heading: "Allians",
      lead: "Hur alliansen förändras över sessionerna, och hur förändringen hänger samman med utfallet.",
    },
  },
  parts: {
    individual: () => "Individuellt randomiserade klienter, justerat",
    "individual-unadjusted": () => "Individuellt randomiserade klienter, ojusterat",
    "stepped-wedge": () => "Stegvis införande, justerat",
    "stepped-wedge-unadjusted": () => "Stegvis införande, ojusterat",
    joint: () => "Båda designerna tillsammans, justerat",
    "joint-unadjusted": () => "Båda designerna tillsammans, ojusterat",
    "kaplan-meier": (of) => `${of}: tid utan avbrott`,
    cox: (of) => `${of}: hazardkvot`,
    frailty: (of) => `${of}: hazardkvot med slumpmässiga effekter av behandlare`,
    "competing-risks": (of) => `${of}: incidens vid sidan av det som konkurrerar`,
    "fine-gray": (of) => `${of}: effekt på incidensen (Fine–Gray)`,
    classes: (of) => `Förändringsklasser, ${of}`,
    better: (of) => `Förbättrad eller återställd, ${of}`,
    worse: (of) => `Försämrad, ${of}`,
    missing: () => "Bortfall per arm och mättillfälle",
    predictors: (of) => `Vad bortfallet hänger samman med, ${of}`,
    "predictors-by-arm": (of) => `Skiljer sig bortfallet mellan armarna? ${of}`,
    agreement: () => "Definitionernas överensstämmelse",
    moderators: () => "Effekter i undergrupper",
    "early-change": () => "Klienter som inte är på rätt väg, efter tidig förändring",
    "predicted-risk": () => "Effekt efter predicerad risk",
    naive: () => "Naiv: bara klienter som inte är på rätt väg",
    dose: () => "Dos och utfall",
    growth: () => "Allians över sessioner",
    "change-and-outcome": () => "Förändring i allians och utfall",
  },
  primaryVisit: (visit) => `Den primära effekten är den vid ${visit}.`,
  primaryEffect: (heading) => `${heading} (primär)`,
  population: (label, isByReceived) =>
    `Population: ${label}${isByReceived ? "; klienterna räknas i den arm som de fick" : ""}.`,
  leadOfPopulation: (label, isByReceived) =>
    `Enbart populationen ${label}${isByReceived ? ", varje klient i den arm som hen fick" : ", varje klient i den arm som hen randomiserades till"}: ingen jämförelse av alla enligt randomisering.`,
  agreement: {
    method:
      "Överensstämmelse mellan definitioner: korstabeller, andelen deltagare som definitionerna är överens om (Wilsons intervall) och Cohens kappa, oviktat, med medelfel för stora stickprov.",
    heading: "Definitionernas överensstämmelse",
    caption: (first, second) => `${first} mot ${second}, deltagare`,
    no: "nej",
    yes: "ja",
    all: "Alla",
    measures: (agreement, kappa) => `Andel som definitionerna är överens om: ${agreement}. Cohens kappa: ${kappa}.`,
  },
  moderation: {
    method: (df) =>
      `Linjära blandade modeller med begränsad maximum likelihood (REML), frihetsgrader enligt ${df === "kenward-roger" ? "Kenward–Roger" : "Satterthwaite"}: en utan moderatorer, och en för varje moderator med dess interaktion med armen. Effekter i undergrupper har intervall men inget eget test.`,
    heading: "Skiljer sig effekten åt?",
    caption: (moderators) =>
      moderators === 1 ? "Test av interaktionen med armen" : "Test av interaktionerna med armen",
    moderator: "Moderator",
    participants: "Deltagare",
    prespecified: "Angiven i förväg",
    direction: "Väntad riktning",
    yes: "ja",
    no: "nej",
    notSaid: "inte angivet",
    evidence: (text) => `tidigare evidens: ${text}`,
    change: (moderator, isLinearPredictor) =>
      `effektens ändring per enhet av ${isLinearPredictor ? "den linjära prediktorn för " : ""}${moderator}`,
    credibility: (moderators) =>
      `Trovärdighet (efter ICEMAN): ${moderators} ${moderators === 1 ? "moderator" : "moderatorer"} prövades här, utan justering för antalet. En skillnad är trovärdigare när den var väntad, i denna riktning, med tidigare evidens, bland få som prövades.`,
  },
};
