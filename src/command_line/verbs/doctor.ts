/**
 * The command line of `nix-image doctor`.
 * @module
 */

import { InvalidArgumentError, Option } from "commander";
import { USE_NAMES, type UseName } from "../../doctor/uses.ts";
import { machineOptions, quiet, registryOptions, storeRoot } from "../options.ts";
import { verb } from "../verb.ts";

function required(text: string, before: readonly UseName[] = []): readonly UseName[] {
  const found = USE_NAMES.find((name) => name === text);
  if (found !== undefined) return [...before, found];
  throw new InvalidArgumentError(`Expected one of ${USE_NAMES.join(", ")}.`);
}

const described = verb("doctor", {
  examples: [
    "nix-image doctor",
    "nix-image doctor --quiet --require load --require runAsRoot",
    "nix-image doctor docker://registry.example/team/app --require push",
    "nix-image doctor --deep --json",
  ],
  exitStatus: "0 if stream works, or all that is required; 1 otherwise.",
  output: "What was found, in groups, and what works here; with --json, all of it as JSON.",
  pages: ["doctor.md"],
})
  .summary("tell what of this host works, and what to install")
  .description(
    `Look at this host: programs and their versions, the store, directories, what runs the commands of specs and runAsRoot, engines, credentials. Tell what works, what does not, what to do about it, and which verbs and fields of the spec need it.

With REGISTRY, ask whether it answers and takes the credentials. Each answer is waited for for some seconds at most. Nothing is changed.`,
  )
  .argument("[registry]", "docker://HOST[:PORT][/NAME]")
  .addOption(
    new Option(
      "--require <name>",
      "fail unless this verb or field works; may be given several times (default: stream)",
    ).choices(USE_NAMES).argParser(required),
  )
  .option("--deep", "start the virtual machine, too, and ask podman for its storage")
  .option("--json", "print JSON: all checks, and what works (docs/doctor.md)")
  .addOption(quiet)
  .addOption(storeRoot);

/** `nix-image doctor`. */
export const command = machineOptions(registryOptions(described))
  .action(async (registry, options) => {
    const { doctorCommand } = await import("../../commands/doctor.ts");
    await doctorCommand(registry, options);
  });
