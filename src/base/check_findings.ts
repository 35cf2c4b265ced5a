/**
 * What checking images finds: collected, where reading them stops at the first thing.
 * @module
 */

import { ImageError } from "../errors.ts";
import { shortened } from "../visible.ts";

/** One thing that was found. */
export interface Finding {
  /** A member of the archive, a file of the layout, or the archive itself; and where in it. */
  readonly where: string;
  /** What it is: a sentence without its full stop. */
  readonly what: string;
}

/** Beyond so many, more of them say no more; they are counted. */
const MOST = 1000;

const MAX_LENGTH = 400;

/** All that is found. */
export class Findings {
  /** What is wrong. */
  readonly problems: Finding[] = [];
  /** What is not wrong, and worth to be known. */
  readonly remarks: Finding[] = [];
  readonly #known = new Set<string>();
  #problemCount = 0;
  readonly #path: string;

  /** @param path what the archive or layout is called in errors */
  constructor(path: string) {
    this.#path = path;
  }

  /** How many problems there are, those included that are not kept. */
  get problemCount(): number {
    return this.#problemCount;
  }

  /** Something is wrong. What is found in two ways counts once. */
  problem(where: string, what: string): void {
    if (this.#add(this.problems, where, what)) this.#problemCount++;
  }

  /** Something is unusual. */
  remark(where: string, what: string): void {
    this.#add(this.remarks, where, what);
  }

  /**
   * Something could not be read, for what `error` says.
   *
   * @throws `error` if it is none about the image.
   */
  failure(where: string, error: unknown): void {
    if (!(error instanceof ImageError)) throw error;
    const text = error.message.replaceAll(/\s*\n\s*/g, " ")
      .replace(`Cannot decompress ${where}: `, "cannot be decompressed: ");
    this.problem(where, [`${this.#path}: `, `${where}: `, `${where} `].reduce(withoutStart, text));
  }

  /** What `read` gives; what it throws is a problem, and gives undefined. */
  attempt<T>(where: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.failure(where, error);
      return undefined;
    }
  }

  /** Keeps what is new, unless there is enough; whether it is new, as far as is known. */
  #add(findings: Finding[], where: string, what: string): boolean {
    if (findings.length === MOST) return true;
    const finding = { where: shortened(where, MAX_LENGTH), what: shortened(what, MAX_LENGTH) };
    const key = JSON.stringify(finding);
    if (this.#known.has(key)) return false;
    this.#known.add(key);
    findings.push(finding);
    return true;
  }
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text;
}
