/** The only place of the table area that touches the disk. */
import { readFile } from "node:fs/promises";
import {
  type DataFileNamedBy,
  dataFileIsFolder,
  dataFileNotFound,
  dataFileNotReadable,
  ProblemError,
} from "../problem.js";

/**
 * The bytes of a file.
 *
 * @param path  As the operating system takes it.
 * @param name  What messages call the file; default: the path.
 * @param namedBy  What the path comes from, which is what to correct.
 * @throws ProblemError when there is no such file, it is a folder, or it cannot be read.
 */
export async function readFileBytes(
  path: string,
  name = path,
  namedBy: DataFileNamedBy = "data.file",
): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as { code?: string }).code ?? "unknown reason";
    if (code === "ENOENT" || code === "ENOTDIR") throw new ProblemError([dataFileNotFound(name, namedBy)]);
    if (code === "EISDIR") throw new ProblemError([dataFileIsFolder(name, namedBy)]);
    throw new ProblemError([dataFileNotReadable(name, code)]);
  }
}
