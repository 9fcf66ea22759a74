/** Events among the participants of one arm: all that the effect sizes of a binary outcome need. */
export interface ArmRisk {
  readonly events: number;
  readonly n: number;
}

export const riskOf = ({ events, n }: ArmRisk): number => events / n;
