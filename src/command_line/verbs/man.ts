/**
 * The command line of `nix-image man`.
 * @module
 */

import { verb } from "../verb.ts";

/** `nix-image man`. */
export const command = verb("man", {
  output: "The man page, as roff.",
  examples: [
    "nix-image man | man -l -",
    "nix-image man > ~/.local/share/man/man1/nix-image.1",
  ],
})
  .summary("print the man page")
  .description("Print the man page nix-image(1), which has all commands and options.")
  .action(async () => {
    const { manCommand } = await import("../../commands/man.ts");
    await manCommand();
  });
