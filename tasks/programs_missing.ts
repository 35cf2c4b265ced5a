/**
 * The error of a task that lacks programs.
 * @module
 */

/** The words of the command that installs packages. */
export const INSTALL: readonly string[] = [
  "apt-get",
  "install",
  "-y",
  "--no-install-recommends",
];

/** Programs are missing, and the task may not install them. The message is for a person. */
export class ProgramsMissing extends Error {
  override name = "ProgramsMissing";

  constructor(packages: readonly string[], debian: boolean) {
    const command = `apt-get update && ${[...INSTALL, ...packages].join(" ")}`;
    super(
      debian
        ? `Missing: ${packages.join(", ")}. Run this as root and try again:\n  ${command}`
        : `Missing what these Debian packages hold: ${packages.join(", ")}. ` +
          `Install them the way of this system; on Debian it would be:\n  ${command}`,
    );
  }
}

/** Runs a task; a lack of programs ends it with its message alone and status 1. */
export async function runTask(task: () => Promise<number> | number): Promise<void> {
  try {
    Deno.exitCode = await task();
  } catch (error) {
    if (!(error instanceof ProgramsMissing)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  }
}
