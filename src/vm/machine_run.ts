/**
 * One run of a machine, from its start to its end.
 * @module
 */

import { ImageError } from "../errors.ts";
import { removeOnSignal } from "../process/cleanup.ts";
import { indent } from "../process/run.ts";
import { shortened, visible } from "../visible.ts";
import { type Accelerator, type Machine, qemuArguments } from "./command_line.ts";
import { Guest, type GuestFailure, type GuestListener } from "./guest.ts";
import { type QemuEnd, QemuProcess } from "./qemu_process.ts";

/** A script in the guest ended with a status other than 0. */
export class ScriptFailure extends ImageError {
  /**
   * @param line where in it, if that is known
   * @param lastLines what the guest said last: the script's output, and what the kernel had to say
   */
  constructor(
    readonly script: string,
    readonly status: number,
    readonly line: number | undefined,
    readonly lastLines: string,
  ) {
    super(`${script} failed with exit status ${status}${block(lastLines)}`);
  }
}

/** QEMU can't start the machine, or its guest never came to our init script. */
export class NoSignOfLife extends ImageError {
  /**
   * @param brief the reason, for a line about something else
   * @param isRefused whether QEMU found that it can't, instead of crashing or running to no effect
   */
  constructor(message: string, readonly brief: string, readonly isRefused: boolean) {
    super(message);
  }
}

/** What a run needs besides the machine. */
export interface MachineRunOptions extends GuestListener {
  /** After so many seconds without a word from the guest it counts as hanging. */
  readonly silence: number;
  /** See {@linkcode RunMachineOptions}. */
  readonly searchPath: string;
}

/** A guest under KVM that has said nothing for so long before its start never will, in seconds. */
const KVM_PATIENCE = 5;

/** How long a guest that is done or has failed may take to end, in seconds. */
const END_PATIENCE = 5;

const WITHOUT_KVM = "--accel tcg does without KVM";
const OUT_OF_MEMORY = "if the host is out of memory, a lower buildVMMemorySize may help";

/** How long a reason may be, in characters. */
const REASON_LENGTH = 300;

/**
 * Runs a machine until it has powered off. It is ended when a listener throws, or a signal ends
 * this program.
 *
 * @throws {ScriptFailure} if a script fails.
 * @throws {NoSignOfLife} if QEMU ends before the guest starts or, under KVM, it does not start.
 * @throws {ImageError} if it does not get done, with the reason and the last that it said.
 */
export async function runOnce(
  machine: Machine,
  accelerator: Accelerator,
  options: MachineRunOptions,
): Promise<void> {
  const { silence, searchPath } = options;
  const qemu = new QemuProcess(machine.qemu, qemuArguments(machine, accelerator), searchPath);
  using _ending = removeOnSignal(() => qemu.endNow());
  const guest = new Guest(options);
  const isSettled = () => guest.isDone || guest.failure !== undefined;

  let hungFor: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const giveTime = () => {
    const starting = accelerator === "kvm" && !guest.isAlive;
    const seconds = isSettled()
      ? END_PATIENCE
      : starting
      ? Math.min(KVM_PATIENCE, silence)
      : silence;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!isSettled()) hungFor = seconds;
      qemu.endNow();
    }, seconds * 1000);
  };

  try {
    giveTime();
    for await (const bytes of qemu.serialLine) {
      const wasSettled = isSettled();
      guest.hear(bytes);
      if (!wasSettled) giveTime();
    }
    const end = await qemu.ended;
    if (guest.failure !== undefined) throw failureOf(guest.failure, guest);
    if (hungFor !== undefined) throw hang(accelerator, guest, hungFor);
    if (!guest.isDone) throw earlyEnd(accelerator, guest, end);
  } finally {
    clearTimeout(timer);
    qemu.endNow();
    await qemu.ended;
  }
}

function failureOf(failure: GuestFailure, { isAlive, lastLines }: Guest): ImageError {
  switch (failure.kind) {
    case "exit":
      return new ScriptFailure(failure.script, failure.status, failure.line, lastLines);
    case "full":
      return new ImageError(
        `The virtual machine's disk is full: diskSize says how large it is${block(lastLines)}`,
      );
    case "error":
      return new ImageError(
        `The virtual machine failed: ${shortened(failure.text, REASON_LENGTH)}${block(lastLines)}`,
      );
    case "panic": {
      const panic = shortened(failure.text.replace(/^.*?(?=Kernel panic)/, ""), REASON_LENGTH);
      const message = `The virtual machine's kernel gave up: ${panic}${block(lastLines)}`;
      return isAlive ? new ImageError(message) : new NoSignOfLife(message, panic, false);
    }
  }
}

function hang(accelerator: Accelerator, guest: Guest, seconds: number): ImageError {
  const silence = `nothing for ${seconds} seconds`, lines = block(guest.lastLines);
  if (guest.isAlive || accelerator === "tcg") {
    return new ImageError(
      `The virtual machine has said ${silence}; --vm-timeout allows for more${lines}`,
    );
  }
  return new NoSignOfLife(
    `The virtual machine does not start under KVM: it says ${silence}; ${WITHOUT_KVM}${lines}`,
    `the machine does ${silence}`,
    false,
  );
}

function earlyEnd(
  accelerator: Accelerator,
  guest: Guest,
  { signal, text, stderr }: QemuEnd,
): ImageError {
  const errors = stderr.split("\n").map(visible);
  const lines = block([guest.lastLines, ...errors].filter(Boolean).join("\n"));
  const reason = `QEMU ended before the virtual machine was done (${text})`;
  const memory = signal === "SIGKILL" ? `; ${OUT_OF_MEMORY}` : "";
  if (guest.isAlive) return new ImageError(reason + memory + lines);
  const advice = accelerator === "kvm" ? `; ${WITHOUT_KVM}` : memory;
  const brief = shortened(errors.at(-1) || `QEMU: ${text}`, REASON_LENGTH);
  return new NoSignOfLife(reason + advice + lines, brief, signal === undefined);
}

function block(lines: string): string {
  return lines === "" ? "" : `:\n${indent(lines)}`;
}
