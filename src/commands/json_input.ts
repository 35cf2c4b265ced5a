/**
 * JSON in files, or on standard input.
 * @module
 */

import { UsageError } from "../errors.ts";
import { readingFrom } from "../store/files.ts";
import { parsedJson } from "../store/graph_file.ts";

/**
 * What a file holds; `-` is standard input.
 *
 * @throws {ImageError} if it can not be read, or is not JSON.
 */
export async function readJson(file: string): Promise<unknown> {
  const text = file === "-"
    ? await new Response(Deno.stdin.readable).text()
    : readingFrom(file, () => Deno.readTextFileSync(file));
  return parsedJson(text, nameOfInput(file));
}

/** What to call it in a message. */
export function nameOfInput(file: string): string {
  return file === "-" ? "standard input" : file;
}

/**
 * Refuses to read standard input twice.
 *
 * @param inputs what is read, by the name of the option or argument
 * @param history of the option of this name
 * @throws {UsageError} if more than one is `-`.
 */
export function checkOneStdin(
  inputs: Readonly<Record<string, string | undefined>>,
  history: readonly string[] = [],
): void {
  const all = [
    ...Object.entries(inputs),
    ...history.map((file) => ["--history", file] as const),
  ];
  const names = all.filter(([, file]) => file === "-").map(([name]) => name);
  if (names.length < 2) return;
  const last = names.pop();
  throw new UsageError(
    `-: there is one standard input, which can be ${names.join(", ")} or ${last}`,
  );
}
