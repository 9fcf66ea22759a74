import { expect, it } from "vitest";
import { withMadeLabels } from "../../src/figure/made-labels.js";
import { texts } from "../../src/report/texts.js";
import { exampleWedge, wedgeDisplayOf } from "./example-wedge.js";

const withoutWedge = wedgeDisplayOf([]);
const display = { ...withoutWedge, wedge: exampleWedge(["A", "B"], ["1", "2", "3"]) };

it("exposure times of a stepped wedge have a name in the language of the reader, unless the plan gives one", () => {
  expect(withMadeLabels(display, texts.en.figure).labels).toEqual({ exposure: "exposure time" });
  expect(withMadeLabels(display, texts.sv.figure).labels).toEqual({ exposure: "exponeringstid" });
  const own = { ...display, labels: { exposure: "quarters of FIT" } };
  expect(withMadeLabels(own, texts.en.figure).labels).toEqual({ exposure: "quarters of FIT" });
});

it("other analyses keep their labels", () => {
  const plain = { ...withoutWedge, labels: { age: "age" } };
  expect(withMadeLabels(plain, texts.en.figure)).toBe(plain);
});
