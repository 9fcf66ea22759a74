/** Runs made by hand: what the report and its figures are tested on, and looked at with. */
import type {
  AnalysisDisplay,
  AnalysisResult,
  Diagnostics,
  Profile,
  ProfilePoint,
  Results,
  Run,
} from "../../src/analysis/results.js";
import type { Estimate } from "../../src/inference/estimate.js";
import type { ArmFlow } from "../../src/trial/participant-flow.js";

export const HOSTILE = `<script>alert("x")</script>`;

const estimate = (name: string, measure: string, values: Partial<Estimate>): Estimate => ({
  name,
  measure,
  unit: null,
  estimate: null,
  se: null,
  df: null,
  statistic: null,
  p: null,
  lower: null,
  upper: null,
  level: 0.95,
  ...values,
});

/** An estimate with its t statistic and an interval of two standard errors: near enough to look at. */
const tested = (
  name: string,
  measure: string,
  unit: string,
  value: number,
  se: number,
  df: number,
  p: number,
): Estimate =>
  estimate(name, measure, {
    unit,
    estimate: value,
    se,
    df,
    statistic: value / se,
    p,
    lower: value - 1.99 * se,
    upper: value + 1.99 * se,
  });

/** n numbers between 0 and 1, the same each time. */
function sequence(n: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: n }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  });
}

/** Nearly normal: the sum of twelve uniform numbers, less six. */
export const nearlyNormal = (n: number, seed: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => sequence(12, seed + 7919 * (i + 1)).reduce((sum, u) => sum + u, -6));

export function diagnosticsOf(n: number, modes: Diagnostics["modes"]): Diagnostics {
  const fitted = nearlyNormal(n, 3).map((z) => 14 + 7 * z);
  const residuals = nearlyNormal(n, 11);
  return { fitted, residuals, modes };
}

// ── Beat the Blues, by visit (contrasts and means of the published reanalysis) ──────────────────

const VISITS = [2, 3, 5, 8] as const;

const contrasts = [
  [-3.10695722672918, 1.79180275580543, 94.169954155254, 0.0861934603111057],
  [-2.65033774724261, 2.15777582108876, 87.459629021424, 0.2226396222566],
  [-1.78465641688213, 2.24769487697102, 76.6169396245601, 0.429651247238942],
  [-0.192651942877158, 2.23182106819785, 68.327736652103, 0.931464089279809],
] as const;

const adjustedMeans = {
  TAU: [
    [18.2947907982727, 1.31464465139708],
    [16.7063526327979, 1.5546609400097],
    [15.1189922104654, 1.61269405881042],
    [12.4528769948442, 1.61208814342267],
  ],
  BtheB: [
    [15.1878335715435, 1.16366938272727],
    [14.0560148855553, 1.45236764909236],
    [13.3343357935833, 1.52406700106462],
    [12.260225051967, 1.50193082381045],
  ],
} as const;

const observedMeans = {
  TAU: [
    [19.4667, 16.1646, 22.7687, 45],
    [17.6667, 13.448, 21.8853, 36],
    [16.2759, 11.524, 21.0277, 29],
    [13.6, 9.0102, 18.1898, 25],
  ],
  BtheB: [
    [14.7115, 11.9038, 17.5193, 52],
    [12.027, 8.6167, 15.4374, 37],
    [9.2414, 6.2725, 12.2103, 29],
    [8.8519, 6.5089, 11.1948, 27],
  ],
} as const;

const ARMS = ["TAU", "BtheB"] as const;

const profilePoints: ProfilePoint[] = ARMS.flatMap((arm) =>
  VISITS.flatMap((at, i): ProfilePoint[] => {
    const [observed, lower, upper, n] = observedMeans[arm][i]!;
    const [mean, se] = adjustedMeans[arm][i]!;
    return [
      { kind: "observed", arm, at, mean: observed, lower, upper, n },
      { kind: "adjusted", arm, at, mean, lower: mean - 1.99 * se, upper: mean + 1.99 * se, n: null },
    ];
  }),
);

const flow: ArmFlow[] = [
  {
    arm: "TAU",
    rows: 192,
    used: 135,
    participants: 48,
    participantsUsed: 45,
    excludedBy: [{ reason: "missing", detail: "bdi", rows: 57 }],
  },
  {
    arm: "BtheB",
    rows: 208,
    used: 145,
    participants: 52,
    participantsUsed: 52,
    excludedBy: [{ reason: "missing", detail: "bdi", rows: 63 }],
  },
];

const coefficients = (kind: "satterthwaite" | "kenward-roger"): Estimate[] => {
  const kr = kind === "kenward-roger";
  return [
    tested(
      "coefficient:(Intercept)",
      "coefficient",
      "points",
      5.57374629527733,
      kr ? 2.30015447685509 : 2.29954410978583,
      101.2,
      0.0171600664528356,
    ),
    tested(
      "coefficient:bdi_pre",
      "coefficient",
      "points per point",
      0.64035081194868,
      0.0799473230437023,
      96.8852763601234,
      2.57647748088e-12,
    ),
    tested(
      "coefficient:month",
      "coefficient",
      "points per month",
      -0.701598148037253,
      0.14709554961831,
      196.100888499894,
      3.59440893261281e-6,
    ),
    tested(
      "coefficient:treatment[BtheB]",
      "coefficient",
      "points",
      -2.31510511364467,
      1.7157466225517,
      90.6013952911149,
      0.180593915131019,
    ),
    tested(
      "coefficient:drug[Yes]",
      "coefficient",
      "points",
      -2.81599427764581,
      1.77357076768159,
      91.5761593486194,
      0.115788871713984,
    ),
    tested(
      "coefficient:duration[over_6m]",
      "coefficient",
      "points",
      0.179015354445482,
      1.68227130147175,
      93.4415474265874,
      0.915482889299425,
    ),
  ];
};

const components: Estimate[] = [
  estimate("sd:participant:(Intercept)", "sd", { unit: "points", estimate: 7.20635771949027 }),
  estimate("sd:residual", "sd", { unit: "points", estimate: 5.02855493472576 }),
  estimate("icc:participant", "icc", { estimate: 0.672535, lower: 0.5614, upper: 0.7612 }),
];

const visitEstimates: Estimate[] = [
  ...contrasts.map(([value, se, df, p], i) =>
    tested(
      `contrast:treatment[BtheB]-treatment[TAU]@month=${VISITS[i]}`,
      "mean-difference",
      "points",
      value,
      se,
      df,
      p,
    ),
  ),
  ...ARMS.flatMap((arm) =>
    adjustedMeans[arm].map(([mean, se], i) =>
      estimate(`mean:treatment[${arm}]@month=${VISITS[i]}`, "mean", {
        unit: "points",
        estimate: mean,
        se,
        df: 92.4,
        statistic: mean / se,
        p: 1e-20,
        lower: mean - 1.99 * se,
        upper: mean + 1.99 * se,
      }),
    ),
  ),
];

const counts = {
  observations: 280,
  participants: 97,
  excluded: 120,
  excludedBy: [{ reason: "missing", detail: "bdi", rows: 120 }],
  groups: { participant: 97 },
};

export const primaryResult: AnalysisResult = {
  id: "primary",
  model: "mixed",
  role: "primary",
  formula: "bdi ~ bdi_pre + drug + duration + treatment * factor(month) + (1 | participant)",
  method: "linear mixed model, REML, Kenward–Roger",
  status: "estimated",
  problems: [],
  n: counts,
  fit: {
    logLik: -922.043020941295,
    aic: 1872.0860418,
    bic: 1908.1324,
    converged: true,
    singular: false,
    iterations: 11,
  },
  estimates: [...coefficients("kenward-roger"), ...visitEstimates, ...components],
};

const profile: Profile = {
  armColumn: "treatment",
  proportion: false,
  arms: ARMS,
  visit: { name: "month", unit: "months", numeric: true },
  points: profilePoints,
};

export const primaryDisplay: AnalysisDisplay = {
  id: "primary",
  title: "Difference at each follow-up",
  criterion: "REML",
  standardErrors: "kenward-roger",
  hasRandomEffects: true,
  labels: { bdi_pre: "BDI-II before treatment" },
  references: [
    { column: "treatment", level: "TAU" },
    { column: "drug", level: "No" },
    { column: "duration", level: "under_6m" },
  ],
  outcome: { name: "bdi", unit: "points", better: "lower" },
  degreesOfFreedom: "kenward-roger",
  level: 0.95,
  flow,
  participants: { data: 100, used: 97 },
  differences: visitEstimates.slice(0, 4).map(({ name }) => name),
  profile,
  diagnostics: diagnosticsOf(280, [
    { group: "participant", term: "(Intercept)", values: nearlyNormal(97, 5).map((z) => 7 * z) },
  ]),
};

const secondResult: AnalysisResult = {
  ...primaryResult,
  id: "common-difference",
  role: "sensitivity",
  formula: "bdi ~ bdi_pre + month + treatment + drug + duration + (1 | participant)",
  method: "linear mixed model, REML, Satterthwaite",
  estimates: [...coefficients("satterthwaite"), ...components],
  fit: { logLik: -933.45128620542, aic: 1882.9, bic: 1911.98, converged: true, singular: false, iterations: 9 },
};

const secondDisplay: AnalysisDisplay = {
  ...primaryDisplay,
  id: "common-difference",
  title: null,
  standardErrors: "model",
  degreesOfFreedom: "satterthwaite",
  differences: ["coefficient:treatment[BtheB]"],
  profile: { ...profile, points: profilePoints.filter(({ kind }) => kind === "observed") },
};

const SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const results = (title: string, analyses: readonly AnalysisResult[]): Results => ({
  results: "fit-rct/1",
  version: "0.1.0",
  seed: 20240919,
  plan: { title, sha256: SHA, locked: true },
  data: [{ name: "beat-the-blues.csv", sha256: [...SHA].reverse().join(""), rows: 400 }],
  analyses,
});

/** Two analyses of one trial, with all that a report can show of them. */
export const beatTheBlues: Run = {
  results: results("Beat the Blues: computerised cognitive behavioural therapy against usual care", [
    primaryResult,
    secondResult,
  ]),
  registration: { registry: "OSF", id: "osf.io/abcde", date: "2024-09-19" },
  displays: [primaryDisplay, secondDisplay],
};

// ── Hard cases ──────────────────────────────────────────────────────────────────────────────────

const problem = (severity: "error" | "warning" | "note", code: string, message: string) => ({
  severity,
  code,
  message,
  messageSv: `På svenska: ${code}.`,
});

const notEstimated: AnalysisResult = {
  ...primaryResult,
  id: "not-converged",
  role: "secondary",
  status: "not-estimated",
  reason: "The optimiser did not converge in 500 iterations. Simplify the random part of the formula.",
  reasonSv: "På svenska: fit.not-converged.",
  problems: [
    problem(
      "error",
      "fit.not-converged",
      "The optimiser did not converge in 500 iterations. Simplify the random part of the formula.",
    ),
    problem("note", "formula.level-dropped", `Level "${HOSTILE}" of site has no used row and was dropped.`),
  ],
  fit: null,
  estimates: [],
};

const singular: AnalysisResult = {
  ...primaryResult,
  id: "singular",
  role: "exploratory",
  formula: "bdi ~ treatment + (1 + month | clinic / therapist)",
  problems: [
    problem(
      "warning",
      "fit.singular",
      "The variance of (Intercept) over clinic is estimated at zero. Estimates are those of the model without it.",
    ),
  ],
  n: { ...counts, groups: { clinic: 12, "clinic:therapist": 48 } },
  fit: { logLik: -1234.5, aic: 2489, bic: 2525, converged: true, singular: true, iterations: 34 },
  estimates: [
    tested("coefficient:(Intercept)", "coefficient", "points", 16.2, 1.3, 11.4, 4e-8),
    tested("coefficient:treatment[BtheB]", "coefficient", "points", -2.31510511364467, 1.7157466225517, 90.6, 0.18),
    estimate("sd:clinic:(Intercept)", "sd", { unit: "points", estimate: 0 }),
    estimate("sd:clinic:therapist:(Intercept)", "sd", { unit: "points", estimate: 2.41 }),
    estimate("sd:clinic:therapist:month", "sd", { unit: "points per month", estimate: 0.0734 }),
    estimate("cor:clinic:therapist:(Intercept),month", "correlation", { estimate: -0.412 }),
    estimate("sd:residual", "sd", { unit: "points", estimate: 5.02855493472576 }),
    estimate("icc:clinic", "icc", { estimate: 0, lower: 0, upper: 0.04 }),
  ],
};

const singularDisplay: AnalysisDisplay = {
  ...primaryDisplay,
  id: "singular",
  references: [{ column: "treatment", level: "TAU" }],
  differences: ["coefficient:treatment[BtheB]"],
  profile: null,
  flow: [],
  diagnostics: diagnosticsOf(6000, [
    { group: "clinic", term: "(Intercept)", values: new Float64Array(12) },
    { group: "clinic:therapist", term: "month", values: nearlyNormal(300, 17) },
  ]),
};

const FOUR_ARMS = [
  "Waiting list",
  "Self-help",
  "Group therapy with a very long name indeed, as forms have it",
  HOSTILE,
] as const;
const FOUR_VISITS = ["Baseline", "Three months", "One year", "=1+1"] as const;

const fourArmContrasts = FOUR_ARMS.slice(1).flatMap((arm, a) =>
  FOUR_VISITS.slice(1).map((visit, v) =>
    tested(
      `contrast:arm[${arm}]-arm[Waiting list]@visit=${visit}`,
      "mean-difference",
      "mm",
      (a + 1) * 11.37 - v * 17.9,
      9.46 + a,
      38.2,
      [0.0004, 0.0492, 0.9997][v]!,
    ),
  ),
);

const fourArms: AnalysisResult = {
  ...primaryResult,
  id: "four-arms",
  role: "secondary",
  formula: `pain ~ arm * visit + (1 | id) + (1 | ${HOSTILE})`,
  problems: [
    problem("note", "formula.aliased", `Column "arm[${HOSTILE}]" is a combination of others and was left out.`),
  ],
  n: { ...counts, groups: { id: 12034, [HOSTILE]: 97 } },
  estimates: [
    ...fourArmContrasts,
    estimate(`mean:arm[${HOSTILE}]`, "mean", {
      unit: "mm",
      estimate: 41.234,
      se: 2.1,
      lower: 37,
      upper: 45.4,
      df: null,
    }),
    estimate(`test:${HOSTILE}`, "test", { statistic: 3.2, df: 41.2, numeratorDf: 2, p: 0.02 }),
  ],
};

const fourArmsDisplay: AnalysisDisplay = {
  ...primaryDisplay,
  id: "four-arms",
  references: [{ column: "arm", level: "Waiting list" }],
  outcome: { name: "pain", unit: "mm", better: "lower" },
  differences: fourArmContrasts.map(({ name }) => name),
  flow: FOUR_ARMS.map((arm, i) => ({
    arm,
    rows: 12000 + i,
    used: 11000 - 977 * i,
    participants: 3000,
    participantsUsed: 2900,
    excludedBy: [
      { reason: "where", detail: "month > 0", rows: 400 },
      { reason: "missing", detail: HOSTILE, rows: 600 + 978 * i },
    ],
  })),
  profile: {
    proportion: false,
    armColumn: "arm",
    arms: FOUR_ARMS,
    visit: { name: "visit", unit: null, numeric: false },
    points: FOUR_ARMS.flatMap((arm, a) =>
      FOUR_VISITS.flatMap((at, v): ProfilePoint[] => [
        {
          kind: "observed",
          arm,
          at,
          mean: 61 - 5 * v - 4 * a,
          lower: 57 - 5 * v - 4 * a,
          upper: 66 - 5 * v - 4 * a,
          n: 3000 - 311 * v,
        },
        {
          kind: "adjusted",
          arm,
          at,
          mean: 60 - 5 * v - 3 * a,
          lower: 57 - 5 * v - 3 * a,
          upper: 63 - 5 * v - 3 * a,
          n: null,
        },
      ]),
    ),
  },
  diagnostics: null,
};

const noArm: AnalysisResult = {
  ...primaryResult,
  id: "no-arm",
  role: "exploratory",
  formula: "diameter ~ 1 + (1 | plate) + (1 | sample)",
  n: { observations: 144, participants: null, excluded: 0, excludedBy: [], groups: { plate: 24, sample: 6 } },
  estimates: [
    estimate("coefficient:(Intercept)", "coefficient", {
      unit: "mm",
      estimate: 22.97222,
      se: 0.8085,
      statistic: 28.4,
      p: 1e-6,
      lower: 21.4,
      upper: 24.6,
    }),
    estimate("sd:plate:(Intercept)", "sd", { unit: "mm", estimate: 0.8467 }),
    estimate("sd:sample:(Intercept)", "sd", { unit: "mm", estimate: 1.9316 }),
    estimate("sd:residual", "sd", { unit: "mm", estimate: 0.5499 }),
  ],
};

const noArmDisplay: AnalysisDisplay = {
  ...primaryDisplay,
  id: "no-arm",
  title: null,
  criterion: "ML",
  standardErrors: "model",
  degreesOfFreedom: "normal",
  references: [],
  outcome: { name: "diameter", unit: "mm", better: null },
  differences: [],
  flow: [{ arm: null, rows: 144, used: 144, participants: null, participantsUsed: null, excludedBy: [] }],
  participants: null,
  profile: null,
  diagnostics: diagnosticsOf(144, [
    { group: "plate", term: "(Intercept)", values: nearlyNormal(24, 2) },
    { group: "sample", term: "(Intercept)", values: nearlyNormal(6, 9) },
  ]),
};

/** A not-estimated analysis, a singular fit, four arms with hostile labels, no arm at all. */
export const hardCases: Run = {
  results: {
    ...results(`Hard cases ${HOSTILE} & "quotes"`, [notEstimated, singular, fourArms, noArm]),
    plan: { title: `Hard cases ${HOSTILE} & "quotes"`, sha256: SHA, locked: false },
  },
  registration: null,
  displays: [
    { ...primaryDisplay, id: "not-converged", profile: null, diagnostics: null },
    singularDisplay,
    fourArmsDisplay,
    noArmDisplay,
  ],
};
