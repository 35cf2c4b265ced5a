/**
 * Doing many things, a few at a time.
 * @module
 */

/** See above. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most how many at a time */
  constructor(most: number) {
    this.#free = most;
  }

  /** Does `work` when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
