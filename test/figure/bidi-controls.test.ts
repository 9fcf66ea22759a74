import { expect, test } from "vitest";
import { showBidiControls } from "../../src/figure/bidi-controls.js";

test("every bidirectional control becomes its code point, and nothing else changes", () => {
  expect(showBidiControls("\u202egnp.exe")).toBe("[U+202E]gnp.exe");
  const controls = [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];
  for (const code of controls) {
    const name = code.toString(16).toUpperCase().padStart(4, "0");
    expect(showBidiControls(`a${String.fromCharCode(code)}b`)).toBe(`a[U+${name}]b`);
  }
  const harmless = "Väntelista שלום \u200b\u202f\u2060 \u2212 😀";
  expect(showBidiControls(harmless)).toBe(harmless);
});

test("labels that differ in a control only stay different", () => {
  expect(new Set(["a", "a\u200e", "a\u200f", "a\u202e"].map(showBidiControls)).size).toBe(4);
});
