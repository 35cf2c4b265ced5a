/**
 * A temporary directory with specs in it.
 * @module
 */

import { succeed } from "./program.ts";

/** A temporary directory for one test; disposing of it removes it. */
export class Scratch implements AsyncDisposable {
  readonly path: string;
  #specs = 0;

  /** @param parent where the directory is made; where temporary files are if left out */
  constructor(parent?: string) {
    this.path = Deno.makeTempDirSync({ prefix: "nix-image-test-", ...parent && { dir: parent } });
  }

  /** Writes a spec to a new file and returns its path. */
  spec(spec: unknown): string {
    const path = `${this.path}/spec-${++this.#specs}.json`;
    Deno.writeTextFileSync(path, JSON.stringify(spec));
    return path;
  }

  /** Removes the directory, store paths without write permission included. */
  async [Symbol.asyncDispose](): Promise<void> {
    await succeed(["chmod", "-R", "u+w", this.path]);
    await Deno.remove(this.path, { recursive: true });
  }
}
