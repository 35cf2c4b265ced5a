/**
 * The command line of `nix-image plan`.
 * @module
 */

import { Option } from "commander";
import { quiet, specOptions, strict, target, verbose } from "../options.ts";
import { graphFile } from "../option_values.ts";
import { verb } from "../verb.ts";

const described = verb("plan", {
  output: "A table of the layers; with --json, JSON.",
  examples: [
    "nix-image plan spec.json",
    "nix-image plan --explain --previous app-1.tar.gz spec.json",
    "nix-image plan --closure graph.json --layers 20 --json",
    "nix-image plan spec.json --graph layers.html",
  ],
  pages: ["plan.md", "layering.md", "pipeline.md"],
})
  .summary("show which store paths share a layer, and why")
  .description(
    `Show which store paths share a layer of the image that SPEC describes, and why, without reading their files. Without SPEC, plan the closure that --closure names: no store is needed.

Where an earlier version is asked for, name what --json printed then; or the image itself, an archive, a layout or docker://NAME, since images carry their plan in their history.`,
  )
  .argument("[spec]", "a JSON file, or - for standard input")
  .option("--explain", "show all paths, how often layers change, and what other strategies cost")
  .option("--against <image|plan.json>", "show which bytes the update from this version moves")
  .option("--json", "print JSON: layers, lowest first, sizes in bytes (docs/plan.md)")
  .addOption(
    new Option(
      "--graph <file>",
      "draw the layers, too: an .svg, or an .html that shows what uses what",
    )
      .argParser(graphFile),
  )
  .option("-t, --repo-tag <name:tag>", "name and tag of the image, whatever the spec says")
  .option("--layers <number>", "without SPEC: at most so many layers (default: 99)")
  .addOption(target)
  .addOption(strict)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image plan`. */
export const command = specOptions(described)
  .action(async (spec, options) => {
    const { planCommand } = await import("../../commands/plan.ts");
    await planCommand(spec, options);
  });
