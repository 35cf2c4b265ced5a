/**
 * The command line of `nix-image completions`.
 * @module
 */

import { Argument } from "commander";
import { verb, type Verbs } from "../verb.ts";

const SCRIPTS = {
  bash: async () => (await import("../completions/bash.ts")).bashCompletions,
  zsh: async () => (await import("../completions/zsh.ts")).zshCompletions,
  fish: async () => (await import("../completions/fish.ts")).fishCompletions,
};

/** `nix-image completions`, which knows `verbs`. */
export const commandFor = (verbs: Verbs) =>
  verb("completions", {
    output: "The script, for the shell to read.",
    examples: [
      "nix-image completions bash \\\n  > ~/.local/share/bash-completion/completions/nix-image",
      'nix-image completions zsh > "${fpath[1]}/_nix-image"',
      "nix-image completions fish > ~/.config/fish/completions/nix-image.fish",
      "source <(nix-image completions bash)",
    ],
  })
    .summary("print a script that has a shell complete commands and options")
    .description(
      `Print a script that has a shell complete what you type after nix-image when you press TAB: commands, options, their values and files.

Write it where your shell looks for such scripts, as in the examples, and start a new shell; for bash, that takes the package bash-completion. Or have the shell read it at each start: put the last example into ~/.bashrc, or, with zsh in the place of bash, into ~/.zshrc after compinit.`,
    )
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"] as const))
    .action(async (shell) => {
      const { commandLineModel } = await import("../model.ts");
      const { print } = await import("../../terminal/output.ts");
      const script = await SCRIPTS[shell]();
      await print(script(await commandLineModel(verbs)).trimEnd());
    });
