/**
 * The command line of `nix-image schema`.
 * @module
 */

import { verb } from "../verb.ts";

/** `nix-image schema`. */
export const command = verb("schema", {
  examples: [
    "nix-image schema > spec.schema.json",
  ],
})
  .summary("print the JSON Schema of the spec")
  .description("Print the JSON Schema of the spec, for editors and other programs.")
  .action(async () => {
    const { schemaCommand } = await import("../../commands/schema.ts");
    await schemaCommand();
  });
