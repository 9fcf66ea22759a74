/** Texts on time to an event, in each language; texts.ts holds the rest. */
import type { SurvivalWords } from "../analysis/results.js";
import type { EventQuantity } from "../figure/estimate-name.js";
import type { DrawnEvents, EventCurvesTexts, SchoenfeldTexts } from "../figure/event-texts.js";
import type { TimeTransform } from "../survival/proportional-hazards.js";

export interface SurvivalTexts {
  readonly headings: {
    readonly survival: string;
    readonly incidence: string;
    readonly predicted: string;
    readonly hazardRatios: string;
    readonly proportionalHazards: string;
  };
  readonly captions: {
    readonly survival: (event: string, interval: string) => string;
    readonly incidence: (interval: string) => string;
    readonly predicted: (interval: string) => string;
    readonly comparisons: string;
    readonly hazardRatios: (outcome: string) => string;
    readonly proportionalHazards: string;
    readonly atRisk: string;
  };
  /** Heads the one column when there are no groups. */
  readonly all: string;
  readonly events: string;
  readonly eventsOf: (cause: string) => string;
  readonly quantity: (quantity: EventQuantity, time: string | null, unit: string | null) => string;
  readonly notReached: string;
  /** @param term  `log-rank`, `gray:dropout`. */
  readonly test: (term: string) => string;
  readonly testSentence: (test: string, statistic: string, df: string, p: string) => string;
  readonly allTerms: string;
  /** Of a test that all coefficients are 0: `wald`. */
  readonly globalTest: (kind: string) => string;
  /** `χ² = 30.5, df 3, p < 0.001`. */
  readonly testNumbers: (statistic: string, df: string, p: string, symbol?: "χ²" | "F") => string;
  readonly frailtyVariance: string;
  /** The smaller model of the test of a frailty. */
  readonly withoutFrailty: string;
  readonly concordance: string;
  readonly eventCount: string;
  readonly footnotes: {
    readonly notReached: string;
    readonly restrictedMean: string;
    readonly timeLost: string;
    readonly atRisk: string;
    readonly proportionalHazards: string;
    /** What intervals and p rest on. @param df  of t; null: the normal distribution. */
    readonly reference: (df: string | null) => string;
  };
  readonly outcome: (event: string, time: string, better: "lower" | "higher" | null) => string;
  /** The first part of the sentence on the method; null for a model that is not of time to an event. */
  readonly method: (model: string, words: SurvivalWords) => string | null;
}

/** `by arm`, `efter arm`; empty for one curve of all. */
const by = ({ groupedBy }: DrawnEvents, word: string): string => (groupedBy === null ? "" : ` ${word} ${groupedBy}`);

const listed = (words: readonly string[], and: string): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${and} ${words.at(-1)}`;

/** Fits beside a vertical axis; the title of the figure has longer ones. */
const isShort = (event: string): boolean => event.length <= 30;

// ── English ─────────────────────────────────────────────────────────────────────────────────────

export const englishEventCurves: EventCurvesTexts = {
  title: (curves, cause) =>
    curves.kind === "incidence"
      ? `Cumulative incidence${cause === null ? "" : ` of ${cause}`}${by(curves, "by")}`
      : `${curves.source === "predicted" ? "Predicted probability" : "Probability"} of no ${curves.event}${by(curves, "by")}`,
  axis: ({ kind, event }, cause) =>
    kind === "incidence"
      ? `Cumulative incidence${cause === null ? "" : ` of ${cause}`}`
      : `Probability of no ${isShort(event) ? event : "event"}`,
  atRisk: "Number at risk",
  caption: ({ kind, source, interval, censored, atRisk, top }) =>
    `${
      source === "predicted"
        ? "Lines: predicted by the model"
        : `Lines: ${kind === "survival" ? "Kaplan–Meier" : "Aalen–Johansen"} estimates`
    }${interval === null ? "" : `; bands: pointwise ${interval}`}${censored ? "; vertical ticks: censored" : ""}.${
      atRisk ? " Below the axis: how many were under observation and without the event just before each time." : ""
    }${top < 1 ? ` The vertical axis ends at ${top}.` : ""}`,
  alt: (curves, groups, causes, time, values) =>
    `${curves.kind === "survival" ? `Curves of the probability of no ${curves.event}` : "Curves of cumulative incidence"}${
      causes.length === 0 ? "" : ` of ${listed(causes, "and")}`
    }${groups.length > 1 ? ` in ${groups.length} groups` : ""} over time.${
      values.length === 0 ? "" : ` At ${time}: ${values.join("; ")}.`
    }`,
};

/** The axis is drawn as the test has time. */
const englishTransforms: Readonly<Record<TimeTransform, string>> = {
  km: "time as the axis has it, the Kaplan–Meier estimate of the share with the event",
  identity: "time itself, as the axis has it",
  rank: "the rank of the time, as the axis has it",
  log: "the logarithm of time, as the axis has it",
};

export const englishSchoenfeld: SchoenfeldTexts = {
  title: "Does the effect change with time? Scaled Schoenfeld residuals",
  axis: "Effect (log hazard ratio)",
  term: (term, p) => `${term}: p\u00a0${/^[<>]/.test(p) ? p : `=\u00a0${p}`}`,
  caption: (interval, several, transform) =>
    `Points: events, the scaled Schoenfeld residual plus the coefficient; thick line: their local mean, with its pointwise ${interval}; dashed line: the estimated coefficient; grey line: no effect. Hazards are proportional where the thick line stays level. p: test of that, against ${englishTransforms[transform]}.${
      several ? " Of a term with several coefficients: the effect along the fitted term, whose coefficient is 1." : ""
    }`,
  alt: (terms, events) =>
    `Scaled Schoenfeld residuals of ${events} events against time with a smooth line, tested for a trend: ${terms.join("; ")}.`,
};

const englishIntervals = {
  "log-log": "log-log scale",
  log: "log scale",
  plain: "plain scale",
} as const;

const englishTies = { efron: "Efron’s", breslow: "Breslow’s" } as const;

function englishMethod(model: string, words: SurvivalWords): string | null {
  const { ties, strata = [], frailty, intervals, jackknife, rho = 0, cause, competing = [] } = words;
  const stratified = strata.length === 0 ? "" : `, stratified by ${listed(strata, "and")}`;
  const against = competing.length === 0 ? "" : `, with ${listed(competing, "and")} competing`;
  const random =
    frailty === undefined
      ? ""
      : ` with a ${frailty.distribution === "gaussian" ? "Gaussian" : "gamma"} frailty of ${listed(frailty.groups, "and")}, by the ${
          frailty.distribution === "gaussian"
            ? "partial likelihood integrated by Laplace’s approximation"
            : "marginal likelihood"
        }`;
  const tied = ties === undefined ? "" : `, ${englishTies[ties]} handling of ties`;
  switch (model) {
    case "kaplan-meier":
      return `Kaplan–Meier estimates with ${
        jackknife === undefined
          ? "Greenwood’s standard errors"
          : `standard errors by the infinitesimal jackknife over ${jackknife === null ? "participants" : `clusters (${jackknife})`}`
      }${
        intervals === undefined ? "" : ` and intervals on the ${englishIntervals[intervals]}`
      }; ${rho === 0 ? "log-rank test" : `G-rho test (rho = ${rho})`}${stratified}`;
    case "cox":
      return `Cox proportional hazards regression${cause === undefined ? "" : ` of the cause-specific hazard of ${cause}`}${random}${tied}${stratified}`;
    case "competing-risks":
      return `Aalen–Johansen estimates of cumulative incidence${against}; Gray’s test${stratified}`;
    case "fine-gray":
      return `Fine–Gray regression of the subdistribution hazard${cause === undefined ? "" : ` of ${cause}`}${against}${tied}${stratified}`;
    default:
      return null;
  }
}

const englishTest = (statistic: string, df: string, p: string, symbol: "χ²" | "F" = "χ²"): string =>
  `${symbol} = ${statistic}, df ${df}, p ${/^[<>]/.test(p) ? p : `= ${p}`}`;

export const englishSurvival: SurvivalTexts = {
  headings: {
    survival: "Survival",
    incidence: "Cumulative incidence",
    predicted: "Predictions",
    hazardRatios: "Hazard ratios",
    proportionalHazards: "Proportional hazards",
  },
  captions: {
    survival: (event, interval) => `Kaplan–Meier estimates [${interval}] of the probability of no ${event}`,
    incidence: (interval) => `Cumulative incidence [${interval}] of each event`,
    predicted: (interval) => `Predicted by the model [${interval}]`,
    comparisons: "Comparisons between groups",
    hazardRatios: (outcome) => `Hazard ratios for ${outcome}`,
    proportionalHazards: "Tests of proportional hazards",
    atRisk: "Numbers at risk and events so far",
  },
  all: "All",
  events: "Events",
  eventsOf: (cause) => `Events, ${cause}`,
  quantity: (quantity, time, unit) => {
    const at = [time, unit].filter((part) => part !== null).join(" ");
    const inUnit = unit === null ? "" : ` (${unit})`;
    switch (quantity) {
      case "survival":
        return `Probability at ${at}`;
      case "at-risk":
        return `At risk at ${at}`;
      case "events":
        return `Events up to ${at}`;
      case "median":
        return `Median time${inUnit}`;
      case "quantile":
        return `Time until a share of ${time} has the event${inUnit}`;
      case "rmst":
        return `Restricted mean time to ${at}`;
      case "incidence":
        return `Incidence at ${at}`;
      case "event-free":
        return `Without any event at ${at}`;
      case "rmtl":
        return `Mean time lost by ${at}`;
    }
  },
  notReached: "not reached",
  test: (term) => {
    if (term.startsWith("gray:")) return `Gray’s test, ${term.slice("gray:".length)}`;
    return term === "log-rank" ? "Log-rank test" : term === "g-rho" ? "G-rho test" : term;
  },
  testSentence: (test, statistic, df, p) => `${test}: ${englishTest(statistic, df, p)}.`,
  testNumbers: englishTest,
  globalTest: (kind) =>
    ({
      "likelihood-ratio": "Likelihood-ratio test of all terms",
      wald: "Wald test of all terms",
      score: "Score test of all terms",
    })[kind] ?? kind,
  allTerms: "All terms together",
  frailtyVariance: "Variance of the frailty",
  withoutFrailty: "The same without frailty",
  concordance: "Concordance",
  eventCount: "Events",
  footnotes: {
    notReached: "Not reached: the curve does not come down so far.",
    restrictedMean: "Restricted mean: the area under the curve up to that time.",
    timeLost: "Mean time lost to a cause: the area under its incidence up to that time.",
    atRisk: "At risk: under observation and without the event just before the time; events up to and with it.",
    proportionalHazards:
      "Score tests of a trend in the scaled Schoenfeld residuals against time, transformed as in the figure (Grambsch and Therneau).",
    reference: (df) =>
      `Intervals and p: ${df === null ? "normal distribution (z), df ∞" : `t distribution, ${df} df`}; standard errors as said above.`,
  },
  outcome: (event, time, better) => `Outcome: ${event}, over ${time}${better === null ? "" : `; ${better} is better`}.`,
  method: englishMethod,
};

// ── Swedish ─────────────────────────────────────────────────────────────────────────────────────

export const swedishEventCurves: EventCurvesTexts = {
  title: (curves, cause) =>
    curves.kind === "incidence"
      ? `Kumulativ incidens${cause === null ? "" : ` av ${cause}`}${by(curves, "efter")}`
      : `${curves.source === "predicted" ? "Predikterad andel" : "Andel"} utan ${curves.event}${by(curves, "efter")}`,
  axis: ({ kind, event }, cause) =>
    kind === "incidence"
      ? `Kumulativ incidens${cause === null ? "" : ` av ${cause}`}`
      : `Andel utan ${isShort(event) ? event : "händelse"}`,
  atRisk: "Antal under risk",
  caption: ({ kind, source, interval, censored, atRisk, top }) =>
    `${
      source === "predicted"
        ? "Linjer: predikterade av modellen"
        : `Linjer: skattningar enligt ${kind === "survival" ? "Kaplan–Meier" : "Aalen–Johansen"}`
    }${interval === null ? "" : `; band: punktvisa ${interval}`}${censored ? "; lodräta streck: censurerade" : ""}.${
      atRisk ? " Under axeln: hur många som följdes och inte hade haft händelsen strax före varje tidpunkt." : ""
    }${top < 1 ? ` Den lodräta axeln slutar vid ${String(top).replace(".", ",")}.` : ""}`,
  alt: (curves, groups, causes, time, values) =>
    `${curves.kind === "survival" ? `Kurvor över andelen utan ${curves.event}` : "Kurvor över kumulativ incidens"}${
      causes.length === 0 ? "" : ` av ${listed(causes, "och")}`
    }${groups.length > 1 ? ` i ${groups.length} grupper` : ""} över tid.${
      values.length === 0 ? "" : ` Vid ${time}: ${values.join("; ")}.`
    }`,
};

const swedishTransforms: Readonly<Record<TimeTransform, string>> = {
  km: "tiden så som axeln har den, Kaplan–Meier-skattningen av andelen med händelsen",
  identity: "tiden själv, så som axeln har den",
  rank: "tidens rang, så som axeln har den",
  log: "tidens logaritm, så som axeln har den",
};

export const swedishSchoenfeld: SchoenfeldTexts = {
  title: "Ändras effekten med tiden? Skalade Schoenfeldresidualer",
  axis: "Effekt (log hazardkvot)",
  term: (term, p) => `${term}: p\u00a0${/^[<>]/.test(p) ? p : `=\u00a0${p}`}`,
  caption: (interval, several, transform) =>
    `Punkter: händelser, den skalade Schoenfeldresidualen plus koefficienten; tjock linje: deras lokala medelvärde med punktvist ${interval}; streckad linje: den skattade koefficienten; grå linje: ingen effekt. Hazarderna är proportionella där den tjocka linjen är vågrät. p: test av detta mot ${swedishTransforms[transform]}.${
      several ? " För en term med flera koefficienter: effekten längs den skattade termen, med koefficient 1." : ""
    }`,
  alt: (terms, events) =>
    `Skalade Schoenfeldresidualer för ${events} händelser mot tid med en utjämnad linje, prövade för trend: ${terms.join("; ")}.`,
};

const swedishIntervals = {
  "log-log": "log-log-skala",
  log: "logaritmisk skala",
  plain: "ursprunglig skala",
} as const;

const swedishTies = { efron: "Efrons", breslow: "Breslows" } as const;

function swedishMethod(model: string, words: SurvivalWords): string | null {
  const { ties, strata = [], frailty, intervals, jackknife, rho = 0, cause, competing = [] } = words;
  const stratified = strata.length === 0 ? "" : `, stratifierad efter ${listed(strata, "och")}`;
  const against = competing.length === 0 ? "" : `, med ${listed(competing, "och")} som konkurrerande`;
  const random =
    frailty === undefined
      ? ""
      : ` med ${frailty.distribution === "gaussian" ? "normalfördelad" : "gammafördelad"} skörhet (frailty) för ${listed(frailty.groups, "och")}, skattad med ${
          frailty.distribution === "gaussian"
            ? "partiell likelihood integrerad med Laplaces approximation"
            : "marginell likelihood"
        }`;
  const tied = ties === undefined ? "" : `, lika tider enligt ${swedishTies[ties]} metod`;
  switch (model) {
    case "kaplan-meier":
      return `Kaplan–Meier-skattningar med ${
        jackknife === undefined
          ? "Greenwoods medelfel"
          : `medelfel enligt infinitesimal jackknife över ${jackknife === null ? "deltagare" : `kluster (${jackknife})`}`
      }${
        intervals === undefined ? "" : ` och intervall på ${swedishIntervals[intervals]}`
      }; ${rho === 0 ? "log-rank-test" : `G-rho-test (rho = ${String(rho).replace(".", ",")})`}${stratified.replace("stratifierad", "stratifierat")}`;
    case "cox":
      return `Coxregression med proportionella hazarder${cause === undefined ? "" : ` för den orsaksspecifika hazarden för ${cause}`}${random}${tied}${stratified}`;
    case "competing-risks":
      return `Aalen–Johansen-skattningar av kumulativ incidens${against}; Grays test${stratified.replace("stratifierad", "stratifierat")}`;
    case "fine-gray":
      return `Fine–Gray-regression av subdistributionshazarden${cause === undefined ? "" : ` för ${cause}`}${against}${tied}${stratified}`;
    default:
      return null;
  }
}

const swedishTest = (statistic: string, df: string, p: string, symbol: "χ²" | "F" = "χ²"): string =>
  `${symbol} = ${statistic}, fg ${df}, p ${/^[<>]/.test(p) ? p : `= ${p}`}`;

export const swedishSurvival: SurvivalTexts = {
  headings: {
    survival: "Andel utan händelse",
    incidence: "Kumulativ incidens",
    predicted: "Prediktioner",
    hazardRatios: "Hazardkvoter",
    proportionalHazards: "Proportionella hazarder",
  },
  captions: {
    survival: (event, interval) => `Kaplan–Meier-skattningar [${interval}] av andelen utan ${event}`,
    incidence: (interval) => `Kumulativ incidens [${interval}] av varje händelse`,
    predicted: (interval) => `Predikterat av modellen [${interval}]`,
    comparisons: "Jämförelser mellan grupper",
    hazardRatios: (outcome) => `Hazardkvoter för ${outcome}`,
    proportionalHazards: "Test av proportionella hazarder",
    atRisk: "Antal under risk och antal händelser hittills",
  },
  all: "Alla",
  events: "Händelser",
  eventsOf: (cause) => `Händelser, ${cause}`,
  quantity: (quantity, time, unit) => {
    const at = [time, unit].filter((part) => part !== null).join(" ");
    const inUnit = unit === null ? "" : ` (${unit})`;
    switch (quantity) {
      case "survival":
        return `Andel vid ${at}`;
      case "at-risk":
        return `Under risk vid ${at}`;
      case "events":
        return `Händelser till och med ${at}`;
      case "median":
        return `Mediantid${inUnit}`;
      case "quantile":
        return `Tid tills andelen ${time} haft händelsen${inUnit}`;
      case "rmst":
        return `Begränsad medeltid till ${at}`;
      case "incidence":
        return `Incidens vid ${at}`;
      case "event-free":
        return `Utan någon händelse vid ${at}`;
      case "rmtl":
        return `Förlorad medeltid till ${at}`;
    }
  },
  notReached: "inte uppnådd",
  test: (term) => {
    if (term.startsWith("gray:")) return `Grays test, ${term.slice("gray:".length)}`;
    return term === "log-rank" ? "Log-rank-test" : term === "g-rho" ? "G-rho-test" : term;
  },
  testSentence: (test, statistic, df, p) => `${test}: ${swedishTest(statistic, df, p)}.`,
  testNumbers: swedishTest,
  globalTest: (kind) =>
    ({
      "likelihood-ratio": "Likelihoodkvottest av alla termer",
      wald: "Waldtest av alla termer",
      score: "Score-test av alla termer",
    })[kind] ?? kind,
  allTerms: "Alla termer tillsammans",
  frailtyVariance: "Skörhetens (frailty) varians",
  withoutFrailty: "Samma modell utan skörhet (frailty)",
  concordance: "Konkordans",
  eventCount: "Händelser",
  footnotes: {
    notReached: "Inte uppnådd: kurvan kommer inte så lågt ned.",
    restrictedMean: "Begränsad medeltid: ytan under kurvan fram till tidpunkten.",
    timeLost: "Förlorad medeltid till följd av en orsak: ytan under dess incidens fram till tidpunkten.",
    atRisk: "Under risk: följs och har inte haft händelsen strax före tidpunkten; händelser till och med den.",
    proportionalHazards:
      "Score-test av trend i de skalade Schoenfeldresidualerna mot tiden, transformerad som i figuren (Grambsch och Therneau).",
    reference: (df) =>
      `Intervall och p: ${df === null ? "normalfördelning (z), fg ∞" : `t-fördelning, ${df} fg`}; medelfel enligt ovan.`,
  },
  outcome: (event, time, better) =>
    `Utfallsmått: ${event}, över ${time}${better === null ? "" : `; ${better === "lower" ? "lägre" : "högre"} är bättre`}.`,
  method: swedishMethod,
};
