/**
 * The shell that runs a script in a directory, on this host.
 * @module
 */

import { ImageError } from "../errors.ts";
import { isProgram, isProgramInside } from "./find_program.ts";
import { missingProgram } from "./run.ts";
import {
  hasStoreInPlace,
  hostPath,
  programsOf,
  type ScriptOptions,
  type SearchPaths,
  shellPaths,
} from "./script_options.ts";

/**
 * Its path, as the script sees it.
 *
 * @throws {ImageError} if there is none.
 */
export function shellOutside(options: ScriptOptions, { ours, callers }: SearchPaths): string {
  const { shell, field, path, storeRoot } = options;
  const inPlace = hasStoreInPlace(options);
  // Where the store is in its place, its links lead to what is there then.
  const isThere = (file: string) =>
    inPlace ? isProgramInside(file, { root: "/", storeRoot }) : isProgram(file);
  const directories = inPlace ? [...path?.map(programsOf) ?? [], ...callers] : ours;
  const onPath = (name: string) =>
    directories.map((directory) => `${directory}/${name}`).find(isThere);
  if (shell === null) {
    const found = onPath("bash") ?? onPath("sh");
    if (found === undefined) throw missingProgram("sh");
    return found;
  }
  const given = shellPaths(shell).map((file) => inPlace ? file : hostPath(file, storeRoot));
  const found = shell.includes("/") ? given.find(isThere) : onPath(shell);
  if (found === undefined) throw new ImageError(`shell: ${shell}, for ${field}, is no program`);
  return found;
}
