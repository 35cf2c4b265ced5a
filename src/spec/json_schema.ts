/**
 * The JSON Schema of the spec, for editors and other programs.
 * @module
 */

import { z } from "zod";
import type { JsonObject } from "./image_spec.ts";
import { specSchema } from "./schema.ts";

/** The JSON Schema (draft 2020-12) of a spec as users write it; the same on every host. */
export function specJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(
    specSchema.meta({ title: "Image spec of nix-image" }),
    { io: "input", target: "draft-2020-12" },
  );
  // What zod returns also has a method, which JSON does not.
  return JSON.parse(JSON.stringify(schema));
}
