/** Asks Python, the oracle for many bytes: each script answers all cases in one run. */

const HERE = new URL(".", import.meta.url).pathname;

/**
 * Runs a script of this folder and gives what it writes on standard output.
 *
 * @param input for its standard input, as JSON
 */
export async function runPython(
  script: string,
  args: readonly string[],
  input: unknown = null,
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command("/usr/bin/python3", {
    args: ["-B", HERE + script, ...args],
    env: { PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const writing = writer.write(new TextEncoder().encode(JSON.stringify(input)))
    .then(() => writer.close())
    // A script that reads no input may have ended already.
    .catch(() => {});
  const { success, stdout, stderr } = await child.output();
  await writing;
  if (!success) throw new Error(`${script} failed: ${new TextDecoder().decode(stderr)}`);
  return stdout;
}

/** Runs a script of this folder that answers JSON with JSON. */
export async function askPython<T>(
  script: string,
  question: unknown,
  args: readonly string[] = [],
): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await runPython(script, args, question)));
}
