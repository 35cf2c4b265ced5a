/**
 * How far the layers are on their way to a registry: a few lines that are redrawn on a terminal, a
 * line for each layer elsewhere.
 * @module
 */

import { formatBytes, printable, shorten } from "./format.ts";
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

/** What has become of a layer. */
type Outcome = "exists" | "mounted" | "pushed";

/** A layer that is being sent. `done` are bytes of its blob. */
export interface ActiveBlob extends Amount {
  /** Its number, from 1. */
  readonly layer: number;
  /** What it holds. */
  readonly label: string;
}

/** What the lines on a terminal show. */
export interface BlobsState {
  /** How many layers there are. */
  readonly layers: number;
  /** How many of them have become what. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Those that are being sent. */
  readonly active: readonly ActiveBlob[];
  /** Bytes of blobs that have gone out. */
  readonly sent: number;
  /** Milliseconds since the first of them. */
  readonly elapsed: number;
}

/** Layers that have a line, in the order in which they were begun. */
const MOST_ACTIVE = 4;

const GREEN = "\x1b[32m";
const DEFAULT_COLOUR = "\x1b[39m";

/**
 * A line for each layer that is being sent, and one for the others, at most `columns` wide: the less
 * important parts are left out where they don't fit.
 *
 * @param options.colour whether the count has a colour, by escape sequences that take no column
 */
export function renderBlobs(
  { layers, outcomes, active, sent, elapsed }: BlobsState,
  columns: number,
  { colour = false }: { colour?: boolean } = {},
): string[] {
  const lines = active.slice(0, MOST_ACTIVE).map(({ layer, label, ...amount }) => {
    const { bytes, rate } = amountTexts(amount);
    const parts = [`layer ${layer}/${layers}`, "pushing", bytes, rate];
    return joinLine(fitParts(parts, [0, 1, 2, 3], label, columns));
  });
  const { exists, mounted, pushed } = outcomes;
  const done = exists + mounted + pushed;
  const counts = [
    [exists, "there already"],
    [mounted, "mounted"],
    [pushed, "pushed"],
    [active.length, "pushing"],
    [layers - done - active.length, "waiting"],
  ] as const;
  const { rate } = amountTexts({ done: sent, elapsed });
  const parts = [
    `${done}/${layers} layers`,
    counts.flatMap(([count, what]) => count > 0 ? [`${count} ${what}`] : []).join(", "),
    sent > 0 ? `${formatBytes(sent)} sent` : undefined,
    rate,
  ];
  const shown = fitParts(parts, [0, 1, 2, 3], "", columns);
  if (colour && shown[0]) shown[0] = `${GREEN}${shown[0]}${DEFAULT_COLOUR}`;
  return [...lines, joinLine(shown)];
}

const LONGEST_PLAIN_LABEL = 60;

interface Blob {
  readonly begun: number;
  readonly size: number | undefined;
  sent: number;
}

/** Follows layers, several at the same time. */
export class BlobProgress {
  readonly #output: ProgressOutput;
  readonly #quiet: boolean;
  readonly #colour: boolean;
  readonly #outcomes: Record<Outcome, number> = { exists: 0, mounted: 0, pushed: 0 };
  readonly #active = new Map<number, Blob>();
  #labels: readonly string[] = [];
  #sent = 0;
  #firstBegun: number | undefined;
  #drawnAt: number | undefined;
  /** How many lines there are on the terminal now; the cursor is in the last one. */
  #lines = 0;

  /**
   * @param options.quiet whether nothing at all is written
   * @param options.colour whether a terminal gets colours
   */
  constructor(
    output: ProgressOutput,
    { quiet = false, colour = false }: { quiet?: boolean; colour?: boolean } = {},
  ) {
    this.#output = output;
    this.#quiet = quiet;
    this.#colour = colour;
  }

  /** Starts with what all layers hold, in a few words. */
  start(labels: readonly string[]): void {
    this.#labels = labels;
  }

  /**
   * The layer at `index`, from 0, begins to be sent, or begins again.
   *
   * @param size of its blob in bytes, where it is known
   */
  pushing(index: number, size: number | undefined): void {
    const now = this.#output.now();
    this.#firstBegun ??= now;
    if (!this.#active.has(index)) this.#active.set(index, { begun: now, size, sent: 0 });
    this.#redraw();
  }

  /** So many more bytes of a layer's blob have gone out. */
  sent(index: number, count: number): void {
    const blob = this.#active.get(index);
    if (blob) blob.sent += count;
    this.#sent += count;
    this.#redraw();
  }

  /** The registry has the layer at `index`, whose blob has so many bytes. */
  done(index: number, outcome: Outcome, size: number): void {
    this.#active.delete(index);
    this.#outcomes[outcome]++;
    if (this.#output.isTerminal) return this.#redraw();
    if (this.#quiet) return;
    const label = shorten(printable(this.#labels[index] ?? ""), LONGEST_PLAIN_LABEL);
    const counter = `layer ${index + 1}/${this.#labels.length}`;
    this.#output.write(`${counter}: ${outcome}, ${formatBytes(size)}: ${label}\n`);
  }

  /** Takes the lines from the terminal. Call it after a failure, too, before its message. */
  clear(): void {
    if (this.#lines > 0) this.#output.write(`${this.#toFirstLine()}${CLEAR_BELOW}`);
    this.#lines = 0;
    this.#drawnAt = undefined;
    this.#output.drawn?.(undefined);
  }

  #redraw(): void {
    if (this.#quiet || !this.#output.isTerminal) return;
    const now = this.#output.now();
    if (this.#drawnAt !== undefined && now - this.#drawnAt < REDRAW_INTERVAL) return;
    this.#drawnAt = now;
    const lines = renderBlobs(this.#state(now), lineWidth(this.#output), { colour: this.#colour });
    const text = lines.map((line) => line + CLEAR_REST).join("\r\n");
    this.#output.write(`${this.#toFirstLine()}${text}${CLEAR_BELOW}`);
    this.#lines = lines.length;
    this.#output.drawn?.(() => this.clear());
  }

  #state(now: number): BlobsState {
    return {
      layers: this.#labels.length,
      outcomes: this.#outcomes,
      active: Array.from(this.#active, ([index, { begun, size, sent }]) => ({
        layer: index + 1,
        label: this.#labels[index] ?? "",
        // What was lost on the way goes out again.
        done: size === undefined ? sent : Math.min(sent, size),
        total: size,
        elapsed: now - begun,
      })),
      sent: this.#sent,
      elapsed: now - (this.#firstBegun ?? now),
    };
  }

  #toFirstLine(): string {
    return this.#lines > 1 ? `\r\x1b[${this.#lines - 1}A` : "\r";
  }
}

/** From the cursor to the end of the terminal. */
const CLEAR_BELOW = "\x1b[J";
