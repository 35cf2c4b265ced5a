/**
 * How much has arrived of something: a line that is redrawn on a terminal, nothing elsewhere.
 * @module
 */

import {
  type Amount,
  amountTexts,
  CLEAR_REST,
  fitParts,
  joinLine,
  lineWidth,
  REDRAW_INTERVAL,
} from "./line.ts";
import type { ProgressOutput } from "./progress.ts";

/** One line, at most `columns` wide: the less important parts are left out where they don't fit. */
export function renderArrival(amount: Amount, label: string, columns: number): string {
  const { bar, bytes, rate, left } = amountTexts(amount);
  const parts = [bar, "pulling", bytes, rate, left];
  return joinLine(fitParts(parts, [1, 2, 0, 4, 3], label, columns));
}

/** Follows what arrives. */
export class ArrivalProgress {
  readonly #output: ProgressOutput;
  readonly #quiet: boolean;
  readonly #label: string;
  #started: number | undefined;
  #drawn: number | undefined;

  /**
   * @param label what it is
   * @param options.quiet whether nothing at all is written
   */
  constructor(output: ProgressOutput, label: string, { quiet = false }: { quiet?: boolean } = {}) {
    this.#output = output;
    this.#label = label;
    this.#quiet = quiet;
  }

  /** So many bytes are there now, of so many if that is known. */
  arrived(done: number, total: number | undefined): void {
    const now = this.#output.now();
    this.#started ??= now;
    if (this.#quiet || !this.#output.isTerminal) return;
    if (this.#drawn !== undefined && now - this.#drawn < REDRAW_INTERVAL) return;
    this.#drawn = now;
    const amount = { done, total, elapsed: now - this.#started };
    const line = renderArrival(amount, this.#label, lineWidth(this.#output));
    this.#output.write(`\r${line}${CLEAR_REST}`);
    this.#output.drawn?.(() => this.finish());
  }

  /** Takes the line from the terminal. Call it after a failure, too, before its message. */
  finish(): void {
    if (this.#drawn !== undefined) this.#output.write(`\r${CLEAR_REST}`);
    this.#drawn = undefined;
    this.#output.drawn?.(undefined);
  }
}
