/**
 * The flow of participants as boxes, after CONSORT 2025 and its extensions for clusters and stepped wedges: all, each
 * design, and below it a column for each arm from allocation to analysis.
 */
import type { AnalysisDisplay, TrialFlowDisplay } from "../analysis/results.js";
import type { FlowGroup, LevelCounts } from "../trial/trial-flow.js";
import { columnLabel } from "./estimate-name.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { wrapText } from "./text-width.js";
import { figureTitle, INK, SMALL_FONT_SIZE, theme } from "./theme.js";

/** A page of a journal is 174 mm wide. */
const WIDTH = 660;
const GAP = 12;
const ROW_GAP = 18;
const PADDING = 7;
const LINE_HEIGHT = 14;
const WIDEST_BOX = 300;
/** More than that of a line that goes on. */
const REASON_INDENT = 16;

interface Line {
  readonly text: string;
  readonly bold: boolean;
  /** In pixels. */
  readonly indent: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly lines: readonly Line[];
}

export function flowDiagram(
  flow: TrialFlowDisplay,
  { labels }: Pick<AnalysisDisplay, "labels">,
  texts: FigureTexts,
): Drawing {
  const { boxes, arrows, height } = layOut(flow, labels, texts);
  const wording = texts.flow;
  const alt = wording.alt(
    flow.total.participants,
    flow.groups.map((group) => wording.altGroup(nameOf(group, flow, texts), group.participants, group.primary)),
  );
  const x = (field: string) => ({
    field,
    type: "quantitative" as const,
    axis: null,
    scale: { domain: [0, WIDTH], nice: false, zero: false },
  });
  const y = (field: string) => ({
    field,
    type: "quantitative" as const,
    axis: null,
    scale: { domain: [0, height], nice: false, zero: false, reverse: true },
  });
  const lines = boxes.flatMap((box) =>
    box.lines.map(({ text, bold, indent }, i) => ({
      text,
      bold,
      x: box.left + PADDING + indent,
      y: box.top + PADDING + i * LINE_HEIGHT,
    })),
  );
  const text = (bold: boolean) => ({
    data: { values: lines.filter((line) => line.bold === bold) },
    mark: {
      type: "text" as const,
      align: "left" as const,
      baseline: "top" as const,
      fontSize: SMALL_FONT_SIZE,
      fontWeight: bold ? ("bold" as const) : ("normal" as const),
    },
    encoding: { x: x("x"), y: y("y"), text: { field: "text", type: "nominal" as const } },
  });
  return {
    title: wording.title,
    caption: wording.caption,
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(wording.title, WIDTH),
      width: WIDTH,
      height,
      layer: [
        {
          data: { values: arrows },
          mark: { type: "rule", color: INK, strokeWidth: 0.75 },
          encoding: { x: x("x"), x2: { field: "x2" }, y: y("y"), y2: { field: "y2" } },
        },
        {
          data: { values: arrows.filter(({ head }) => head) },
          mark: { type: "point", shape: "triangle-down", filled: true, color: INK, opacity: 1, size: 28 },
          encoding: { x: x("x2"), y: y("tip") },
        },
        {
          data: { values: boxes.map(({ left, right, top, bottom }) => ({ left, right, top, bottom })) },
          mark: { type: "rect", fill: "white", stroke: INK, strokeWidth: 0.75 },
          encoding: { x: x("left"), x2: { field: "right" }, y: y("top"), y2: { field: "bottom" } },
        },
        text(false),
        text(true),
      ],
    },
  };
}

/** `FIT`, or `A, FIT` where there are two designs. */
const nameOf = ({ design, arm }: FlowGroup, flow: TrialFlowDisplay, texts: FigureTexts): string =>
  [...(flow.designs.length > 1 ? [design] : []), arm].filter((part) => part !== null).join(", ") ||
  texts.flow.everybody;

interface Arrow {
  readonly x: number;
  readonly y: number;
  readonly x2: number;
  readonly y2: number;
  readonly head: boolean;
  /** Where its head is. */
  readonly tip: number;
}

function layOut(flow: TrialFlowDisplay, labels: AnalysisDisplay["labels"], texts: FigureTexts) {
  const count = flow.groups.length;
  const width = Math.min(WIDEST_BOX, (WIDTH - (count - 1) * GAP) / count);
  const first = (WIDTH - count * width - (count - 1) * GAP) / 2;
  const leftOf = (i: number): number => first + i * (width + GAP);
  const sized = (of: readonly number[], lines: readonly Line[]) => {
    const [left, right] = [leftOf(of[0]!), leftOf(of.at(-1)!) + width];
    return { of, left, right, lines: wrapped(lines, right - left) };
  };
  const everybody = [...flow.groups.keys()];
  const rows = [
    [sized(everybody, wholeBox(flow, labels, texts))],
    flow.designs.map((design) =>
      sized(
        everybody.filter((at) => flow.groups[at]!.design === design.design),
        designBox(flow, design, labels, texts),
      ),
    ),
    ...[allocationBox, followUpBox, endingBox, analysisBox].map((box) =>
      flow.groups.map((group, at) => sized([at], box(flow, group, labels, texts))),
    ),
  ].filter((row) => row.every(({ lines }) => lines.length > 0));

  const boxes: Box[] = [];
  const arrows: Arrow[] = [];
  let top = 0;
  rows.forEach((row, at) => {
    const bottom = top + 2 * PADDING + Math.max(...row.map(({ lines }) => lines.length)) * LINE_HEIGHT;
    boxes.push(...row.map(({ left, right, lines }) => ({ left, right, lines, top, bottom })));
    // From the middle of each box straight down, into whatever stands below: it is as wide or narrower.
    for (const { left, right } of rows[at + 1] ?? []) {
      const x = (left + right) / 2;
      arrows.push({ x, y: bottom, x2: x, y2: bottom + ROW_GAP, head: true, tip: bottom + ROW_GAP - 4 });
    }
    top = bottom + ROW_GAP;
  });
  return { boxes, arrows, height: top - ROW_GAP };
}

const plain = (text: string, indent = 0): Line => ({ text, bold: false, indent });
const bold = (text: string): Line => ({ text, bold: true, indent: 0 });

/** Lines that fit the box; what is continued is set in. */
const wrapped = (lines: readonly Line[], width: number): Line[] =>
  lines.flatMap((line) =>
    wrapText(withItsNumber(line.text), width - 2 * PADDING - line.indent - 8, SMALL_FONT_SIZE, 6, line.bold).map(
      (text, i) => ({
        ...line,
        text,
        indent: line.indent + (i === 0 ? 0 : 8),
      }),
    ),
  );

/** A count stays on the line of the word before it. */
const withItsNumber = (text: string): string => text.replace(/: ([\d\u00a0\u202f,]+)$/, ":\u00a0$1");

type Counts = Pick<TrialFlowDisplay["designs"][number], "participants" | "clusters">;

/** A list, a line each: the plan calls a cluster `unit`, and only it knows what several are called. */
const sizes = (
  flow: TrialFlowDisplay,
  { participants, clusters }: Counts,
  labels: AnalysisDisplay["labels"],
  texts: FigureTexts,
): Line[] => [
  ...flow.clusters.map((name, i) =>
    plain(texts.flow.clusters(capitalised(columnLabel(name, labels)), texts.integer(clusters[i]!))),
  ),
  plain(texts.flow.participants(texts.integer(participants))),
];

const wholeBox = (flow: TrialFlowDisplay, labels: AnalysisDisplay["labels"], texts: FigureTexts): Line[] => [
  bold(texts.flow.all),
  ...sizes(flow, flow.total, labels, texts),
];

const designBox = (
  flow: TrialFlowDisplay,
  design: TrialFlowDisplay["designs"][number],
  labels: AnalysisDisplay["labels"],
  texts: FigureTexts,
): Line[] => {
  const name = texts.flow.designs[flow.kinds[flow.designs.indexOf(design)]!];
  return [
    bold(design.design === null ? capitalised(name) : `${design.design}: ${name}`),
    ...sizes(flow, design, labels, texts),
  ];
};

const unitOf = ({ visitUnit }: TrialFlowDisplay, texts: FigureTexts): string | null =>
  visitUnit === null ? null : texts.unit(visitUnit);

type BoxOf = (
  flow: TrialFlowDisplay,
  group: FlowGroup,
  labels: AnalysisDisplay["labels"],
  texts: FigureTexts,
) => Line[];

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const share = (n: number, { participants }: FlowGroup, texts: FigureTexts): string => texts.countOf(n, participants);

const allocationBox: BoxOf = (flow, group, labels, texts) => {
  // Nobody allocates the clients of a stepped wedge: they come before or after the switch of their cluster.
  const isWedge = flow.kinds[flow.designs.findIndex(({ design }) => design === group.design)] === "stepped-wedge";
  return [
    bold(`${isWedge ? texts.flow.enrolment : texts.flow.allocation}: ${group.arm ?? texts.flow.everybody}`),
    ...sizes(flow, group, labels, texts),
    ...(group.staff === null ? [] : [plain(texts.flow.staff(texts.integer(group.staff)))]),
    ...receivedLines(flow, group, texts),
  ];
};

function receivedLines(flow: TrialFlowDisplay, group: FlowGroup, texts: FigureTexts): Line[] {
  const { received } = group;
  if (received === null) return [];
  const isUnknownShown = flow.groups.some((one) => (one.received?.unknown ?? 0) > 0);
  return [
    plain(texts.flow.received(share(received.allocated, group, texts))),
    plain(texts.flow.receivedOther(texts.integer(received.other))),
    ...(isUnknownShown ? [plain(texts.flow.receivedUnknown(texts.integer(received.unknown)))] : []),
    ...reasonLines(
      flow.notReceivedReasons,
      received.reasons,
      flow.groups.map((one) => one.received?.reasons ?? null),
      texts,
    ),
  ];
}

/** Each reason that somebody of any arm has. */
function reasonLines(
  levels: readonly string[] | null,
  own: LevelCounts | null,
  all: readonly (LevelCounts | null)[],
  texts: FigureTexts,
): Line[] {
  if (levels === null || own === null) return [];
  const inUse = (of: (counts: LevelCounts) => number): boolean => all.some((one) => one !== null && of(one) > 0);
  return [
    ...levels.flatMap((level, i) =>
      inUse(({ counts }) => counts[i]!) ? [plain(`${level}: ${texts.integer(own.counts[i]!)}`, REASON_INDENT)] : [],
    ),
    ...(inUse(({ missing }) => missing)
      ? [plain(`${texts.flow.endingMissing}: ${texts.integer(own.missing)}`, REASON_INDENT)]
      : []),
  ];
}

const followUpBox: BoxOf = (flow, group, _, texts) => [
  bold(texts.flow.followUp),
  ...flow.visits.map((visit, i) =>
    plain(`${texts.flow.visit(visit, unitOf(flow, texts))}: ${share(group.assessed[i]!, group, texts)}`),
  ),
  ...(group.lost === null
    ? []
    : [
        plain(
          texts.flow.lost(
            texts.flow.visit(flow.primaryVisit, unitOf(flow, texts)),
            share(group.participants - group.primary, group, texts),
          ),
        ),
        ...reasonLines(
          flow.lossReasons,
          group.lost,
          flow.groups.map(({ lost }) => lost),
          texts,
        ),
      ]),
];

const endingBox: BoxOf = (flow, group, _, texts) =>
  group.endings === null || flow.endings === null
    ? []
    : [
        bold(texts.flow.endings),
        ...flow.endings.map((ending, i) => plain(`${ending}: ${share(group.endings!.counts[i]!, group, texts)}`)),
        ...(flow.groups.some(({ endings }) => endings !== null && endings.missing > 0)
          ? [plain(`${texts.flow.endingMissing}: ${share(group.endings.missing, group, texts)}`)]
          : []),
      ];

const analysisBox: BoxOf = (flow, group, _, texts) => [
  bold(texts.flow.analysis),
  plain(texts.flow.followed(share(group.followed, group, texts))),
  plain(texts.flow.notFollowed(texts.integer(group.participants - group.followed))),
  plain(
    texts.flow.primary(texts.flow.visit(flow.primaryVisit, unitOf(flow, texts)), share(group.primary, group, texts)),
  ),
  ...flow.populations.flatMap(({ label, reasons, isByReceived }, i) => {
    const { participants, excluded } = group.populations[i]!;
    return [
      plain(texts.flow.population(capitalised(label), texts.integer(participants), isByReceived)),
      ...reasons.map((reason, k) => plain(texts.flow.excluded(reason, texts.integer(excluded[k]!)), REASON_INDENT)),
    ];
  }),
];
