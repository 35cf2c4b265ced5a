/**
 * What is known of a guest by what it says.
 * @module
 */

import { shortened } from "../visible.ts";
import { type Message, SerialLine } from "./serial_line.ts";

/** So many lines are shown, of so many characters each. */
const LAST_LINES = 20, LINE_LENGTH = 200;

/** Told what a guest does. */
export interface GuestListener {
  /** Gets what the scripts print. */
  readonly onOutput: (text: string) => void;
  /** Told what the guest is about to do. */
  readonly onPhase?: ((name: string) => void) | undefined;
  /** Told that the guest works. */
  readonly onAlive?: (() => void) | undefined;
}

/** Why a guest did not get done. */
export type GuestFailure =
  | Extract<Message, { kind: "error" | "full" | "panic" }>
  | Extract<Message, { kind: "exit" }> & {
    /** Where in the script, if the guest knows. */
    readonly line: number | undefined;
  };

/** A guest, listened to. */
export class Guest {
  readonly #listener: GuestListener;
  readonly #line = new SerialLine();
  readonly #lastLines: string[] = [];
  #isAlive = false;
  #isDone = false;
  #failure: GuestFailure | undefined;
  #scriptLine: number | undefined;

  constructor(listener: GuestListener) {
    this.#listener = listener;
  }

  /** Whether our init script has started. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Whether all is on the disks. */
  get isDone(): boolean {
    return this.#isDone;
  }

  get failure(): GuestFailure | undefined {
    return this.#failure;
  }

  /** The end of what it said, fit for a terminal. */
  get lastLines(): string {
    return this.#lastLines.join("\n");
  }

  /** Takes what came over the serial line. */
  hear(bytes: Uint8Array): void {
    for (const message of this.#line.read(bytes)) this.#take(message);
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "alive":
        this.#isAlive = true;
        return this.#listener.onAlive?.();
      case "phase":
        return this.#listener.onPhase?.(message.name);
      case "output":
        this.#remember(message.text);
        return this.#listener.onOutput(message.text);
      case "done":
        this.#isDone = true;
        return;
      case "full":
        // The reason for whatever else has failed.
        this.#failure = message;
        return;
      case "exit":
        if (message.status !== 0) this.#failure ??= { ...message, line: this.#scriptLine };
        return;
      case "line":
        this.#scriptLine = message.number;
        return;
      case "error":
        this.#failure ??= message;
        return;
      case "panic":
        this.#failure ??= message;
        return this.#remember(message.text);
      case "other":
        // The kernel takes its leave.
        if (this.#failure !== undefined && this.#failure.kind !== "panic") return;
        return this.#remember(message.text);
    }
  }

  #remember(line: string): void {
    const text = line.trimEnd().replaceAll("\t", "  ");
    if (text === "") return;
    this.#lastLines.push(shortened(text, LINE_LENGTH));
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
  }
}
