/**
 * Lines of progress, which fit into a terminal.
 * @module
 */

import { formatBytes, formatDuration, printable, shorten } from "./format.ts";

const BAR_WIDTH = 10;
/** A label cut shorter than this says nothing. */
const SHORTEST_LABEL = 8;
/** Before this many milliseconds, the rate is a guess. */
const RATE_AFTER = 500;

/** Redrawing more often, in milliseconds, would be for nobody. */
export const REDRAW_INTERVAL = 100;

/** Clears a terminal's line from the cursor on. */
export const CLEAR_REST = "\x1b[K";

/** How much of something is done. */
export interface Amount {
  /** Bytes so far, and in all where that is known. */
  readonly done: number;
  readonly total?: number | undefined;
  /** Milliseconds since the start. */
  readonly elapsed: number;
}

/** What there is to say of an {@linkcode Amount}; undefined where nothing is. */
export interface AmountTexts {
  /** `[#####-----] 50%` */
  readonly bar: string | undefined;
  /** `5 MB of 10 MB` */
  readonly bytes: string;
  /** `2 MB/s` */
  readonly rate: string | undefined;
  /** `2.5 s left` */
  readonly left: string | undefined;
}

/** An amount in words. */
export function amountTexts({ done, total, elapsed }: Amount): AmountTexts {
  const rate = elapsed >= RATE_AFTER && done > 0 ? done / elapsed : undefined;
  return {
    bar: total ? renderBar(Math.min(done / total, 1)) : undefined,
    bytes: total ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done),
    rate: rate === undefined ? undefined : `${formatBytes(Math.round(rate * 1000))}/s`,
    left: rate && total && total > done
      ? `${formatDuration((total - done) / rate)} left`
      : undefined,
  };
}

function renderBar(fraction: number): string {
  const filled = Math.floor(fraction * BAR_WIDTH);
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  return `[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}]${percent}`;
}

/**
 * The parts that fit into `columns`, two spaces between them, and the label where there is room.
 *
 * @param parts in the order of the line; those that are undefined or empty are left out
 * @param importance their indexes: what comes first is kept longest
 * @param label behind them; what is not printable is replaced
 */
export function fitParts(
  parts: readonly (string | undefined)[],
  importance: readonly number[],
  label: string,
  columns: number,
): string[] {
  const kept = new Set<number>();
  let width = 0;
  for (const index of importance) {
    const part = parts[index];
    if (!part) continue;
    const needed = part.length + (width > 0 ? 2 : 0);
    if (width + needed > columns) break;
    kept.add(index);
    width += needed;
  }
  const shown = parts.map((part, index) => part && kept.has(index) ? part : "");
  const text = printable(label);
  const room = columns - width - 2;
  if (room >= Math.min(text.length, SHORTEST_LABEL)) shown.push(shorten(text, room));
  return shown;
}

/** The parts as a line. */
export function joinLine(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("  ");
}

/** How wide a line may be: in its last column, a terminal may already wrap. */
export function lineWidth({ columns }: { readonly columns: number }): number {
  return (columns || 80) - 1;
}
