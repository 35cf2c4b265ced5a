/**
 * The command line: arguments to a command, errors to an exit status.
 * @module
 */

import { HELP } from "./src/command_line/help.ts";
import { ImageError } from "./src/errors.ts";
import { coloursFor } from "./src/terminal/colours.ts";
import { tell } from "./src/terminal/stderr.ts";

/** Runs the command line and gives the exit status: 0, 1 (failed), 2 (usage or spec). */
async function main(args: readonly string[]): Promise<number> {
  // Help must be quick; the parser takes longer to load than all else that is needed here.
  if (args.length === 1 && (args[0] === "--help" || args[0] === "-h")) {
    console.log(HELP);
    return 0;
  }
  if (args.length === 0) {
    console.error(HELP);
    return 2;
  }
  const { CommanderError } = await import("commander");
  const { commandLine } = await import("./src/command_line/program.ts");
  try {
    await (await commandLine(args[0])).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ImageError) {
      if (!error.quiet) tell(`${prefix()} ${error.message}\n`);
      return error.exitStatus;
    }
    tell(`${prefix()} this is a defect of nix-image, please report it:\n${Deno.inspect(error)}\n`);
    return 1;
  }
}

/** How errors begin. */
function prefix(): string {
  const { error, strong } = coloursFor(Deno.stderr);
  return error(strong("nix-image:"));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
