/**
 * The JSON document that a command is given: a spec, as a rule.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { JsonValue } from "./image_spec.ts";
import { JsonTextError, parseJson } from "./json_text.ts";

/** Where a document comes from. */
export interface DocumentSource {
  /** The path of the file; `-` for standard input, where there is a `readStdin`. */
  readonly source: string;
  /** Reads standard input to its end; called only when `source` is `-`. */
  readonly readStdin?: (() => Promise<Uint8Array>) | undefined;
}

/** A document that has been read. */
export interface SpecDocument {
  /** What it is called in errors. */
  readonly file: string;
  readonly text: string;
  readonly value: JsonValue;
}

/**
 * Reads a document.
 *
 * @throws {UsageError} if it can not be read, or is no JSON.
 */
export async function readDocument(
  { source, readStdin }: DocumentSource,
): Promise<SpecDocument> {
  const fromStdin = source === "-" && readStdin !== undefined;
  const file = fromStdin ? "standard input" : source;
  const bytes = fromStdin ? await readStdin() : await readFile(file);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`${file}: expected JSON in UTF-8, found other bytes`, { cause });
  }
  try {
    return { file, text, value: parseJson(text) };
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new UsageError(`${file}: ${error.message}`, { cause: error });
  }
}

async function readFile(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`${file}: no such spec file`);
    const reason = error instanceof Deno.errors.NotCapable
      ? 'this program may not open it; use "-" for standard input'
      : error instanceof Error
      ? error.message
      : String(error);
    throw new UsageError(`${file}: cannot read the spec: ${reason}`, { cause: error });
  }
}
