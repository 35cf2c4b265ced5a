/**
 * The command line: arguments to a command, errors to an exit status.
 * @module
 */

import { HELP } from "./src/command_line/help.ts";
import { ImageError } from "./src/errors.ts";
import { printNow } from "./src/terminal/print.ts";
import { errorPrefix, tell } from "./src/terminal/stderr.ts";

/** Runs the command line and gives the exit status: 0, 1 (failed), 2 (usage or spec). */
async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    if (error instanceof ImageError) {
      if (!error.quiet) tell(`${errorPrefix()} ${error.message}\n`);
      return error.exitStatus;
    }
    const defect = "this is a defect of nix-image, please report it:";
    tell(`${errorPrefix()} ${defect}\n${Deno.inspect(error)}\n`);
    return 1;
  }
}

async function run(args: readonly string[]): Promise<number> {
  // Help must be quick; the parser takes longer to load than all else that is needed here.
  if (args.length === 1 && (args[0] === "--help" || args[0] === "-h")) {
    printNow(`${HELP}\n`);
    return 0;
  }
  if (args.length === 0) {
    tell(`${HELP}\n`);
    return 2;
  }
  const { CommanderError } = await import("commander");
  const { commandLine } = await import("./src/command_line/program.ts");
  const { endOnSignals } = await import("./src/process/cleanup.ts");
  endOnSignals();
  try {
    await (await commandLine(args[0])).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
