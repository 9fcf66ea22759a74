/** The periods of recruitment and follow-up in one sentence, each design by itself where there are two. */
import type { TrialFlowDisplay } from "../analysis/results.js";
import type { Texts } from "./texts.js";

/** null where the plan names no dates. */
export function periodsSentence(
  { dates, kinds, designs }: Pick<TrialFlowDisplay, "dates" | "kinds" | "designs">,
  { descriptive: { periods } }: Texts,
): string | null {
  if (dates === undefined) return null;
  const parts = (dates.designs ?? [{ ...dates, design: null }]).flatMap(({ design, randomised, visited }) => {
    const kind = kinds[design === null ? 0 : designs.findIndex((one) => one.design === design)] ?? "unknown";
    const said = [
      ...(randomised === undefined ? [] : [periods.recruited(kind, ...randomised)]),
      ...(visited === undefined ? [] : [periods.lastVisit(visited[1])]),
    ];
    if (said.length === 0) return [];
    return [design === null ? said.join("; ") : `${design}: ${said.join(", ")}`];
  });
  const text = parts.join("; ");
  // What the data call a design stays as it is.
  return dates.designs === undefined ? `${text[0]!.toUpperCase()}${text.slice(1)}.` : `${text}.`;
}
