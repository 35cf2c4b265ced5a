/**
 * A machine with nothing to do, to see whether there can be one.
 * @module
 */

import { makeWorkDisk, writeDisk } from "./disks.ts";
import type { GuestParts } from "./guest_parts.ts";
import { initramfs } from "./initramfs.ts";
import { initScript } from "./init_script.ts";
import { runMachine, type RunMachineOptions } from "./machine.ts";

/** How the machine was run. */
export interface MachineTry {
  readonly accelerator: "kvm" | "tcg";
  /** What was worse than it could be. */
  readonly warnings: readonly string[];
}

/** The sizes of the disk and the memory, in MiB. */
const DISK = 64, MEMORY = 512;

/**
 * Starts a machine as `runAsRoot` does, until it has powered off.
 *
 * @param work a directory of ours
 * @throws {ImageError} if it does not get done.
 */
export async function tryMachine(
  parts: GuestParts,
  work: string,
  options: Pick<RunMachineOptions, "accel" | "verdictFile" | "silence" | "searchPath">,
): Promise<MachineTry> {
  const clock = 24 * 60 * 60;
  const { init, files } = initScript({ archives: [], scripts: [], time: clock }, parts.modules);
  const disk = `${work}/disk`, initial = `${work}/initramfs`;
  await makeWorkDisk(disk, DISK);
  await writeDisk(initial, new Blob([await initramfs(parts, init, files)]).stream());
  const warnings: string[] = [];
  const accelerator = await runMachine({
    qemu: parts.qemu,
    kernel: parts.kernel.image,
    initramfs: initial,
    disks: [{ file: disk, readOnly: false }],
    memory: MEMORY,
    clock,
  }, { ...options, onOutput: () => {}, onWarning: (text) => void warnings.push(text) });
  return { accelerator, warnings };
}
