/**
 * `deno task bundle [FILE]`: puts the program into one file, `dist/nix-image.js` by default, which
 * Deno runs without the network and without a cache. nix/default.nix takes it as `program`.
 * @module
 */

import { dirname, resolve } from "node:path";
import { PROJECT } from "./program_command.ts";

/** What threads run: the source of each, another file, becomes a part of this one. */
const WORKERS = ["compress_worker", "digest_worker"];

/** Writes the bundle to `file`, which is there when it is whole. */
export async function writeBundle(file: string): Promise<void> {
  let text = await bundle("cli.ts");
  for (const worker of WORKERS) {
    const start = `new URL("./${worker}.ts", import.meta.url)`;
    const parts = text.split(start);
    if (parts.length !== 2) {
      throw new Error(`${start} is there ${parts.length - 1} times, not once`);
    }
    const source = await bundle(`src/sinks/${worker}.ts`);
    text = parts.join(`"data:text/javascript,${encodeURIComponent(source)}"`);
  }
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
