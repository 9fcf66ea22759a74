/**
 * The registry of instruments: what they range over, which direction is better, where the clinical range ends, how change is
 * judged and how items become a score. Each entry has a version and says where its numbers are from, and by what they were
 * checked ("checked:", two independent public sources or more); what could not be says "verify", and what was tried. A plan
 * overrides and adds entries with `instruments:`. No number of an instrument stands elsewhere.
 *
 * Where a manual gives reliable change as a number of points, it is `points`; else the plan declares SD and reliability,
 * since those that are published differ (of the ORS: reliability .79 to .97, retest .49 to .81), and the criterion with them.
 */
import type { Better } from "./clinical-change.js";

export interface Instrument {
  readonly title: string;
  /** Of the entry: the day it was last checked. */
  readonly version: string;
  readonly range: readonly [number, number];
  readonly better: Better;
  /** A number, or numbers by group (men, women); null: none is published. */
  readonly cutOff: number | Readonly<Record<string, number>> | null;
  /** Which range a score on the cut-off is in. */
  readonly atCutOff: "clinical" | "functional";
  readonly sd?: number;
  readonly reliability?: number;
  /** Least change that the manual calls reliable. */
  readonly points?: number;
  readonly items?: InstrumentItems;
  readonly source: string;
}

export interface InstrumentItems {
  readonly count: number;
  readonly range: readonly [number, number];
  readonly of: "sum" | "mean";
  /** Numbers of the reversed items, from 1. */
  readonly reversed: readonly number[];
  /** Most items that may be missing. */
  readonly allowMissing: number;
}

const VERSION = "2026-11";

const fourLines: InstrumentItems = { count: 4, range: [0, 10], of: "sum", reversed: [], allowMissing: 0 };

export const INSTRUMENTS: Readonly<Record<string, Instrument>> = {
  "ors-adult": {
    title: "Outcome Rating Scale, adult",
    version: VERSION,
    range: [0, 40],
    better: "higher",
    cutOff: 25,
    atCutOff: "functional",
    items: fourLines,
    source:
      "Miller, Duncan, Brown, Sparks & Claud (2003) J. Brief Ther. 2:91–100: four lines of 10 cm, cut-off 25 (checked: OpenFIT knowledge base of ICCE, KA-01031; public scoring code that cites the article). No Swedish norms. Reliable change: 5 (Miller) and 6 (Duncan) follow from SD 6.8 (not clinical) and 8.7 (clinical) at alpha .93, 5.0 and 6.4 points (verify the SDs and alpha: only the article's first pages could be read). Declare SD and reliability.",
  },
  "ors-13-17": {
    title: "Outcome Rating Scale, age 13–17",
    version: VERSION,
    range: [0, 40],
    better: "higher",
    cutOff: 28,
    atCutOff: "functional",
    items: fourLines,
    source:
      "Duncan, Sparks, Miller, Bohanske & Claud (2006) J. Brief Ther. 5:71–87: ORS from age 13. Cut-off 28 (verify: not in the article's readable pages, nor in pages of ICCE and of the authors, nor in public scoring code).",
  },
  cors: {
    title: "Child Outcome Rating Scale",
    version: VERSION,
    range: [0, 40],
    better: "higher",
    cutOff: 32,
    atCutOff: "functional",
    items: fourLines,
    source:
      "Duncan, Sparks, Miller, Bohanske & Claud (2006) J. Brief Ther. 5:71–87; age 6–12. Cut-off 32: OpenFIT knowledge base of ICCE, KA-01031.",
  },
  srs: {
    title: "Session Rating Scale",
    version: VERSION,
    range: [0, 40],
    better: "higher",
    cutOff: 36,
    atCutOff: "functional",
    items: fourLines,
    source: "OpenFIT knowledge base of ICCE, KA-01028: below 36 the client is not content with the session.",
  },
  "oq-45": {
    title: "Outcome Questionnaire 45.2",
    version: VERSION,
    range: [0, 180],
    better: "lower",
    cutOff: 64,
    atCutOff: "clinical",
    points: 14,
    source:
      "Lambert et al. (2004) Administration and Scoring Manual for the OQ-45.2. Reliable change 14 points (checked: the publisher's answers at oqmeasures.com; a scoring guide in public use). Cut-off 63/64 as cited by Beecher et al. (verify: the manual's readable pages end before it). Other norm groups have other numbers: Dutch 56 and 18 points (Timman, de Jong & de Neve-Enthoven 2017, Clin. Psychol. Psychother. 24:72–81).",
  },
  "core-om-sweden": {
    title: "CORE-OM, Sweden",
    version: VERSION,
    range: [0, 4],
    better: "lower",
    cutOff: { men: 1.2, women: 1.26 },
    atCutOff: "clinical",
    points: 0.5,
    items: {
      count: 34,
      range: [0, 4],
      of: "mean",
      reversed: [3, 4, 7, 12, 19, 21, 31, 32],
      allowMissing: 3,
    },
    source:
      "Elfström et al. (2013) Clin. Psychol. Psychother. 20:447–455 and the preliminary Swedish manual (Elfström & Carlsson 2008, revised 2013): mean item, cut-offs of men and women; from the UK's 1.0 to these the clinician judges. Reliable change 0.5: CORE system (verify: the manual's number could not be read). Eight reversed items (checked: three public scoring programs and the items' wording; one other program reverses 30 for 32, against the wording). Up to three missing (checked: CORE System Trust on scoring; Barkham et al. 2005, Br. J. Psychiatry 186:239–246).",
  },
  "core-om-uk": {
    title: "CORE-OM, United Kingdom",
    version: VERSION,
    range: [0, 4],
    better: "lower",
    cutOff: 1,
    atCutOff: "clinical",
    points: 0.5,
    items: {
      count: 34,
      range: [0, 4],
      of: "mean",
      reversed: [3, 4, 7, 12, 19, 21, 31, 32],
      allowMissing: 3,
    },
    source:
      "Connell et al. (2007) Br. J. Psychiatry 190:69–74: 9.9 on the scale of ten times the mean item, used as 10, here 1.0. Reliable change 0.5: CORE system (verify: the manual's number could not be read). Eight reversed items (checked: three public scoring programs and the items' wording; one other program reverses 30 for 32, against the wording). Up to three missing (checked: CORE System Trust on scoring; Barkham et al. 2005, Br. J. Psychiatry 186:239–246).",
  },
  "soc-13": {
    title: "Sense of Coherence (KASAM), 13 items",
    version: VERSION,
    range: [13, 91],
    better: "higher",
    cutOff: null,
    atCutOff: "functional",
    items: { count: 13, range: [1, 7], of: "sum", reversed: [1, 2, 3, 7, 10], allowMissing: 0 },
    source:
      "Antonovsky (1987) Unraveling the Mystery of Health. Reversed items 1, 2, 3, 7 and 10 (checked: the ends of the answer scales of a Portuguese form; the public data set Attacks of R's Routliers; for 7 also Domínguez-Salas et al. 2022, Health Qual. Life Outcomes 20:8). One public program reverses other items, against its own scales: look at the form used. No cut-off. Reliable change from declared SD and alpha.",
  },
  "soc-29": {
    title: "Sense of Coherence (KASAM), 29 items",
    version: VERSION,
    range: [29, 203],
    better: "higher",
    cutOff: null,
    atCutOff: "functional",
    source:
      "Antonovsky (1987) Unraveling the Mystery of Health. No cut-off. Reliable change from declared SD and alpha. Which items are reversed could not be confirmed: declare them.",
  },
  "asi-composite": {
    title: "Addiction Severity Index, composite score",
    version: VERSION,
    range: [0, 1],
    better: "lower",
    cutOff: null,
    atCutOff: "clinical",
    source:
      "McGahan, Griffith, Parente & McLellan (1986) Composite Scores from the Addiction Severity Index: seven areas, 0 to 1. No cut-off. Reliable change from declared SD and alpha.",
  },
  nods: {
    title: "NORC DSM-IV Screen for Gambling Problems",
    version: VERSION,
    range: [0, 10],
    better: "lower",
    cutOff: 5,
    atCutOff: "clinical",
    source:
      "Gerstein et al. (1999) Gambling Impact and Behavior Study, NORC: 0 low risk, 1–2 at risk, 3–4 problem, 5 and above probable pathological gambling (checked: Toce-Gerstein, Gerstein & Volberg 2009, J. Gambl. Stud.; the instrument's scoring sheet). Reliable change from declared SD and reliability.",
  },
  ysr: {
    title: "Youth Self-Report, broadband T score",
    version: VERSION,
    range: [0, 100],
    better: "lower",
    cutOff: 64,
    atCutOff: "clinical",
    source:
      "Achenbach & Rescorla (2001) Manual for the ASEBA School-Age Forms & Profiles: total, internalising and externalising problems, T 60–63 borderline, 64 and above clinical (checked: two public descriptions of ASEBA scores; not the manual); syndrome scales have 65–69 and 70.",
  },
  "livets-stege": {
    title: "Livets stege (Cantril's ladder)",
    version: VERSION,
    range: [0, 10],
    better: "higher",
    cutOff: 7,
    atCutOff: "functional",
    source:
      "Cantril (1965) The Pattern of Human Concerns; Gallup's categories: thriving from 7 (with 8 or more expected in five years), suffering 4 and below, now and in five years (checked: three articles that quote Gallup's Understanding How Gallup Uses the Cantril Scale). Here the present step alone. Reliable change from declared SD and reliability.",
  },
};
