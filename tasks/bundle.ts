/**
 * `deno task bundle [FILE]`: puts the program into one file, `dist/nix-image.js` by default, which
 * Deno runs without the network and without a cache. nix/default.nix takes it as `program`.
 * @module
 */

import { dirname, resolve } from "node:path";
import { PROJECT } from "./program_command.ts";

/** What starts a thread: its source is another file, which becomes a part of this one. */
const WORKER = 'new URL("./compress_worker.ts", import.meta.url)';
const WORKER_FILE = "src/sinks/compress_worker.ts";

/** Writes the bundle to `file`, which is there when it is whole. */
export async function writeBundle(file: string): Promise<void> {
  const [program, worker] = await Promise.all([bundle("cli.ts"), bundle(WORKER_FILE)]);
  const parts = program.split(WORKER);
  if (parts.length !== 2) throw new Error(`${WORKER} is there ${parts.length - 1} times, not once`);
  const text = parts.join(`"data:text/javascript,${encodeURIComponent(worker)}"`);
  await Deno.mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, file);
}

async function bundle(source: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "deno", "--config", `${PROJECT}/deno.json`, source],
    cwd: PROJECT,
  }).output();
  if (!success) throw new Error(`deno bundle: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const file = resolve(Deno.args[0] ?? `${PROJECT}/dist/nix-image.js`);
  await writeBundle(file);
  console.error(`Written to ${file}`);
}
