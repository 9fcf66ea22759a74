/** Texts on time to an event, in each language; texts.ts holds the rest. */
import type { DrawnEvents, EventCurvesTexts, SchoenfeldTexts } from "../figure/event-texts.js";

/** `by arm`, `efter arm`; empty for one curve of all. */
const by = ({ groupedBy }: DrawnEvents, word: string): string => (groupedBy === null ? "" : ` ${word} ${groupedBy}`);

const listed = (words: readonly string[], and: string): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${and} ${words.at(-1)}`;

// ── English ─────────────────────────────────────────────────────────────────────────────────────

export const englishEventCurves: EventCurvesTexts = {
  title: (curves, cause) =>
    curves.kind === "incidence"
      ? `Cumulative incidence${cause === null ? "" : ` of ${cause}`}${by(curves, "by")}`
      : `${curves.source === "predicted" ? "Predicted probability" : "Probability"} of no ${curves.event}${by(curves, "by")}`,
  axis: ({ kind, event }, cause) =>
    kind === "incidence" ? `Cumulative incidence${cause === null ? "" : ` of ${cause}`}` : `Probability of no ${event}`,
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

export const englishSchoenfeld: SchoenfeldTexts = {
  title: "Does the effect change with time? Scaled Schoenfeld residuals",
  axis: "Effect (log hazard ratio)",
  term: (term, p) => `${term}: p ${/^[<>]/.test(p) ? p : `= ${p}`}`,
  caption: (interval, several) =>
    `Points: events, the scaled Schoenfeld residual plus the coefficient; thick line: their local mean, with its pointwise ${interval}; dashed line: the estimated coefficient; grey line: no effect. Hazards are proportional where the thick line stays level. p: test of that, against time as on the axis, which is transformed by the Kaplan–Meier curve.${
      several ? " Of a term with several coefficients: the effect along the fitted term, whose coefficient is 1." : ""
    }`,
  alt: (terms, events) =>
    `Scaled Schoenfeld residuals of ${events} events against time with a smooth line, tested for a trend: ${terms.join("; ")}.`,
};

// ── Swedish ─────────────────────────────────────────────────────────────────────────────────────

export const swedishEventCurves: EventCurvesTexts = {
  title: (curves, cause) =>
    curves.kind === "incidence"
      ? `Kumulativ incidens${cause === null ? "" : ` av ${cause}`}${by(curves, "efter")}`
      : `${curves.source === "predicted" ? "Predikterad andel" : "Andel"} utan ${curves.event}${by(curves, "efter")}`,
  axis: ({ kind, event }, cause) =>
    kind === "incidence" ? `Kumulativ incidens${cause === null ? "" : ` av ${cause}`}` : `Andel utan ${event}`,
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

export const swedishSchoenfeld: SchoenfeldTexts = {
  title: "Ändras effekten med tiden? Skalade Schoenfeldresidualer",
  axis: "Effekt (log hazardkvot)",
  term: (term, p) => `${term}: p ${/^[<>]/.test(p) ? p : `= ${p}`}`,
  caption: (interval, several) =>
    `Punkter: händelser, den skalade Schoenfeldresidualen plus koefficienten; tjock linje: deras lokala medelvärde med punktvist ${interval}; streckad linje: den skattade koefficienten; grå linje: ingen effekt. Hazarderna är proportionella där den tjocka linjen är vågrät. p: test av detta mot tiden som på axeln, som är transformerad med Kaplan–Meier-kurvan.${
      several ? " För en term med flera koefficienter: effekten längs den skattade termen, med koefficient 1." : ""
    }`,
  alt: (terms, events) =>
    `Skalade Schoenfeldresidualer för ${events} händelser mot tid med en utjämnad linje, prövade för trend: ${terms.join("; ")}.`,
};
