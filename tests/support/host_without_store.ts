/**
 * This host as if it had neither Nix nor a store.
 * @module
 */

import assert from "node:assert/strict";
import { nixImageCommand, runCommand, type RunOptions, type RunResult } from "./program.ts";
import type { Scratch } from "./scratch.ts";

/** Hides the store, and gives the program the environment that it is to have. */
const HIDDEN = 'mount -t tmpfs none /nix; PATH=$1; shift; exec "$@"';

/** See above. Each run has a cache directory and a TMPDIR of its own, which is empty afterwards. */
export class HostWithoutStore {
  readonly #scratch: Scratch;
  readonly #path: string;
  #runs = 0;

  /** @param scratch where its programs and caches are */
  constructor(scratch: Scratch) {
    this.#scratch = scratch;
    const programs = `${scratch.path}/without-nix`;
    Deno.mkdirSync(programs);
    for (const { name } of Deno.readDirSync("/usr/bin")) {
      if (!name.startsWith("nix")) Deno.symlinkSync(`/usr/bin/${name}`, `${programs}/${name}`);
    }
    this.#path = `${programs}:/usr/sbin`;
  }

  /** Runs `nix-image` to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.runCommand([...nixImageCommand(), ...args], options);
  }

  /** Runs any command to its end. */
  async runCommand(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const directory = `${this.#scratch.path}/host-${++this.#runs}`;
    const env = { XDG_CACHE_HOME: `${directory}/cache`, TMPDIR: `${directory}/temporary` };
    for (const path of Object.values(env)) Deno.mkdirSync(path, { recursive: true });
    const hiding = ["unshare", "--mount", "sh", "-ec", HIDDEN, "sh", this.#path];
    const command = [...hiding, ...words];
    const result = await runCommand(command, { ...options, env: { ...env, ...options.env } });
    assert.deepEqual([...Deno.readDirSync(env.TMPDIR)], [], "what is left in TMPDIR");
    return result;
  }
}
