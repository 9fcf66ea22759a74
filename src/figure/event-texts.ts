/** What curves of time to an event and Schoenfeld plots need said, in one language; src/report/survival-texts.ts has the texts. */

import type { TimeTransform } from "../survival/proportional-hazards.js";

/** What is drawn: part of `EventCurves`. */
export interface DrawnEvents {
  readonly kind: "survival" | "incidence";
  readonly source: "observed" | "predicted";
  readonly event: string;
  readonly groupedBy: string | null;
}

export interface EventCurvesTexts {
  /** @param cause  the only one that is drawn; null when there are several, or none. */
  readonly title: (curves: DrawnEvents, cause: string | null) => string;
  readonly axis: (curves: DrawnEvents, cause: string | null) => string;
  readonly atRisk: string;
  readonly caption: (parts: {
    readonly kind: "survival" | "incidence";
    readonly source: "observed" | "predicted";
    /** `95% CI`; null without bands. */
    readonly interval: string | null;
    readonly censored: boolean;
    readonly atRisk: boolean;
    /** Where the vertical axis ends. */
    readonly top: number;
  }) => string;
  /** @param values  `FIT 0.71`, at `time`; empty when no curve goes that far. */
  readonly alt: (
    curves: DrawnEvents,
    groups: readonly string[],
    causes: readonly string[],
    time: string,
    values: readonly string[],
  ) => string;
}

export interface SchoenfeldTexts {
  readonly title: string;
  readonly axis: string;
  /** Of a panel. */
  readonly term: (term: string, p: string) => string;
  /**
   * @param several     a term has several coefficients.
   * @param transform  the function of time that the test has.
   */
  readonly caption: (interval: string, several: boolean, transform: TimeTransform) => string;
  readonly alt: (terms: readonly string[], events: number) => string;
}
