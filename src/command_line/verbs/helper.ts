/**
 * The command line of `nix-image helper`.
 * @module
 */

import { Argument } from "commander";
import { verb } from "../verb.ts";

/** `nix-image helper`. */
export const command = verb("helper", {
  output: "A shell script.",
  examples: [
    "nix-image helper shadow-setup",
  ],
})
  .summary("print a script for the commands of a spec")
  .description(`Print a script to be used in the commands of a spec.

shadow-setup makes the files in /etc that useradd and groupadd need, where they are absent. It is for fakeRootCommands with enableFakechroot, and for runAsRoot.`)
  .addArgument(new Argument("<name>", "the script").choices(["shadow-setup"] as const))
  .action(async () => {
    const { helperCommand } = await import("../../commands/helper.ts");
    await helperCommand();
  });
