import { expect, test } from "vitest";
import { withTextsInFull } from "../../src/figure/in-full.js";
import { texts } from "../../src/report/texts.js";

test("a caption gives in full what was shortened, once, and only that", () => {
  const whole = { text: "Waiting list", lines: ["Waiting", "list"] };
  const cut = { text: "Internet-delivered therapy", lines: ["Internet-d\u2026"] };
  expect(withTextsInFull("Means.", [whole, cut, cut], texts.en.figure)).toBe(
    "Means. In full: Internet-delivered therapy.",
  );
  expect(withTextsInFull("Medel.", [cut], texts.sv.figure)).toBe("Medel. I sin helhet: Internet-delivered therapy.");
  expect(
    withTextsInFull("Means.", [whole, { text: "and so on\u2026", lines: ["and so on\u2026"] }], texts.en.figure),
  ).toBe("Means.");
});
