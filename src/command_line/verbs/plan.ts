/**
 * The command line of `nix-image plan`.
 * @module
 */

import { Option } from "commander";
import {
  machineOptions,
  planningOptions,
  quiet,
  storeOptions,
  strict,
  target,
  verbose,
} from "../options.ts";
import { graphFile } from "../option_values.ts";
import { verb } from "../verb.ts";

const described = verb("plan", {
  examples: [
    "nix-image plan spec.json",
    "nix-image plan --explain --previous app-1.tar.gz spec.json",
    "nix-image plan --closure graph.json --layers 20 --json",
    "nix-image plan spec.json --graph layers.html",
  ],
})
  .summary("show the layers of an image, without reading files")
  .description(
    `Show which store paths share a layer of the image that SPEC describes, and why. Without SPEC, plan a closure alone: no store is needed, and no image comes of it.

An image carries its plan in its history, so that an archive, a layout or docker://NAME will do wherever the plan of an earlier version is asked for. So will what --json prints.`,
  )
  .argument("[spec]", "a JSON file, or - for standard input")
  .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
  .option("--layers <number>", "without SPEC: make at most so many layers (99)")
  .addOption(target)
  .option("--explain", "show all paths, how often layers change, and what other strategies cost")
  .option("--against <image|plan.json>", "show what the update from this version moves")
  .option("--json", "print JSON: layers, lowest first, sizes in bytes (docs/plan.md)")
  .addOption(
    new Option("--graph <file>", "draw them, too: an .svg, or .html that shows what uses what")
      .argParser(graphFile),
  )
  .addOption(strict)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image plan`. */
export const command = machineOptions(planningOptions(storeOptions(described)))
  .action(async (spec, options) => {
    const { planCommand } = await import("../../commands/plan.ts");
    await planCommand(spec, options);
  });
