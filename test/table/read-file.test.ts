import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readFileBytes } from "../../src/table/read-file.js";
import { problemsOf } from "./read-text.js";

const folder = mkdtempSync(join(tmpdir(), "fit-rct-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("readFileBytes", () => {
  it("gives the bytes of a file", async () => {
    writeFileSync(join(folder, "data.csv"), Uint8Array.of(1, 2, 255));
    expect([...(await readFileBytes(join(folder, "data.csv")))]).toEqual([1, 2, 255]);
  });

  it("says that a file is missing, or a folder", async () => {
    const missing = await problemsOf(() => readFileBytes(join(folder, "absent.csv"), "absent.csv"));
    expect(missing).toMatchObject([{ code: "data.file-not-found", path: "absent.csv" }]);
    const below = await problemsOf(() => readFileBytes(join(folder, "data.csv", "x.csv"), "x.csv"));
    expect(below).toMatchObject([{ code: "data.file-not-found" }]);
    expect(await problemsOf(() => readFileBytes(folder, "folder"))).toMatchObject([
      { code: "data.file-is-folder", path: "folder" },
    ]);
  });

  it("says that a file may not be read, and why", async () => {
    const problems = await problemsOf(() => readFileBytes(`${folder}/\0`, "data.csv"));
    expect(problems).toMatchObject([{ code: "data.file-not-readable", path: "data.csv" }]);
    expect(problems[0]!.message).toContain("ERR_INVALID_ARG_VALUE");
    chmodSync(join(folder, "data.csv"), 0o600);
  });
});
