/**
 * Directories for work in progress, of which none stays behind.
 * @module
 */

import { join, resolve } from "node:path";
import { ImageError } from "../errors.ts";
import { NO_LOADER_VARIABLES } from "../process/loader_variables.ts";
import { type Claim, claimNew, openIfThere, randomPart, removeIfLeftBehind } from "./claim.ts";
import { removeOnSignal } from "../process/cleanup.ts";

const PREFIX = "nix-image-";
const NAME = /^nix-image-[0-9a-f]{16}$/;

/** A private directory that is removed when it is disposed of, and when a signal ends the program. */
export class WorkDirectory implements AsyncDisposable {
  readonly #claim: Claim;
  readonly #cleanup: Disposable;

  private constructor(make: () => Claim) {
    // Before there is anything: a signal that comes meanwhile is served when all of this has run.
    this.#cleanup = removeOnSignal(() => removeTree(this.path));
    try {
      this.#claim = make();
    } catch (error) {
      this.#cleanup[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Makes a directory that this user alone can enter. Removes those that programs which were killed
   * have left in the same place.
   *
   * @param directory where it is made: `TMPDIR`, or else `/tmp`
   * @throws {ImageError} if there can be none.
   */
  static create(directory = Deno.env.get("TMPDIR") || "/tmp"): Promise<WorkDirectory> {
    const parent = resolve(directory);
    try {
      const name = () => join(parent, PREFIX + randomPart());
      const work = new WorkDirectory(() =>
        claimNew(name, (path) => {
          Deno.mkdirSync(path, { mode: 0o700 });
          return openIfThere(path);
        })
      );
      removeLeftovers(parent, work.#claim.file.statSync().uid);
      return Promise.resolve(work);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return Promise.reject(
        new ImageError(
          `Cannot make a work directory in ${parent} (set TMPDIR to another): ${error.message}`,
          { cause: error },
        ),
      );
    }
  }

  /** Its absolute path. */
  get path(): string {
    return this.#claim.path;
  }

  /**
   * Removes it with all that is in it, directories without write permission included.
   *
   * @throws {ImageError} if something in it can not be removed.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this.#cleanup[Symbol.dispose]();
    try {
      removeTree(this.path);
      return Promise.resolve();
    } catch (error) {
      const message = `Cannot remove the work directory ${this.path}: ${(error as Error).message}`;
      return Promise.reject(new ImageError(message, { cause: error }));
    } finally {
      this.#claim.file.close();
    }
  }
}

/** The work directories in `parent` that programs which were killed have left. */
export function leftWorkDirectories(parent: string): string[] {
  try {
    return Array.from(Deno.readDirSync(parent), ({ name }) => name)
      .filter((name) => NAME.test(name)).map((name) => join(parent, name)).filter(isLeftBehind);
  } catch {
    return [];
  }
}

function isLeftBehind(path: string): boolean {
  let left = false;
  removeIfLeftBehind(path, () => left = true);
  return left;
}

/** Others may make such directories in a /tmp for all, with traps in them. */
function removeLeftovers(parent: string, uid: number | null): void {
  const removeOurs = (path: string) => {
    const found = Deno.lstatSync(path);
    if (found.isDirectory && found.uid === uid) removeTree(path);
  };
  try {
    for (const { name } of Deno.readDirSync(parent)) {
      if (NAME.test(name)) removeIfLeftBehind(join(parent, name), removeOurs);
    }
  } catch {
    // A directory that can't be listed serves all the same.
  }
}

/** Names need not be UTF-8 here, so that we could not name all directories that need a chmod. */
const MAKE_WRITABLE_AND_REMOVE = 'chmod -R u+rwX -- "$1"; exec rm -rf -- "$1"';

function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    const { success, stderr } = new Deno.Command("sh", {
      args: ["-c", MAKE_WRITABLE_AND_REMOVE, "sh", path],
      env: NO_LOADER_VARIABLES,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr).trim(), { cause: error });
  }
}
