/**
 * What must not stay on the disk when a signal ends the program.
 * @module
 */

/** The signals that ask a program to end, by their numbers. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

let ending = false;
const removers = new Set<() => void>();
const listeners = Object.entries(SIGNALS).map(([signal, number]) => ({
  signal: signal as keyof typeof SIGNALS,
  listener: () => endBySignal(number),
}));

/**
 * Has signals end the program, as {@linkcode removeOnSignal} says. For our own program: one that uses
 * this as a library has its own way with signals, and a way of its own to end.
 */
export function endOnSignals(): void {
  ending = true;
}

/**
 * Has `remove` called when SIGINT, SIGTERM or SIGHUP comes, before the program exits with 128 and
 * the signal's number, as a shell shows a death by signal. The last one asked for comes first: what
 * works in a directory is ended before that is removed.
 *
 * Does nothing before {@linkcode endOnSignals}. What a library leaves when a signal ends its program is
 * what SIGKILL leaves: the next one with the same target removes it.
 *
 * @returns disposing of it takes that back
 */
export function removeOnSignal(remove: () => void): Disposable {
  if (!ending) return { [Symbol.dispose]() {} };
  if (removers.size === 0) {
    for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
  }
  removers.add(remove);
  return {
    [Symbol.dispose]() {
      if (!removers.delete(remove) || removers.size > 0) return;
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}

function endBySignal(number: number): never {
  for (const remove of [...removers].reverse()) {
    try {
      remove();
    } catch {
      // The others are to be removed all the same; the next run tries this one again.
    }
  }
  Deno.exit(128 + number);
}
