/**
 * Colours, where there is a terminal that shows them and a user who wants them.
 * @module
 */

import { takesEscapes } from "./terminal.ts";

/** Texts with the colours of what they mean, or as they are. Colours take no column. */
export interface Colours {
  /** What went wrong. */
  error(text: string): string;
  /** What may be wrong. */
  warning(text: string): string;
  /** What is well. */
  good(text: string): string;
  /** What is to be seen first. */
  strong(text: string): string;
  /** What need not be read. */
  detail(text: string): string;
}

const ESC = "\x1b[";

function between(begin: string, end: string, on: boolean): (text: string) => string {
  if (!on) return (text) => text;
  return (text) => text === "" ? "" : `${ESC}${begin}m${text}${ESC}${end}m`;
}

/** Colours, or none. */
export function colours(on: boolean): Colours {
  return {
    error: between("31", "39", on),
    warning: between("33", "39", on),
    good: between("32", "39", on),
    strong: between("1", "22", on),
    detail: between("2", "22", on),
  };
}

/**
 * The colours of what goes to a stream: none but on a terminal, and none under NO_COLOR
 * (https://no-color.org).
 */
export function coloursFor(stream: { isTerminal(): boolean }): Colours {
  return colours(!Deno.noColor && takesEscapes(stream));
}
