/**
 * Asking a child shell about standard output. Deno refuses /proc to a program with scoped
 * permissions, but a child that inherits standard output can look there.
 * @module
 */

/**
 * Runs `script` with `sh` and gives its exit status. The script must be content with the builtins
 * of any POSIX shell, as it has no environment and no PATH, and must write nothing.
 */
export async function askShell(script: string): Promise<number> {
  const shell = new Deno.Command("sh", {
    args: ["-c", script],
    // Also keeps out LD_* variables, under which Deno refuses to start a program.
    clearEnv: true,
    stdin: "null",
    stdout: "inherit",
    stderr: "null",
  });
  return (await shell.spawn().status).code;
}
