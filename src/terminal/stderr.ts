/**
 * Standard error: lines that stay, and progress below them.
 * @module
 */

import { coloursFor, takesEscapes } from "./colours.ts";
import type { ProgressOutput } from "./progress.ts";

const encoder = new TextEncoder();

/** Takes what is redrawn from the terminal, if there is something. */
let clearDrawn: (() => void) | undefined;

/** Standard error for progress. What can't be written is dropped: progress must not end the work. */
export const stderrOutput: ProgressOutput = {
  write,
  drawn(clear) {
    clearDrawn = clear;
  },
  get isTerminal() {
    // What Nix gives to builders has no size, and is the log.
    return takesEscapes(Deno.stderr) && this.columns > 0;
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

/** Writes text that stays: progress that is on the terminal goes, and comes again below it. */
export function tell(text: string): void {
  clearDrawn?.();
  write(text);
}

/** How errors begin. */
export function errorPrefix(): string {
  const { error, strong } = coloursFor(Deno.stderr);
  return error(strong("nix-image:"));
}

function write(text: string): void {
  try {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(Deno.stderr.writeSync(rest));
    }
  } catch {
    // Closed, full or non-blocking.
  }
}
