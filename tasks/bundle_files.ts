/**
 * The program as a bundle in many files, so that a verb's code is read when it is asked for: an
 * executable of it starts in half the time that one file takes, and has no npm packages beside it.
 * @module
 */

import { dirname, join, relative } from "node:path";
import {
  type Bundle,
  denoBundle,
  placeCommit,
  placeWorkers,
  type WORKERS,
} from "./bundle_parts.ts";

const MAIN = "cli.js";
const WORKER_FILES: Record<typeof WORKERS[number], string> = {
  compress_worker: "src/sinks/compress_worker.js",
  digest_worker: "src/sinks/digest_worker.js",
};

/** Writes the bundle to `directory`, which is made, with `cli.js` in it. */
export async function writeBundleFiles(directory: string): Promise<void> {
  const outputs = [MAIN, ...Object.values(WORKER_FILES)];
  const sources = outputs.map((path) => path.replace(/js$/, "ts"));
  await denoBundle(["--minify", "--code-splitting", "--outdir", directory, ...sources]);

  let bundle: Bundle = new Map();
  for (const path of filesBelow(directory)) {
    bundle.set(relative(directory, path), await Deno.readTextFile(path));
    await Deno.remove(path);
  }
  // All that start threads are in the directory itself, as is all that is split off.
  await placeWorkers(bundle, (worker) => `new URL("./${WORKER_FILES[worker]}",import.meta.url)`);
  await placeCommit(bundle);
  bundle = renamed(bundle, outputs);
  for (const [path, text] of bundle) {
    const file = join(directory, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
    // An executable has that, too.
    await Deno.utime(file, 1, 1);
  }
}

/** A file that was split off: what it is for, and a hash. */
const SPLIT_OFF = /([\w.]+)-[A-Z0-9]{8}\.js/g;

/**
 * The bundle with numbers in the place of hashes, which tell of the directory that it was made in.
 * They count in the order in which the files are mentioned.
 */
function renamed(bundle: Bundle, entries: readonly string[]): Bundle {
  const names = new Map(entries.map((name) => [name, name]));
  // Grows while it is gone through.
  for (const path of names.keys()) {
    for (const [name, stem] of bundle.get(path)?.matchAll(SPLIT_OFF) ?? []) {
      if (bundle.has(name) && !names.has(name)) names.set(name, `${stem}-${names.size}.js`);
    }
  }
  return new Map(
    [...names].map(([path, name]) => {
      const text = bundle.get(path) ?? "";
      return [name, text.replace(SPLIT_OFF, (found) => names.get(found) ?? found)];
    }),
  );
}

function filesBelow(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = join(directory, name);
    return isDirectory ? filesBelow(path) : [path];
  });
}
