/**
 * Telling of programs that are started, wherever that is.
 * @module
 */

/** A program that has been started. */
export interface StartedProgram {
  /** Its name and arguments. */
  readonly words: readonly string[];
  /** Settled when it has ended. */
  readonly ended: Promise<Deno.CommandStatus>;
}

type Watcher = (program: StartedProgram) => void;

let watcher: Watcher | undefined;

/**
 * Has `tell` called for each program that this process starts from now on. One at a time can watch.
 *
 * @returns disposing of it ends that
 */
export function watchPrograms(tell: Watcher): Disposable {
  watcher = tell;
  return {
    [Symbol.dispose]() {
      if (watcher === tell) watcher = undefined;
    },
  };
}

/** Tells whoever watches of a program that was started just now. */
export function tellOfProgram(program: StartedProgram): void {
  watcher?.(program);
}
