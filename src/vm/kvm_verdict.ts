/**
 * Remembering of hosts that KVM does not work on them: there are some where the guest never runs an
 * instruction, and to find that out takes seconds.
 * @module
 */

import { dirname } from "node:path/posix";
import { z } from "zod";
import { runShell } from "../process/run.ts";
import type { Machine } from "./command_line.ts";
import { findQemu } from "./qemu_process.ts";

/** How long it holds, in milliseconds: hosts get repaired. */
const LIFETIME = 24 * 60 * 60 * 1000;

/** When it was found, in milliseconds since 1970, by host. */
const verdicts = z.record(z.string(), z.number());

/** The boot of the host, and the host or container. */
const HOST = "cat /proc/sys/kernel/random/boot_id 2>/dev/null; uname -nrm";

/** What is known of KVM on this host. A file that can't be read or written does not matter. */
export class KvmVerdict {
  readonly #file: string;
  readonly #host: string;

  private constructor(file: string, host: string) {
    this.#file = file;
    this.#host = host;
  }

  /**
   * @param file keeps it from run to run, for all hosts that share the file
   * @param searchPath where QEMU is looked for
   */
  static async open(
    file: string,
    qemu: Machine["qemu"],
    searchPath: string,
  ): Promise<KvmVerdict> {
    const host = new TextDecoder().decode(await runShell(HOST, [])).trim().split(/\s+/);
    const program = findQemu(qemu, searchPath);
    const { size, mtime } = Deno.statSync(program);
    return new KvmVerdict(file, [...host, program, size, mtime?.getTime()].join(" "));
  }

  /** Whether KVM is known not to work. */
  get isBroken(): boolean {
    return this.#read()[this.#host] !== undefined;
  }

  /** Remembers that it does not work, or forgets that. */
  remember(broken: boolean): void {
    const { [this.#host]: known, ...others } = this.#read();
    if ((known !== undefined) === broken) return;
    const kept = broken ? { ...others, [this.#host]: Date.now() } : others;
    const temporary = `${this.#file}.${crypto.randomUUID()}`;
    try {
      Deno.mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      Deno.writeTextFileSync(temporary, JSON.stringify(kept), { createNew: true, mode: 0o600 });
      Deno.renameSync(temporary, this.#file);
    } catch {
      removeIfThere(temporary);
    }
  }

  #read(): Record<string, number> {
    try {
      const now = Date.now();
      const found = Object.entries(verdicts.parse(JSON.parse(Deno.readTextFileSync(this.#file))));
      return Object.fromEntries(found.filter(([, at]) => at <= now && now - at < LIFETIME));
    } catch {
      return {};
    }
  }
}

function removeIfThere(file: string): void {
  try {
    Deno.removeSync(file);
  } catch {
    // It could not be made.
  }
}
