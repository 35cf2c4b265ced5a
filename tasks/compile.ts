/**
 * `deno task compile [--target TARGET]… [--output DIR]`: makes the program one executable file,
 * `dist/nix-image`, for this machine; with `--target` those for others, `dist/nix-image-x86_64-linux`
 * and `dist/nix-image-aarch64-linux`. `dist/SHA256SUMS` is of all of them that are there.
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeBundleFiles } from "./bundle_files.ts";
import { CompileError, ownTarget, type Target, writeExecutable } from "./executable.ts";
import { PROJECT } from "./program_command.ts";

const OWN = "nix-image";

/** What `--target` takes, with the name of the file. */
const NAMED: Record<string, { readonly target: Target; readonly name: string }> = {};
for (const machine of ["x86_64", "aarch64"] as const) {
  const target = `${machine}-unknown-linux-gnu` as const;
  const named = { target, name: `${OWN}-${machine}-linux` };
  for (const word of [target, machine, `${machine}-linux`]) NAMED[word] = named;
}

/** Makes the executables and gives their names in `directory`. */
async function compileAll(targets: readonly string[], directory: string): Promise<string[]> {
  const wanted = targets.map((word) => {
    const named = NAMED[word];
    if (named) return named;
    throw new CompileError(`--target ${word} is none of ${Object.keys(NAMED).join(", ")}`);
  });
  if (wanted.length === 0) wanted.push({ target: ownTarget(), name: OWN });

  const work = await Deno.makeTempDir({ prefix: "nix-image-compile-" });
  try {
    const bundle = join(work, "bundle");
    await writeBundleFiles(bundle);
    for (const { target, name } of wanted) {
      await writeExecutable(bundle, target, join(directory, name));
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return [...new Set(wanted.map(({ name }) => name))].sort();
}

/** As `sha256sum` writes it. Targets may have been made one at a time. */
async function writeSums(directory: string): Promise<void> {
  const names = [OWN, ...Object.values(NAMED).map(({ name }) => name)];
  const there = new Set(names.filter((name) => existsSync(join(directory, name))));
  let text = "";
  for (const name of [...there].sort()) {
    const hash = createHash("sha256");
    using file = await Deno.open(join(directory, name));
    for await (const chunk of file.readable) hash.update(chunk);
    text += `${hash.digest("hex")}  ${name}\n`;
  }
  const file = join(directory, "SHA256SUMS");
  const temporary = `${file}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, file);
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        target: { type: "string", multiple: true, default: [] },
        output: { type: "string", default: `${PROJECT}/dist` },
      },
    });
    const directory = resolve(values.output);
    const names = await compileAll(values.target, directory);
    await writeSums(directory);
    for (const name of names) console.error(`Written to ${join(directory, name)}`);
  } catch (error) {
    if (!(error instanceof CompileError) && !(error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  }
}
