/**
 * Whether there is a terminal, and what it can do.
 * @module
 */

/** The width of the terminal at this moment, or 0 if it is not known. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 0;
  }
}

/**
 * Whether a stream is a terminal that takes escape sequences: one that calls itself dumb is none
 * (terminfo(5)), and what Nix gives to builders has no size, and is the log.
 */
export function takesEscapes(stream: { isTerminal(): boolean }): boolean {
  return stream.isTerminal() && Deno.env.get("TERM") !== "dumb" && terminalColumns() > 0;
}
