/**
 * Judging what stores say of paths, and remembering it.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { StorePath } from "../store/store_path.ts";
import type { NarInfo } from "./nar_store.ts";
import { type Trust, whyUntrusted } from "./trust.ts";

/** Says whether what a store says is to be believed. */
export class Judge {
  readonly #trust: Trust;
  /** To check a signature takes a while. */
  readonly #believed = new WeakSet<NarInfo>();

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  /** See {@linkcode whyUntrusted}. */
  objection(path: StorePath, info: NarInfo): string | undefined {
    if (this.#believed.has(info)) return undefined;
    const reason = whyUntrusted(path, info, this.#trust);
    if (reason === undefined) this.#believed.add(info);
    return reason;
  }
}

const MOST_SHOWN = 20;

/** Stores have paths, but nobody who is trusted has signed them. */
export class UntrustedPathsError extends ImageError {
  /**
   * @param objections by path: which stores have it, and why that does not count
   * @param notAsked of the stores that could not be asked, why; may be empty
   */
  constructor(objections: ReadonlyMap<StorePath, readonly string[]>, notAsked: string) {
    const lines = Array.from(
      objections,
      ([path, reasons]) => `  ${path}: ${reasons.join("; ")}\n`,
    );
    const more = lines.length > MOST_SHOWN ? `  and ${lines.length - MOST_SHOWN} more\n` : "";
    super(
      `Not signed by anybody who is trusted:\n${lines.slice(0, MOST_SHOWN).join("")}${more}` +
        (notAsked && `Of others it is not known:\n  ${notAsked}\n`) +
        "Give the public keys of the stores with --trusted-public-keys, or believe all that they " +
        "say with --no-check-sigs",
    );
  }
}
