/**
 * Commands whose argument is a spec or an image.
 * @module
 */

import { UsageError } from "../errors.ts";
import { openFile } from "../store/files.ts";

/** How much of a file is looked at. */
const BEGINNING = 4096;

/** Whether it is a file with an object of JSON: images are archives or directories. */
export async function isSpec(path: string): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isFile) return false;
  const file = openFile(path);
  try {
    const bytes = new Uint8Array(BEGINNING);
    const length = await file.read(bytes);
    return /^\ufeff?[ \t\r\n]*\{/.test(new TextDecoder().decode(bytes.subarray(0, length)));
  } finally {
    file.close();
  }
}

/** Options with a name of several words. */
const FLAGS: Readonly<Record<string, string>> = {
  repoTag: "--repo-tag",
  storeRoot: "--store-root",
  vmTimeout: "--vm-timeout",
};

/**
 * Refuses options of the other kind of argument.
 *
 * @throws {UsageError} if one of `names` was given.
 */
export function refuse<Options>(
  options: Options,
  names: readonly (keyof Options & string)[],
  what: string,
): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new UsageError(`${FLAGS[given] ?? `--${given}`} is for ${what}`);
}
