/** The estimands that the plan declares, and which analyses estimate each. The plan's own words are not translated. */
import type { Estimand } from "../plan/plan.js";
import { type Html, html } from "./html.js";
import type { Texts } from "./texts.js";

/** @param linkTo  an analysis by its title, as a link to where it stands. */
export function renderEstimands(
  estimands: readonly Estimand[] | undefined,
  linkTo: (id: string) => Html,
  { estimands: words }: Texts,
): Html | null {
  if (estimands === undefined) return null;
  const entry = (name: string, value: Html | string): Html => html`
<dt>${name}</dt><dd>${value}</dd>`;
  return html`<section id="estimands">
<h2>${words.heading}</h2>
<p>${words.lead}</p>${estimands.map(
    ({ id, question, population, treatment, variable, intercurrent, summary, analyses }) => html`
<h3>${question}</h3>
<dl id="estimand-${id}">${entry(words.population, population)}${entry(words.treatment, treatment)}${entry(words.variable, variable)}${intercurrent.map(
      ({ event, strategy }) => entry(words.intercurrent, `${event}: ${words.strategies[strategy]}`),
    )}${entry(words.summary, summary)}${entry(
      words.analyses,
      html`${analyses.map((analysis, i) => html`${i === 0 ? "" : "; "}${linkTo(analysis)}`)}`,
    )}
</dl>`,
  )}
</section>
`;
}
