/**
 * `nix-image schema`.
 * @module
 */

import { specJsonSchema } from "../spec/json_schema.ts";
import { print } from "../terminal/output.ts";

/** Prints the JSON Schema of the spec. */
export async function schemaCommand(): Promise<void> {
  await print(JSON.stringify(specJsonSchema(), null, 2));
}
