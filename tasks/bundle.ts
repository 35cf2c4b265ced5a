/**
 * `deno task bundle [FILE]`: puts the program into one file, `dist/nix-image.js` by default, which
 * Deno runs without the network and without a cache. nix/default.nix takes it as `program`.
 * @module
 */

import { dirname, resolve } from "node:path";
import { type Bundle, denoBundle, placeCommit, placeWorkers } from "./bundle_parts.ts";
import { PROJECT } from "./program_command.ts";

/** Writes the bundle to `file`, which is there when it is whole. */
export async function writeBundle(file: string): Promise<void> {
  const bundle: Bundle = new Map([[file, await denoBundle(["cli.ts"])]]);
  await placeCommit(bundle);
  await placeWorkers(bundle, async (worker) => {
    const source = await denoBundle([`src/sinks/${worker}.ts`]);
    return `"data:text/javascript,${encodeURIComponent(source)}"`;
  });
  await Deno.mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, bundle.get(file) ?? "");
  await Deno.rename(temporary, file);
}

if (import.meta.main) {
  const file = resolve(Deno.args[0] ?? `${PROJECT}/dist/nix-image.js`);
  await writeBundle(file);
  console.error(`Written to ${file}`);
}
