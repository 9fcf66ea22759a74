import { moreProblems, type Problem } from "../problem.js";

/** Problems of one kind that are listed one by one; the others are counted. */
export const LISTED_PROBLEMS = 20;

interface Kind {
  readonly listed: Problem[];
  more: number;
}

/** Collects problems by kind (`not-a-number` in column "bdi"): the first twenty of each, and how many more there are. */
export class ProblemList {
  private readonly kinds = new Map<string, Kind>();

  /** @param make  Called only when the problem will be listed. */
  add(kind: string, make: () => Problem): void {
    let found = this.kinds.get(kind);
    if (found === undefined) this.kinds.set(kind, (found = { listed: [], more: 0 }));
    if (found.listed.length < LISTED_PROBLEMS) found.listed.push(make());
    else found.more++;
  }

  /** Kinds in the order in which they first occurred. */
  all(): Problem[] {
    return [...this.kinds.values()].flatMap(({ listed, more }) =>
      more === 0 ? listed : [...listed, moreProblems(listed.at(-1)!, more)],
    );
  }
}
