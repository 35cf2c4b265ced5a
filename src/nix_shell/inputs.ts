/**
 * What a derivation needs to be in the store.
 * @module
 */

import { existsSync } from "node:fs";
import { ImageError, UsageError } from "../errors.ts";
import { exitText, indent, spawn } from "../process/run.ts";
import type { Closure, ClosureSource } from "../store/closure.ts";
import { type Derivation, parseDerivation } from "../store/derivation.ts";
import { readingFrom } from "../store/files.ts";
import type { StorePath } from "../store/store_path.ts";

/** More than any derivation that a container could have as its environment. */
const MOST_BYTES = 1 << 28;

/** What of a program's messages an error has, in characters. */
const KEPT_OUTPUT = 1 << 14;

/**
 * Reads a `.drv` file.
 *
 * @throws {ImageError} if it can't be read, or is none.
 */
export function readDerivation(file: string): Derivation {
  const content = readingFrom(file, () => {
    const { size, isFile } = Deno.statSync(file);
    if (!isFile) throw new ImageError(`${file}: not a file, and so not a derivation`);
    if (size > MOST_BYTES) throw new ImageError(`${file}: too big for a derivation: ${size} bytes`);
    return Deno.readFileSync(file);
  });
  return parseDerivation(content, file);
}

/** How inputs are found. */
export interface InputOptions {
  readonly source: ClosureSource;
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** Whether what is missing is to be built or fetched. */
  readonly realise: boolean;
  /** Told what Nix says meanwhile. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

/**
 * The store paths that a derivation names as its inputs. With `realise`, Nix is asked for those that
 * are not there.
 *
 * @throws {ImageError} if they are not there.
 */
export async function inputPaths(
  derivation: Derivation,
  { source, storeRoot, realise, onOutput }: InputOptions,
): Promise<StorePath[]> {
  const makers = makersOf(derivation, (input) => readDerivation(storeRoot + input));
  const paths = [...makers.keys(), ...derivation.sources];
  const missing = await source.missing(paths);
  const makeable = missing.flatMap((path) => makers.get(path) ?? []);
  if (makeable.length < missing.length) {
    const sources = missing.filter((path) => !makers.has(path)).join("\n  ");
    throw new ImageError(
      `Not in the store, though the derivation needs them; evaluate it again:\n  ${sources}`,
    );
  }
  if (makeable.length > 0) {
    const store = storeRoot === "" ? [] : ["--store", `local?root=${storeRoot}`];
    const args = [...store, "--realise", ...makeable];
    if (!realise) {
      const command = ["nix-store", ...store, "--realise", ...makeable.map((one) => `'${one}'`)];
      throw new ImageError(
        `Not in the store; run this first, or leave out --no-realise:\n  ${command.join(" ")}`,
      );
    }
    await runNixStore(args, onOutput);
  }
  return paths;
}

/**
 * Checks that a graph has what a derivation names as its inputs, as far as that can be known where
 * the derivations that make them may not be there.
 *
 * @param others that have to be there, too
 * @throws {UsageError} if it has not.
 */
export function checkGraph(
  graph: Closure,
  derivation: Derivation,
  others: readonly StorePath[],
  { file, storeRoot }: { readonly file: string; readonly storeRoot: string },
): void {
  const makers = makersOf(
    derivation,
    (input) => existsSync(storeRoot + input) ? readDerivation(storeRoot + input) : undefined,
  );
  const needed = new Set([...makers.keys(), ...derivation.sources, ...others]);
  const missing = [...needed].filter((path) => !graph.has(path));
  if (missing.length === 0) return;
  throw new UsageError(
    `${file}: lacks what the image needs; make the graph of all that the derivation does:\n  ${
      missing.join("\n  ")
    }`,
  );
}

/** The outputs that a derivation needs: by path, what to ask Nix for. */
function makersOf(
  derivation: Derivation,
  read: (input: StorePath) => Derivation | undefined,
): Map<StorePath, string> {
  const makers = new Map<StorePath, string>();
  for (const [input, names] of derivation.inputs) {
    const made = read(input);
    for (const name of made ? names : []) {
      const path = made?.outputs.get(name)?.path;
      if (!path) throw new ImageError(`${input}: where its output ${name} is to be is not known`);
      makers.set(path, `${input}!${name}`);
    }
  }
  return makers;
}

async function runNixStore(
  args: readonly string[],
  onOutput: ((text: string) => void) | undefined,
): Promise<void> {
  const child = spawn("nix-store", args);
  const ignored = child.stdout.cancel();
  let output = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    output = (output + text).slice(-KEPT_OUTPUT);
    onOutput?.(text);
  }
  await ignored;
  const status = await child.status;
  if (status.success) return;
  const shown = onOutput ? "" : `:\n${indent(output)}`;
  throw new ImageError(
    `nix-store --realise failed (${
      exitText(status)
    }): what the derivation needs is not there${shown}`,
  );
}
