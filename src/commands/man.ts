/**
 * `nix-image man`.
 * @module
 */

import { VERSION } from "../build_info.ts";
import { manPage } from "../command_line/man_page.ts";
import { commandLineModel } from "../command_line/model.ts";
import { print } from "../terminal/output.ts";

/** Prints the man page. */
export async function manCommand(): Promise<void> {
  await print(manPage(await commandLineModel(), VERSION).trimEnd());
}
