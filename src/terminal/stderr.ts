/**
 * Standard error as a place for progress.
 * @module
 */

import type { ProgressOutput } from "./progress.ts";

const encoder = new TextEncoder();

/** Standard error. What can't be written is dropped: progress must not end the work. */
export const stderrOutput: ProgressOutput = {
  write(text) {
    try {
      Deno.stderr.writeSync(encoder.encode(text));
    } catch {
      // Closed, full or non-blocking.
    }
  },
  get isTerminal() {
    // What Nix gives to builders has no size, and is the log.
    return Deno.stderr.isTerminal() && this.columns > 0;
  },
  get columns() {
    try {
      return Deno.consoleSize().columns;
    } catch {
      return 0;
    }
  },
  now: () => performance.now(),
};
