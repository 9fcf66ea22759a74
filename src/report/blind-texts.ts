/** Texts of a blind report, in each language. */
export interface BlindTexts {
  /** Beside every heading, and at the foot of every printed page. */
  readonly badge: string;
  readonly heading: string;
  readonly text: string;
  readonly cannotHide: string;
  readonly leftOut: (ids: readonly string[]) => string;
}

export const englishBlind: BlindTexts = {
  badge: "Blind",
  heading: "Blind analysis",
  text: "The arms are called X and Y. Which of them is the intervention was drawn at random from the seed and is not said anywhere in this report: the sign of a difference between them tells nothing of the treatment. The same plan runs on the same data after the code is broken.",
  cannotHide:
    "Blinding cannot hide everything. Arms of unequal size, a measurement that only one arm has, or dates of enrolment in a stepped wedge, where control comes first in every unit, may tell a reader which arm is which. Earlier evidence, the words on which side favours what, and titles that name an arm are left out. Whoever can open the data files is not blind.",
  leftOut: (ids) => `Analyses left out because they would show which arm is which: ${ids.join(", ")}.`,
};

export const swedishBlind: BlindTexts = {
  badge: "Blindad",
  heading: "Blindad analys",
  text: "Armarna kallas X och Y. Vilken av dem som är interventionen har slumpats fram ur slumptalsfröet och framgår inte någonstans i rapporten: tecknet på en skillnad mellan dem säger inget om behandlingen. Samma plan körs på samma data när koden har brutits.",
  cannotHide:
    "Blindningen kan inte dölja allt. Armar av olika storlek, ett mått som bara finns i den ena armen eller inskrivningsdatum vid stegvis införande (stepped wedge), där kontrollen kommer först i varje enhet, kan avslöja vilken arm som är vilken. Tidigare forskning, orden om vilken sida som talar för vad och rubriker som nämner en arm är utelämnade. Den som kan öppna datafilerna är inte blindad.",
  leftOut: (ids) => `Analyser som har utelämnats eftersom de skulle visa vilken arm som är vilken: ${ids.join(", ")}.`,
};
