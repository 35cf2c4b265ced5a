/**
 * What the words after options may be.
 * @module
 */

import { InvalidArgumentError } from "commander";

/** More is longer than timers run. */
const MOST_SECONDS = 2_000_000;

/** @throws {InvalidArgumentError} unless it is a whole number that a timer takes. */
export function seconds(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text) && Number(text) <= MOST_SECONDS) return Number(text);
  throw new InvalidArgumentError(`Expected seconds, from 1 to ${MOST_SECONDS}.`);
}

/** @throws {InvalidArgumentError} unless it is the number of a user or a group. */
export function id(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1) return Number(text);
  throw new InvalidArgumentError("Expected the number of a user or a group.");
}

/** @throws {InvalidArgumentError} unless it is one of both. */
export function yesOrNo(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidArgumentError("Expected true or false.");
}

/** @throws {InvalidArgumentError} unless it ends as pictures do. */
export function graphFile(text: string): string {
  if (/\.(svg|html)$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a name that ends in .svg or .html.");
}

/** Of an option that may be given several times. */
export function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
