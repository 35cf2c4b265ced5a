/**
 * What the guest says on its serial line: lines that end in "\r\n" or "\n". Those of our init script
 * start with a mark, all others are of firmware or kernel.
 * @module
 */

/** One line, or for output also a part of one. */
export type Message =
  /** `@alive`: our init script runs. */
  | { readonly kind: "alive" }
  /** `@phase NAME` */
  | { readonly kind: "phase"; readonly name: string }
  /** `| text`: a script's output, with its line ending. */
  | { readonly kind: "output"; readonly text: string }
  /** `@line NUMBER`: where in its text the script has failed that is about to end. */
  | { readonly kind: "line"; readonly number: number }
  /** `@exit NAME STATUS`: a script has ended. */
  | { readonly kind: "exit"; readonly script: string; readonly status: number }
  /** `@full`: there is no room left on the disk. */
  | { readonly kind: "full" }
  /** `@error TEXT`: our init script gives up. */
  | { readonly kind: "error"; readonly text: string }
  /** `@done`: all is on the disks, and the machine is about to power off. */
  | { readonly kind: "done" }
  | { readonly kind: "panic"; readonly text: string }
  | { readonly kind: "other"; readonly text: string };

/** A line longer than this, in characters, is taken apart. */
const LONGEST = 1 << 14;

const OUTPUT = "| ";

/** Reads messages from bytes as they come. */
export class SerialLine {
  readonly #decoder = new TextDecoder();
  #line = "";
  /** The start of the current line is gone already: of output, or of something else. */
  #within: "output" | "other" | undefined;

  /** The messages that `bytes` complete. */
  *read(bytes: Uint8Array): Generator<Message> {
    const lines = this.#decoder.decode(bytes, { stream: true }).split("\n");
    for (const [index, text] of lines.entries()) {
      if (index > 0) {
        yield* this.#finish(`${this.#line.replace(/\r$/, "")}\n`);
        this.#within = undefined;
        this.#line = "";
      }
      this.#line += text;
      if (this.#line.length > LONGEST) {
        // What may be the first half of its end stays.
        const end = this.#line.endsWith("\r") ? -1 : undefined;
        const part = this.#line.slice(0, end);
        this.#line = end === undefined ? "" : "\r";
        yield* this.#finish(part);
        this.#within ??= part.startsWith(OUTPUT) ? "output" : "other";
      }
    }
  }

  *#finish(part: string): Generator<Message> {
    if (this.#within === "output") yield { kind: "output", text: part };
    else if (this.#within === undefined) yield messageOf(part);
  }
}

function messageOf(line: string): Message {
  if (line.startsWith(OUTPUT)) return { kind: "output", text: line.slice(OUTPUT.length) };
  const text = line.trimEnd();
  // A script's line of nothing, if its space got lost.
  if (text === "|") return { kind: "output", text: "\n" };
  const [, word, rest = ""] = /^@([a-z]+)(?: (.*))?$/.exec(text) ?? [];
  switch (word) {
    case "alive":
    case "done":
    case "full":
      return { kind: word };
    case "phase":
      return { kind: word, name: rest };
    case "error":
      return { kind: word, text: rest };
    case "line":
      return { kind: word, number: Number(rest) };
    case "exit": {
      const [, script, status] = /^(\S+) (\d+)$/.exec(rest) ?? [];
      if (script !== undefined) return { kind: word, script, status: Number(status) };
    }
  }
  return { kind: text.includes("Kernel panic") ? "panic" : "other", text };
}
