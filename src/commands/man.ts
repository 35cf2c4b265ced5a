/**
 * `nix-image man`.
 * @module
 */

import denoJson from "../../deno.json" with { type: "json" };
import { manPage } from "../command_line/man_page.ts";
import { commandLineModel } from "../command_line/model.ts";

/** Prints the man page. */
export async function manCommand(): Promise<void> {
  console.log(manPage(await commandLineModel(), denoJson.version).trimEnd());
}
