/**
 * How far the work is: one line that is redrawn on a terminal, a line for each layer elsewhere.
 * @module
 */

import { formatBytes, formatCount, printable, shorten } from "./format.ts";
import {
  type Amount,
  amountTexts,
  CLEAR_REST,
  fitParts,
  joinLine,
  lineWidth,
  REDRAW_INTERVAL,
} from "./line.ts";

/** What the line on a terminal shows. */
export interface ProgressState extends Amount {
  /** The number of the layer in work, from 1, and of how many. */
  readonly layer: number;
  readonly layers: number;
  /** What the layer holds. */
  readonly label: string;
}

const GREEN = "\x1b[32m";
const DEFAULT_COLOUR = "\x1b[39m";

/**
 * One line, at most `columns` wide: the less important parts are left out where they don't fit.
 *
 * @param options.colour whether the bar has a colour, by escape sequences that take no column
 */
export function renderProgress(
  state: ProgressState,
  columns: number,
  { colour = false }: { colour?: boolean } = {},
): string {
  const counter = `layer ${state.layer}/${state.layers}`;
  const { bar, bytes, rate, left } = amountTexts(state);
  const parts = [bar, counter, bytes, rate, left];
  const shown = fitParts(parts, [1, 2, 0, 4, 3], state.label, columns);
  if (colour && shown[0]) shown[0] = shown[0].replace(/#+/, `${GREEN}$&${DEFAULT_COLOUR}`);
  return joinLine(shown);
}

/** Where progress is written: standard error, as a rule. */
export interface ProgressOutput {
  write(text: string): void;
  /** Told how to clear what has been drawn and is to be redrawn; undefined if there is nothing. */
  drawn?(clear: (() => void) | undefined): void;
  readonly isTerminal: boolean;
  /** The width of the terminal at this moment, or 0 if it is not known. */
  readonly columns: number;
  /** Milliseconds from any fixed point. */
  now(): number;
}

/** What progress tells about a layer. */
export interface ProgressLayer {
  /** What it holds, in a few words. */
  readonly label: string;
  /** How many store paths are in it. */
  readonly paths: number;
  /** In bytes, where it is known. */
  readonly size?: number | undefined;
}

const LONGEST_PLAIN_LABEL = 60;

/** Follows the work through its layers. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #quiet: boolean;
  readonly #colour: boolean;
  #layers: readonly ProgressLayer[] = [];
  #total: number | undefined;
  #current = 0;
  #done = 0;
  #started = 0;
  #drawn: number | undefined;

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

  /** Starts with all layers, and the number of bytes to come where it is known. */
  start(layers: readonly ProgressLayer[], totalBytes?: number): void {
    this.#layers = layers;
    this.#total = totalBytes;
    this.#started = this.#output.now();
  }

  /** The layer at `index`, from 0, is in work from now on. */
  layer(index: number): void {
    this.#current = index;
    if (this.#quiet) return;
    if (this.#output.isTerminal) this.#redraw();
    else this.#output.write(this.#plainLine());
  }

  /** So many more bytes are done. */
  bytes(count: number): void {
    this.#done += count;
    if (!this.#quiet && this.#output.isTerminal) this.#redraw();
  }

  /** Takes the line from the terminal. Call it after a failure, too, before its message. */
  finish(): void {
    if (this.#drawn !== undefined) this.#output.write(`\r${CLEAR_REST}`);
    this.#drawn = undefined;
    this.#output.drawn?.(undefined);
  }

  #redraw(): void {
    const now = this.#output.now();
    if (this.#drawn !== undefined && now - this.#drawn < REDRAW_INTERVAL) return;
    this.#drawn = now;
    const state = {
      layer: this.#current + 1,
      layers: this.#layers.length,
      label: this.#layers[this.#current]?.label ?? "",
      done: this.#done,
      total: this.#total,
      elapsed: now - this.#started,
    };
    const line = renderProgress(state, lineWidth(this.#output), { colour: this.#colour });
    this.#output.write(`\r${line}${CLEAR_REST}`);
    this.#output.drawn?.(() => this.finish());
  }

  #plainLine(): string {
    const { label = "", paths = 0, size } = this.#layers[this.#current] ?? {};
    const facts = [
      ...(paths > 0 ? [formatCount(paths, "path")] : []),
      ...(size === undefined ? [] : [formatBytes(size)]),
    ];
    const parts = [
      `layer ${this.#current + 1}/${this.#layers.length}`,
      ...(facts.length > 0 ? [facts.join(", ")] : []),
      shorten(printable(label), LONGEST_PLAIN_LABEL),
    ];
    return parts.join(": ") + "\n";
  }
}
