/**
 * Finding a busybox for the guest: a static one, as the guest has no libraries.
 * @module
 */

import { runShell } from "../process/run.ts";
import { isProgram } from "../process/find_program.ts";

/** A busybox that works by itself. */
export interface Busybox {
  readonly bytes: Uint8Array;
  /** The programs that it can be. */
  readonly applets: readonly string[];
}

/** What the guest's own scripts call. */
const NEEDED = (
  "[ awk cat chgrp chmod chown chroot cp date env find hostname insmod ip ln mkdir mount poweroff rm rmdir " +
  "sh sleep stat stty sync tail tar touch tr umount unshare xargs"
).split(" ");

/** Of ELF machines, by architecture. */
const MACHINES = { amd64: 62, arm64: 183 } as const;

/** The program header that names a dynamic linker. */
const PT_INTERP = 3;

/**
 * The first in `directories` that is static and has all that the guest needs.
 *
 * @returns why there is none, as the last; empty if there is no busybox at all.
 */
export async function findBusybox(
  directories: readonly string[],
  architecture: keyof typeof MACHINES,
): Promise<Busybox | string> {
  let why = "";
  for (const directory of new Set(directories)) {
    const path = `${directory}/busybox`;
    if (!isProgram(path)) continue;
    const bytes = await Deno.readFile(path);
    if (!isStatic(bytes, MACHINES[architecture])) {
      why ||= `${path} is not statically linked`;
      continue;
    }
    const list = new TextDecoder().decode(await runShell('"$1" --list', [path]));
    const applets = list.split("\n").filter((name) => /^[^/.][^/]*$/.test(name));
    const lacking = NEEDED.filter((name) => !applets.includes(name));
    if (lacking.length === 0) return { bytes, applets };
    why ||= `${path} has no ${lacking.join(", ")}`;
  }
  return why;
}

/** Whether this is a 64-bit program for the machine without a dynamic linker (the ELF format). */
function isStatic(bytes: Uint8Array, machine: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46) return false;
  if (bytes[4] !== 2 || bytes[5] !== 1 || view.getUint16(18, true) !== machine) return false;
  const start = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true), count = view.getUint16(56, true);
  if (start + size * count > bytes.length) return false;
  for (let index = 0; index < count; index++) {
    if (view.getUint32(start + index * size, true) === PT_INTERP) return false;
  }
  return true;
}
