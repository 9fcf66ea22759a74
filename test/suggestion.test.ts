import { describe, expect, it } from "vitest";
import { suggest } from "../src/suggestion.js";

describe("suggest", () => {
  it("finds the closest candidate, letter case aside", () => {
    expect(suggest("formla", ["model", "formula", "format"])).toBe("formula");
    expect(suggest("btheb", ["TAU", "BtheB"])).toBe("BtheB");
  });

  it("allows one edit in a short word and stays silent when nothing is near", () => {
    expect(suggest("x", ["y"])).toBe("y");
    expect(suggest("treatment", ["month", "bdi"])).toBeUndefined();
    expect(suggest("a", [])).toBeUndefined();
  });

  it("takes two letters that changed places as one edit", () => {
    expect(suggest("amr", ["arm", "age"])).toBe("arm");
    expect(suggest("bid", ["bdi"])).toBe("bdi");
    expect(suggest("rma", ["arm"])).toBeUndefined();
  });

  it("takes the first of equally close candidates", () => {
    expect(suggest("bat", ["cat", "hat"])).toBe("cat");
  });
});
