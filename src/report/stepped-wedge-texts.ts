/** Texts on the stepped wedge, in each language; texts.ts holds the rest. */
import type { Design, DesignEffectName, WedgeEffectName } from "../figure/estimate-name.js";
import type { WedgeFigureTexts } from "../figure/wedge-texts.js";

export interface SteppedWedgeTexts {
  /** Of an effect of the switch. */
  readonly effect: (effect: WedgeEffectName, exposure: string | null) => string;
  readonly effectsHeading: string;
  readonly inferenceHeading: string;
  /** @param measure  what the effects are; effects of binary outcomes and counts are on the link scale. */
  readonly inferenceCaption: (outcome: string, measure: string) => string;
  readonly inferenceColumn: string;
  /** Beside the model: by t with units less 2 degrees of freedom, and by the permutation test. */
  readonly withinPeriods: string;
  readonly permutation: string;
  /** What a kind of inference is, by its name in the results. */
  readonly inferences: Readonly<Record<string, string>>;
  readonly inferenceFootnote: string;
  /** By name: of `icc:…` what stands after the colon, and `cac`. */
  readonly correlations: Readonly<Record<string, string>>;
  readonly autocorrelation: string;
  /** By name: of `test:…` what stands after the colon. */
  readonly tests: Readonly<Record<string, string>>;
  readonly joint: {
    readonly heading: string;
    readonly caption: (outcome: string) => string;
    readonly weight: string;
    readonly footnote: string;
    /** Of which two analyses it is made. */
    readonly formula: (individual: string, steppedWedge: string) => string;
    /** Before a term or variance that is of one design. */
    readonly designs: Readonly<Record<Design, string>>;
    /** Before an effect that the designs have in common, in the table of coefficients. */
    readonly both: string;
  };
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
  effectsHeading: "Effects of the switch",
  inferenceHeading: "The same effects by other kinds of inference",
  inferenceCaption: (outcome, measure) =>
    `Effects on ${measure === "log-odds-ratio" ? "the log odds of " : measure === "log-rate-ratio" ? "the log rate of " : ""}${outcome}, by the kind of inference`,
  inferenceColumn: "Effect and inference",
  withinPeriods: "without a model, t-test",
  permutation: "permutation test",
  inferences: {
    "kenward-roger": "Kenward–Roger",
    satterthwaite: "Satterthwaite",
    cr3: "cluster-robust (CR3)",
    "mancl-derouen": "marginal, cluster-robust (Mancl–DeRouen)",
    residual: "classical",
    normal: "normal distribution",
  },
  inferenceFootnote:
    "Cluster-robust: whatever the dependence within units; t with units less 2 degrees of freedom, as is the t-test within periods.",
  correlations: {
    "within-period": "Two clients of one unit, same period",
    "between-period": "Two clients of one unit, different periods",
    cac: "Two periods of one unit",
  },
  autocorrelation: "Cluster autocorrelation (CAC)",
  tests: {
    effect: "No effect at any exposure time",
    "effect-constant": "The same effect at all exposure times",
    "exposure-variance": "without random exposure effects",
  },
  joint: {
    heading: "Designs A and B, and both together",
    caption: (outcome) => `Effect on ${outcome} in each design and in both together`,
    weight: "Weight",
    formula: (individual, steppedWedge) => `those of “${individual}” and “${steppedWedge}”, together`,
    footnote:
      "One stage: one model of all clients with a common effect, and variances of each design’s own. Two stages: mean of the designs’ effects by inverse variance; weight, the share of each. A − B: difference between the designs; its p is of the test that they have the same effect.",
    designs: { individual: "Design A", "stepped-wedge": "Design B" },
    both: "Effect, A and B",
  },
};

export const swedishSteppedWedge: SteppedWedgeTexts = {
  effect: (effect, exposure) =>
    ({
      immediate: "Effekt av övergången",
      exposure: `Effekt i behandlad period ${exposure}`,
      tate: "Medeleffekt över exponeringstider (TATE)",
      lte: "Effekt vid den längsta exponeringen (LTE)",
      vertical: "Effekt inom perioder",
    })[effect],
  effectsHeading: "Effekter av övergången",
  inferenceHeading: "Samma effekter med andra slag av inferens",
  inferenceCaption: (outcome, measure) =>
    `Effekter på ${measure === "log-odds-ratio" ? "log-oddset för " : measure === "log-rate-ratio" ? "log-intensiteten för " : ""}${outcome}, efter slag av inferens`,
  inferenceColumn: "Effekt och inferens",
  withinPeriods: "utan modell, t-test",
  permutation: "permutationstest",
  inferences: {
    "kenward-roger": "Kenward–Roger",
    satterthwaite: "Satterthwaite",
    cr3: "klusterrobust (CR3)",
    "mancl-derouen": "marginell, klusterrobust (Mancl–DeRouen)",
    residual: "klassisk",
    normal: "normalfördelning",
  },
  inferenceFootnote:
    "Klusterrobust: oavsett vilken form beroendet inom enheter har; t med antalet enheter minus 2 frihetsgrader, liksom t-testet inom perioder.",
  correlations: {
    "within-period": "Två klienter i en enhet, samma period",
    "between-period": "Två klienter i en enhet, olika perioder",
    cac: "Två perioder i en enhet",
  },
  autocorrelation: "Klusterautokorrelation (CAC)",
  tests: {
    effect: "Ingen effekt vid någon exponeringstid",
    "effect-constant": "Samma effekt vid alla exponeringstider",
    "exposure-variance": "utan slumpmässiga exponeringseffekter",
  },
  joint: {
    heading: "Design A och B och båda tillsammans",
    caption: (outcome) => `Effekt på ${outcome} i varje design och i båda tillsammans`,
    weight: "Vikt",
    formula: (individual, steppedWedge) => `de i ”${individual}” och ”${steppedWedge}”, tillsammans`,
    footnote:
      "Ett steg: en modell för alla klienter med en gemensam effekt och egna varianser för varje design. Två steg: medelvärde av designernas effekter vägda med inversa variansen; vikt, varje designs andel. A − B: skillnad mellan designerna; dess p gäller testet av att de har samma effekt.",
    designs: { individual: "Design A", "stepped-wedge": "Design B" },
    both: "Effekt, A och B",
  },
};

// ── figures ─────────────────────────────────────────────────────────────────────────────────────

const listed = (parts: readonly string[], and: string): string =>
  parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} ${and} ${parts.at(-1)}`;

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

const withP = (p: string): string => `p ${/^[<>]/.test(p) ? p : `= ${p}`}`;

const before = (label: string): string => (label === "" ? "" : `${label}: `);

const englishDesigns: Readonly<Record<DesignEffectName, string>> = {
  individual: "Design A, individual randomisation",
  "stepped-wedge": "Design B, stepped wedge",
  joint: "A and B together, one stage",
  "two-stage": "A and B together, two stages",
  "individual-stepped-wedge": "Difference A \u2212 B",
};

export const englishWedgeFigures: WedgeFigureTexts = {
  unit: "Unit",
  period: "Period",
  condition: "Condition",
  conditions: { control: "Control", treated: "Treated", transition: "Transition, left out", none: "No rows" },
  clients: "Clients",
  rows: "Rows",
  intervention: "the intervention",
  control: "control",
  design: {
    title: "Units by calendar period",
    caption: ({ ofClients, counted, transition, empty, mixed }) =>
      [
        "Units in the order of their switch.",
        counted ? `The numbers are ${ofClients ? "clients" : "rows"}.` : "",
        transition ? "Struck through: periods of transition after the switch, left out of the analysis." : "",
        empty ? "White: no rows." : "",
        mixed ? "*: some rows of the cell have the other condition." : "",
      ]
        .filter((part) => part !== "")
        .join(" "),
    alt: ({ units, periods, switches, ofClients, least, most }) =>
      `Stepped-wedge design of ${count(units, "unit", "units")} over ${count(periods, "period", "periods")}. Switched: ${listed(
        switches.map(({ period, units: n }) => (period === null ? `${n} never` : `${n} in period ${period}`)),
        "and",
      )}. Each cell has ${least === most ? most : `${least} to ${most}`} ${ofClients ? "clients" : "rows"}.`,
  },
  means: {
    title: (outcome, proportion) => `${proportion ? "Proportion with" : "Mean"} ${outcome} by unit and calendar period`,
    axis: (outcome, proportion) => `${proportion ? "Proportion with" : "Mean"} ${outcome}`,
    ofUnit: "Mean of the unit",
    ofCondition: "Mean of the condition",
    caption: (proportion) =>
      `Thin lines: ${proportion ? "proportions" : "means"} of one unit each, grey where it switches; thick lines with large marks: ${proportion ? "proportions" : "means"} of all rows of the condition. Rows analysed, without adjustment.`,
    alt: ({ outcome, proportion, units, periods, last }) =>
      `${proportion ? "Proportion with" : "Mean"} ${outcome} of ${count(units, "unit", "units")} over ${count(periods, "period", "periods")}, control and treated apart.${
        last === null
          ? ""
          : ` In period ${last.period}, the last with both, it is ${last.control} under control and ${last.treated} under treatment.`
      }`,
  },
  exposure: {
    title: (outcome) => `Effect on ${outcome} by exposure time`,
    axis: "Exposure time (treated periods of the unit)",
    tate: "TATE",
    lte: "LTE",
    caption: (interval, isRatio, better) =>
      `Squares: effect at each exposure time; vertical lines: ${interval}; dashed line: mean over exposure times (TATE); dotted line: effect at the longest exposure (LTE); grey line: no effect${isRatio ? " (ratio 1). Logarithmic axis." : "."}${
        better === null ? "" : ` ${better === "lower" ? "Lower" : "Higher"} values are better.`
      }`,
    alt: (outcome, rows, summary) =>
      `Effect of the switch on ${outcome} by exposure time, with intervals and a line at no effect. ${rows.join("; ")}. ${summary.join("; ")}.`,
  },
  forest: {
    title: (outcome) => `Effect on ${outcome}`,
    axis: (outcome) => `Effect on ${outcome}`,
    effect: "Effect",
    alt: (n, outcome, interval, rows, more) =>
      `Forest plot of ${count(n, "effect", "effects")} on ${outcome}, each with its ${interval} and a line at no effect. ${rows.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
    diamonds: "Diamonds: both designs together.",
  },
  designs: englishDesigns,
  exposureTime: "exposure time",
  effectLabel: (label) => (label === "overall" ? "Mean of these effects" : label),
  weights: (parts) => `Weights in two stages: ${parts.join("; ")}.`,
  weight: (label, a, b) => `${before(label)}A\u00a0${a}, B\u00a0${b}`,
  tests: (parts) => `Test of A against B: ${parts.join("; ")}.`,
  test: (label, numbers, p) => `${before(label)}difference ${numbers}, ${withP(p)}`,
};

const swedishDesigns: Readonly<Record<DesignEffectName, string>> = {
  individual: "Design A, individuell randomisering",
  "stepped-wedge": "Design B, stegvis införande",
  joint: "A och B tillsammans, ett steg",
  "two-stage": "A och B tillsammans, två steg",
  "individual-stepped-wedge": "Skillnad A \u2212 B",
};

export const swedishWedgeFigures: WedgeFigureTexts = {
  unit: "Enhet",
  period: "Period",
  condition: "Betingelse",
  conditions: {
    control: "Kontroll",
    treated: "Behandlad",
    transition: "Övergångsperiod, utesluten",
    none: "Inga rader",
  },
  clients: "Klienter",
  rows: "Rader",
  intervention: "interventionen",
  control: "kontroll",
  design: {
    title: "Enheter efter kalenderperiod",
    caption: ({ ofClients, counted, transition, empty, mixed }) =>
      [
        "Enheterna står i den ordning som de gick över.",
        counted ? `Talen är antal ${ofClients ? "klienter" : "rader"}.` : "",
        transition ? "Överstruket: övergångsperioder efter övergången, uteslutna ur analysen." : "",
        empty ? "Vitt: inga rader." : "",
        mixed ? "*: några av cellens rader har den andra betingelsen." : "",
      ]
        .filter((part) => part !== "")
        .join(" "),
    alt: ({ units, periods, switches, ofClients, least, most }) =>
      `Stegvis införande (stepped wedge) i ${count(units, "enhet", "enheter")} över ${count(periods, "period", "perioder")}. Antal som gick över: ${listed(
        switches.map(({ period, units: n }) => (period === null ? `${n} aldrig` : `${n} i period ${period}`)),
        "och",
      )}. Varje cell har ${least === most ? most : `${least} till ${most}`} ${ofClients ? (most === 1 ? "klient" : "klienter") : most === 1 ? "rad" : "rader"}.`,
  },
  means: {
    title: (outcome, proportion) =>
      `${proportion ? "Andel med" : "Medelvärde av"} ${outcome} efter enhet och kalenderperiod`,
    axis: (outcome, proportion) => `${proportion ? "Andel med" : "Medelvärde av"} ${outcome}`,
    ofUnit: "Enhetens medelvärde",
    ofCondition: "Betingelsens medelvärde",
    caption: (proportion) =>
      `Tunna linjer: ${proportion ? "andelar" : "medelvärden"} för var sin enhet, grå där den går över; tjocka linjer med stora markeringar: ${proportion ? "andel" : "medelvärde"} för alla rader i betingelsen. Analyserade rader, utan justering.`,
    alt: ({ outcome, proportion, units, periods, last }) =>
      `${proportion ? "Andel med" : "Medelvärde av"} ${outcome} för ${count(units, "enhet", "enheter")} över ${count(periods, "period", "perioder")}, kontroll och behandlad var för sig.${
        last === null
          ? ""
          : ` I period ${last.period}, den sista med båda, är värdet ${last.control} för kontroll och ${last.treated} för behandlad.`
      }`,
  },
  exposure: {
    title: (outcome) => `Effekt på ${outcome} efter exponeringstid`,
    axis: "Exponeringstid (enhetens behandlade perioder)",
    tate: "TATE",
    lte: "LTE",
    caption: (interval, isRatio, better) =>
      `Kvadrater: effekt vid varje exponeringstid; lodräta linjer: ${interval}; streckad linje: medelvärde över exponeringstider (TATE); prickad linje: effekt vid den längsta exponeringen (LTE); grå linje: ingen effekt${isRatio ? " (kvot 1). Logaritmisk axel." : "."}${
        better === null ? "" : ` ${better === "lower" ? "Lägre" : "Högre"} värden är bättre.`
      }`,
    alt: (outcome, rows, summary) =>
      `Effekt av övergången på ${outcome} efter exponeringstid, med intervall och en linje vid ingen effekt. ${rows.join("; ")}. ${summary.join("; ")}.`,
  },
  forest: {
    title: (outcome) => `Effekt på ${outcome}`,
    axis: (outcome) => `Effekt på ${outcome}`,
    effect: "Effekt",
    alt: (n, outcome, interval, rows, more) =>
      `Skogsdiagram (forest plot) över ${count(n, "effekt", "effekter")} på ${outcome}, med ${interval} och en linje vid ingen effekt. ${rows.join("; ")}${more > 0 ? `; och ${more} till` : ""}.`,
    diamonds: "Romber: båda designerna tillsammans.",
  },
  designs: swedishDesigns,
  exposureTime: "exponeringstid",
  effectLabel: (label) => (label === "overall" ? "Medelvärde av dessa effekter" : label),
  weights: (parts) => `Vikter i två steg: ${parts.join("; ")}.`,
  weight: (label, a, b) => `${before(label)}A\u00a0${a}, B\u00a0${b}`,
  tests: (parts) => `Test av A mot B: ${parts.join("; ")}.`,
  test: (label, numbers, p) => `${before(label)}skillnad ${numbers}, ${withP(p)}`,
};
