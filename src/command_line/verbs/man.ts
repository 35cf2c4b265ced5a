/**
 * The command line of `nix-image man`.
 * @module
 */

import { VERSION } from "../../build_info.ts";
import { verb, type Verbs } from "../verb.ts";

/** `nix-image man`, which tells of `verbs`. */
export const commandFor = (verbs: Verbs) =>
  verb("man", {
    output: "The man page, as roff.",
    examples: [
      "nix-image man | man -l -",
      "nix-image man > ~/.local/share/man/man1/nix-image.1",
    ],
  })
    .summary("print the man page")
    .description("Print the man page nix-image(1), which has all commands and options.")
    .action(async () => {
      const { commandLineModel } = await import("../model.ts");
      const { manPage } = await import("../man_page.ts");
      const { print } = await import("../../terminal/output.ts");
      await print(manPage(await commandLineModel(verbs), VERSION).trimEnd());
    });
