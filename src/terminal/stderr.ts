/**
 * Standard error: lines that stay, and progress below them.
 * @module
 */

import { coloursFor } from "./colours.ts";
import type { ProgressOutput } from "./progress.ts";
import { takesEscapes, terminalColumns } from "./terminal.ts";

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
    return takesEscapes(Deno.stderr);
  },
  get columns() {
    return terminalColumns();
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
