/**
 * What commands say on standard error, which is where the probes of this folder answer.
 * @module
 */

/** How {@linkcode saidBy} runs a command. */
export interface SaidByOptions {
  /** What `PROG` in the command stands for: words of a shell. */
  readonly prog: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** The standard error of a command, without blanks around it. */
export async function saidBy(
  command: readonly string[],
  { prog, ...options }: SaidByOptions,
): Promise<string> {
  const [program = "", ...args] = command.map((word) => word.replaceAll("PROG", prog));
  const { stderr } = await new Deno.Command(program, {
    args,
    ...options,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stderr).trim();
}
