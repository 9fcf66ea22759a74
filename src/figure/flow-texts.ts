/** What the flow diagram says, in one language. */
export interface FlowDiagramTexts {
  readonly title: string;
  readonly caption: string;
  /** For those who do not see it. */
  readonly alt: (participants: number, groups: readonly string[]) => string;
  readonly altGroup: (name: string, participants: number, primary: number) => string;
  /** The first box. */
  readonly all: string;
  /** Heads the box of each design. */
  readonly designs: Readonly<Record<"individual" | "stepped-wedge" | "cluster" | "unknown", string>>;
  /** The boxes of an arm, from above. */
  readonly allocation: string;
  /** Instead of allocation, in a stepped wedge: `Enrolled under: FIT`. */
  readonly enrolment: string;
  /** Of an arm: how many received it, another one, none. */
  readonly received: (share: string) => string;
  readonly receivedOther: (n: string) => string;
  readonly receivedUnknown: (n: string) => string;
  /** How many are without the primary outcome at its visit; the reasons follow. */
  readonly lost: (visit: string, share: string) => string;
  readonly followUp: string;
  readonly endings: string;
  readonly analysis: string;
  readonly everybody: string;
  readonly participants: (n: string) => string;
  /** @param label  what the plan calls the column. */
  readonly clusters: (label: string, n: string) => string;
  readonly staff: (n: string) => string;
  /** `3 months`: a visit with the unit of its column. */
  readonly visit: (visit: string, unit: string | null) => string;
  readonly endingMissing: string;
  readonly primary: (visit: string, share: string) => string;
  readonly followed: (share: string) => string;
  readonly notFollowed: (n: string) => string;
  readonly population: (name: string, n: string, isByReceived: boolean) => string;
  readonly excluded: (reason: string, n: string) => string;
}
