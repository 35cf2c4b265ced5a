/**
 * `nix-image schema`.
 * @module
 */

import { specJsonSchema } from "../spec/json_schema.ts";

/** Prints the JSON Schema of the spec. */
export function schemaCommand(): void {
  console.log(JSON.stringify(specJsonSchema(), null, 2));
}
