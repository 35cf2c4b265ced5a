/**
 * The guest's initial file system.
 * @module
 */

import { BROUGHT } from "../process/script_text.ts";
import { cpioArchive, type CpioEntry } from "./cpio.ts";
import type { GuestParts } from "./guest_parts.ts";

/** Its programs: in the same place as in the new root, where the guest shows them too. */
export const PROGRAMS = `${BROUGHT}/bin`;

/** Where its modules are, each as NAME.ko. */
export const MODULES = "/modules";

/** Where the names of symlinks are that get owners. */
export const LINKS = "/links";

/** Where the scripts are kept, of which each comes to {@linkcode BROUGHT} when it is to run. */
export const SCRIPTS = "/scripts";

/** A file by its absolute path, in a directory that is there anyway. */
export interface GuestFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** @param init what the kernel starts; it inserts the modules */
export async function initramfs(
  { modules, busybox }: Pick<GuestParts, "modules" | "busybox">,
  init: string,
  files: readonly GuestFile[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const entries: CpioEntry[] = [
    "dev",
    "disk",
    LINKS.slice(1),
    MODULES.slice(1),
    "nix",
    "nix/store",
    "proc",
    "run",
    SCRIPTS.slice(1),
    "sys",
    "tmp",
    BROUGHT.slice(1),
    PROGRAMS.slice(1),
  ].map((path) => ({ path, kind: "directory" }));
  // The kernel gives it to init before there is any other.
  entries.push({ path: "dev/console", kind: "character-device", major: 5, minor: 1 });
  entries.push({ path: "bin", kind: "symlink", target: PROGRAMS });
  const programs = PROGRAMS.slice(1);
  entries.push(file(`${programs}/busybox`, busybox.bytes));
  for (const applet of busybox.applets) {
    if (applet === "busybox") continue;
    entries.push({ path: `${programs}/${applet}`, kind: "symlink", target: "busybox" });
  }
  for (const module of modules) {
    entries.push(file(`${MODULES.slice(1)}/${module.name}.ko`, await module.bytes()));
  }
  const encoder = new TextEncoder();
  for (const { path, content } of [{ path: "/init", content: init }, ...files]) {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    entries.push(file(path.slice(1), bytes));
  }
  return cpioArchive(entries);
}

function file(path: string, content: Uint8Array): CpioEntry {
  return { path, kind: "file", content, executable: true };
}
