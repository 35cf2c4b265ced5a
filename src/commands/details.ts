/**
 * What `--verbose` adds: what is done, the programs that are started, and how long all took.
 * @module
 */

import denoJson from "../../deno.json" with { type: "json" };
import { exitText } from "../process/run.ts";
import { type StartedProgram, watchPrograms } from "../process/watch.ts";
import { coloursFor } from "../terminal/colours.ts";
import { formatMilliseconds } from "../terminal/format.ts";
import { tell } from "../terminal/stderr.ts";
import { shortened, visible } from "../visible.ts";
import { cacheDirectory, trustedCacheDirectory } from "./cache_directory.ts";

/** A program that runs for longer, in milliseconds, is worth a word before its end. */
const LONG = 2000;

/** So much of a command line is shown, in characters. */
const LONGEST = 160;
const LONGEST_WORD = 100;

/** Lines on standard error, each with the time since the program's start. */
export class Details implements Disposable {
  readonly #detail = coloursFor(Deno.stderr).detail;
  readonly #watch: Disposable;
  readonly #phases = new Map<string, number>();
  #phase = "start";
  /** The time origin is the start of the program. */
  #since = 0;

  /** Begins with what is to be known of each run. */
  constructor() {
    this.#watch = watchPrograms((program) => this.#watched(program));
    const { version, os, arch } = { version: denoJson.version, ...Deno.build };
    this.tell(`nix-image ${version}, Deno ${Deno.version.deno}, ${os}/${arch}`);
    const trusted = trustedCacheDirectory("digests") !== undefined;
    this.tell(
      `caches: ${cacheDirectory()}${trusted ? "" : "; no digests are kept without a HOME"}`,
    );
  }

  /** Tells a sentence. */
  tell(message: string): void {
    const lines = visible(message);
    tell(`${this.#detail(`[${formatMilliseconds(performance.now()).padStart(9)}] ${lines}`)}\n`);
  }

  /** The time from now on goes to `name`. */
  phase(name: string): void {
    const now = performance.now();
    this.#phases.set(this.#phase, (this.#phases.get(this.#phase) ?? 0) + now - this.#since);
    this.#phase = name;
    this.#since = now;
  }

  async #watched({ words, ended }: StartedProgram): Promise<void> {
    const begin = performance.now();
    const shown = shownWords(words);
    const timer = setTimeout(() => this.tell(`runs: ${shown}`), LONG);
    Deno.unrefTimer(timer);
    const status = await ended;
    clearTimeout(timer);
    this.tell(
      `ran ${shown}: ${exitText(status)}, ${formatMilliseconds(performance.now() - begin)}`,
    );
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.phase("");
    const times = Array.from(this.#phases, ([name, time]) => `${name} ${formatMilliseconds(time)}`);
    this.tell(`times: ${times.join(", ")}`);
  }
}

/** A command line, without what is long, and without what may be a secret. */
export function shownWords(words: readonly string[]): string {
  const shown: string[] = [];
  for (const word of words) {
    const lines = word.trim().split("\n").length;
    const text = lines > 1
      ? `(${lines} lines)`
      : shortened(word.replace(/:\/\/[^/@]*@/, "://"), LONGEST_WORD);
    const length = shown.join(" ").length;
    if (shown.length > 0 && length + text.length > LONGEST) break;
    shown.push(text);
  }
  const more = words.length - shown.length;
  return [...shown, ...more > 0 ? [`… (${more} more)`] : []].join(" ");
}
