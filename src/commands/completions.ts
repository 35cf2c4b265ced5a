/**
 * `nix-image completions`: scripts for shells.
 * @module
 */

import { commandLineModel, type VerbGroup } from "../command_line/model.ts";
import { print } from "../terminal/output.ts";

/** Shells that are known how to complete in. */
export type CompletedShell = "bash" | "zsh" | "fish";

const SCRIPTS: Readonly<
  Record<CompletedShell, () => Promise<(groups: readonly VerbGroup[]) => string>>
> = {
  bash: async () => (await import("../command_line/completions/bash.ts")).bashCompletions,
  zsh: async () => (await import("../command_line/completions/zsh.ts")).zshCompletions,
  fish: async () => (await import("../command_line/completions/fish.ts")).fishCompletions,
};

/** Prints the script that has a shell complete the command line. */
export async function completionsCommand(shell: CompletedShell): Promise<void> {
  const script = await SCRIPTS[shell]();
  await print(script(await commandLineModel()).trimEnd());
}
