/**
 * The command line: arguments to a command, errors to an exit status.
 *
 * Commands are loaded when they are asked for, so that `--help` starts fast.
 * @module
 */

import { Command, CommanderError, Option } from "commander";
import denoJson from "./deno.json" with { type: "json" };
import { ImageError } from "./src/errors.ts";

const storeRoot = new Option("--store-root <dir>", "read the store in DIR/nix/store");
const closure = new Option(
  "--closure <graph.json>",
  "take references and sizes from a file (exportReferencesGraph, nix path-info --json)",
);
const quiet = new Option("-q, --quiet", "say nothing but errors");
const layerNames = new Option(
  "--layer-names <kind>",
  "name layers by what determines them, or by their digest as nixpkgs does (a second pass)",
).choices(["identity", "digest"] as const).default("identity" as const);

const program = new Command("nix-image")
  .description("Container images from Nix store paths, without Docker and without root.")
  .version(denoJson.version, "-V, --version", "print the version")
  .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
  .exitOverride()
  .showHelpAfterError("See nix-image --help, or nix-image COMMAND --help")
  .showSuggestionAfterError();

program.command("stream")
  .summary("write an image to standard output, for docker load")
  .description(`Write the image that SPEC describes to standard output, as docker load reads it.

In a shell's command substitution the path of a script that does so is printed instead:
no shell variable can hold an archive.`)
  .argument("[spec]", "a JSON file, or - for standard input")
  .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
  .addOption(layerNames)
  .addOption(storeRoot)
  .addOption(closure)
  .addOption(new Option("--tar", "write the archive, even if a shell captures it"))
  .addOption(new Option("--script", "print the path of a script that writes it").conflicts("tar"))
  .addOption(new Option("--plan <plan.json>", "carry out what --script has planned").hideHelp())
  .addOption(quiet)
  .addHelpText(
    "after",
    `
Examples:
  nix-image stream spec.json | docker load
  nix-image stream spec.json > image.tar
  $(nix-image stream spec.json) | docker load`,
  )
  .action(async (spec, options) => {
    const { streamCommand } = await import("./src/commands/stream.ts");
    await streamCommand(spec, options);
  });

program.command("plan")
  .summary("show the layers of an image, without reading files")
  .description("Show which store paths share a layer of the image that SPEC describes, and why.")
  .argument("<spec>", "a JSON file, or - for standard input")
  .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
  .addOption(storeRoot)
  .addOption(closure)
  .option("--json", "print JSON: layers, lowest first, sizes in bytes")
  .addHelpText(
    "after",
    "\nExamples:\n  nix-image plan spec.json\n  nix-image plan --json spec.json",
  )
  .action(async (spec, options) => {
    const { planCommand } = await import("./src/commands/plan.ts");
    await planCommand(spec, options);
  });

program.command("schema")
  .summary("print the JSON Schema of the spec")
  .description("Print the JSON Schema of the spec, for editors and other programs.")
  .addHelpText("after", "\nExample:\n  nix-image schema > spec.schema.json")
  .action(async () => {
    const { schemaCommand } = await import("./src/commands/schema.ts");
    await schemaCommand();
  });

/** Runs the command line and gives the exit status: 0, 1 (failed), 2 (usage or spec). */
async function main(args: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ImageError) {
      if (error.message !== "") console.error(`nix-image: ${error.message}`);
      return error.exitStatus;
    }
    console.error("nix-image: this is a defect of nix-image, please report it:\n", error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
