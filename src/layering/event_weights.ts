/**
 * Sets of events as bits, and how likely an update is one of a set.
 * @module
 */

/** A set of events: bit n of word n / 32 stands for event n. */
export type EventSet = Uint32Array;

/** Integers that say how likely each event is in relation to the others. */
export class EventWeights {
  /** The number of words that a set has. */
  readonly words: number;
  /** The weight of all events. */
  readonly total: number;
  /** Plane k has the events in whose weight bit k is set: so weights of sets are sums of bit counts. */
  readonly #planes: readonly EventSet[];

  /** @param weights of the events: whole numbers from 1. */
  constructor(weights: readonly number[]) {
    this.words = (weights.length + 31) >>> 5;
    this.total = weights.reduce((sum, weight) => sum + weight, 0);
    const bits = 32 - Math.clz32(Math.max(1, ...weights));
    this.#planes = Array.from({ length: bits }, (_, bit) => {
      const plane = new Uint32Array(this.words);
      weights.forEach((weight, event) => {
        if (weight >>> bit & 1) addEvent(plane, event);
      });
      return plane;
    });
  }

  /** The weight of a set. */
  of(set: EventSet): number {
    return this.ofUnion(set, set);
  }

  /** The weight of what is in either of two sets. */
  ofUnion(a: EventSet, b: EventSet): number {
    let sum = 0;
    for (let bit = 0; bit < this.#planes.length; bit++) {
      const plane = this.#planes[bit]!;
      let count = 0;
      for (let word = 0; word < plane.length; word++) {
        let x = (a[word]! | b[word]!) & plane[word]!;
        x -= x >>> 1 & 0x55555555;
        x = (x & 0x33333333) + (x >>> 2 & 0x33333333);
        count += Math.imul(x + (x >>> 4) & 0x0f0f0f0f, 0x01010101) >>> 24;
      }
      sum += count * 2 ** bit;
    }
    return sum;
  }

  /** A set of no events. */
  none(): EventSet {
    return new Uint32Array(this.words);
  }
}

/** Adds an event to a set. */
export function addEvent(set: EventSet, event: number): void {
  set[event >>> 5]! |= 1 << (event & 31);
}

/** Adds what is in `others` to a set. */
export function addEvents(set: EventSet, others: EventSet): void {
  for (let word = 0; word < set.length; word++) set[word]! |= others[word]!;
}

/** Whether all of `part` is in `set`. */
export function holdsEvents(set: EventSet, part: EventSet): boolean {
  for (let word = 0; word < set.length; word++) if (part[word]! & ~set[word]!) return false;
  return true;
}
