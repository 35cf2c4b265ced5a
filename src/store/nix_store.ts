/**
 * Asking the Nix store, through `nix-store`.
 * @module
 */

import { ImageError } from "../errors.ts";
import { ProgramError, run } from "../process/run.ts";
import {
  type Closure,
  type ClosureSource,
  MissingPathsError,
  type PathInfo,
  referencesFrom,
} from "./closure.ts";
import { parseStorePath, type StorePath } from "./store_path.ts";

/** Arguments of one call may take so many characters; Linux allows 2 MiB with the environment. */
const ARGUMENT_ROOM = 1_000_000;

const REMEDY = "build it, or copy it there (nix-store --realise PATH, nix copy --from STORE PATH)";

/**
 * The closures of a Nix store: two calls of `nix-store`, however many paths there are.
 *
 * @param root of a chroot store; "" (the default) for the host's own
 * @param signal ends the calls
 */
export function storeDatabase(root = "", signal?: AbortSignal): ClosureSource {
  const nixStore = (...args: string[]) => {
    const all = root === "" ? args : ["--store", `local?root=${root}`, ...args];
    return run("nix-store", all, { signal });
  };

  async function missing(paths: readonly StorePath[]): Promise<StorePath[]> {
    const invalid = await nixStore("--check-validity", "--print-invalid", ...paths);
    return lines(invalid).map(parseStorePath);
  }

  async function closureOf(roots: readonly StorePath[]): Promise<Closure> {
    if (roots.length === 0) return new Map();
    let requisites: string;
    try {
      requisites = await nixStore("--query", "--requisites", ...roots);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      const invalid = await missing(roots);
      if (invalid.length === 0) throw error;
      const where = root === "" ? "the Nix store" : `the store in ${root}`;
      throw new MissingPathsError(invalid, where, REMEDY);
    }
    const closure = new Map<StorePath, PathInfo>();
    for (const batch of batches(lines(requisites))) {
      parseRegistration(await nixStore("--dump-db", ...batch), closure);
    }
    return closure;
  }

  return { closureOf, missing };
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function* batches(paths: readonly string[]): Generator<string[]> {
  let batch: string[] = [], room = ARGUMENT_ROOM;
  for (const path of paths) {
    room -= path.length + 9; // a pointer and the terminator
    if (room < 0) {
      yield batch;
      batch = [];
      room = ARGUMENT_ROOM;
    }
    batch.push(path);
  }
  if (batch.length > 0) yield batch;
}

/**
 * Parses the output of `nix-store --dump-db`: for each path a line each for itself, the sha256 of
 * its NAR, the size of its NAR, its deriver and the number of references, then the references.
 */
function parseRegistration(text: string, into: Map<StorePath, PathInfo>): void {
  const all = text.split("\n");
  for (let at = 0; at + 4 < all.length;) {
    const path = parseStorePath(all[at]!);
    const narSize = Number(all[at + 2]);
    const count = Number(all[at + 4]);
    if (!Number.isSafeInteger(narSize) || !Number.isSafeInteger(count)) {
      throw new ImageError(`nix-store --dump-db says something unexpected of ${path}`);
    }
    const references = all.slice(at + 5, at + 5 + count).map(parseStorePath);
    into.set(path, {
      ...referencesFrom(path, references),
      narSize,
      narHash: `sha256:${all[at + 1]}`,
    });
    at += 5 + count;
  }
}
