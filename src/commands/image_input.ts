/**
 * The argument of commands that names an archive or a layout, or standard input.
 * @module
 */

import { UsageError } from "../errors.ts";

/** Where images are read from. */
export interface ImageInput {
  /** What to call it. */
  readonly path: string;
  /** Standard input, if it is that. */
  readonly input: ReadableStream<Uint8Array> | undefined;
}

/**
 * What an argument names: `-` is standard input.
 *
 * @throws {UsageError} if that is a terminal.
 */
export function imageInput(path: string): ImageInput {
  if (path !== "-") return { path, input: undefined };
  if (Deno.stdin.isTerminal()) {
    throw new UsageError("Standard input is a terminal; give it an archive: < image.tar");
  }
  return { path: "standard input", input: Deno.stdin.readable };
}
