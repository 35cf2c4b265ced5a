/**
 * Running a virtual machine, with KVM where that works.
 * @module
 */

import type { Accelerator, Machine } from "./command_line.ts";
import type { GuestListener } from "./guest.ts";
import { KvmVerdict } from "./kvm_verdict.ts";
import { type MachineRunOptions, NoSignOfLife, runOnce, ScriptFailure } from "./machine_run.ts";

export { type Machine, ScriptFailure };

/** How a machine is run. */
export interface RunMachineOptions extends Omit<GuestListener, "onAlive"> {
  /** With `auto`, KVM is given up if the guest does not start under it. */
  readonly accel: "auto" | Accelerator;
  /** Keeps from run to run that KVM does not work on this host. */
  readonly verdictFile?: string | undefined;
  /** After so many seconds without a word from the guest it counts as hanging; by default 1800. */
  readonly silence?: number | undefined;
  /** Directories in which QEMU is looked for before the system's, separated by colons. */
  readonly searchPath: string;
  /** Told in a sentence what is worse than it could be. */
  readonly onWarning: (text: string) => void;
  /** Told what the machine is like. */
  readonly onDetail?: ((message: string) => void) | undefined;
}

const DEFAULT_SILENCE = 1800;

/**
 * Runs a machine until it is done and has powered off. Nothing of it stays, be this process killed.
 *
 * @returns how it was run in the end
 * @throws {ScriptFailure} if a script in it fails.
 * @throws {ImageError} if it does not get done: the reason, and the last that it said.
 */
export async function runMachine(
  machine: Machine,
  options: RunMachineOptions,
): Promise<Accelerator> {
  const { accel, verdictFile, searchPath, onOutput, onPhase } = options;
  const run = { silence: options.silence ?? DEFAULT_SILENCE, searchPath, onOutput, onPhase };
  const once = async (accelerator: Accelerator, runOptions: MachineRunOptions) => {
    options.onDetail?.(
      `virtual machine: ${machine.qemu} with ${accelerator}, kernel ${machine.kernel}`,
    );
    await runOnce(machine, accelerator, runOptions);
    return accelerator;
  };
  const isForeign = machine.qemu !== `qemu-system-${Deno.build.arch}`;
  if (accel === "tcg" || accel === "auto" && isForeign) return await once("tcg", run);
  const verdict = verdictFile
    ? await KvmVerdict.open(verdictFile, machine.qemu, searchPath)
    : undefined;
  if (accel === "kvm") {
    // It may have been repaired.
    return await once("kvm", { ...run, onAlive: () => verdict?.remember(false) });
  }
  if (verdict?.isBroken) return await once("tcg", run);
  try {
    return await once("kvm", run);
  } catch (error) {
    if (!(error instanceof NoSignOfLife)) throw error;
    // Until then it may be kernel or memory that the machine does not start with.
    const onAlive = () => {
      options.onWarning(
        `KVM does not work here (${error.brief}); the virtual machine runs without it, slowly`,
      );
      // A user may repair what QEMU refuses for, such as rights to /dev/kvm.
      if (!error.isRefused) verdict?.remember(true);
    };
    return await once("tcg", { ...run, onAlive });
  }
}
