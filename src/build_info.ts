/**
 * Which nix-image this is.
 * @module
 */

import denoJson from "../deno.json" with { type: "json" };

/** As in `0.1.0`. */
export const VERSION: string = denoJson.version;

/**
 * The Git commit that this was made of, 40 hexadecimal digits and `-dirty` where files differed from
 * it; undefined from source, and where that was not in Git.
 */
export const COMMIT: string | undefined = commitIn("the commit of nix-image");

/** A build puts the commit in the place of the text above: tasks/bundle_parts.ts. */
function commitIn(text: string): string | undefined {
  return text.includes(" ") ? undefined : text;
}
