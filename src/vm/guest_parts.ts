/**
 * What a guest is made of, found on the host before anything starts.
 * @module
 */

import { ImageError } from "../errors.ts";
import { findProgram } from "../process/find_program.ts";
import { debianPackage } from "../process/packages.ts";
import { type Busybox, findBusybox } from "./busybox.ts";
import { findKernel, type Kernel, type KernelChoice } from "./kernel.ts";
import { guestModules, type KernelModule } from "./modules.ts";

export type { KernelModule };

/** Where the parts are looked for. */
export interface GuestPartsOptions extends KernelChoice {
  /** The host's: the guest is of the same. */
  readonly architecture: "amd64" | "arm64";
  /** Directories of programs, as in PATH. */
  readonly searchPath: string;
}

/** All that a guest is made of. */
export interface GuestParts {
  readonly qemu: "qemu-system-x86_64" | "qemu-system-aarch64";
  readonly kernel: Kernel;
  /** In the order in which they are inserted. */
  readonly modules: readonly KernelModule[];
  /** Whether the kernel mounts EROFS. */
  readonly hasErofs: boolean;
  readonly busybox: Busybox;
  /** The path of mke2fs. */
  readonly mke2fs: string;
}

/** A missing part. */
export interface MissingPart {
  readonly part: "qemu" | "kernel" | "modules" | "busybox" | "mke2fs";
  /** What is not there, or of no use. */
  readonly text: string;
  /** The package of Debian that has it; null if it is there but of no use. */
  readonly package: string | null;
}

/** What was found of a guest's parts, and what was not. */
export interface FoundParts extends Partial<Omit<GuestParts, "qemu">> {
  /** The emulator's name, be it there or not. */
  readonly qemu: GuestParts["qemu"];
  readonly missing: readonly MissingPart[];
}

const QEMU = { amd64: "qemu-system-x86_64", arm64: "qemu-system-aarch64" } as const;

/** Programs of the system, which a user's PATH may lack. */
const SYSTEM = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/**
 * Finds all the parts.
 *
 * @throws {ImageError} with everything that is missing, and what to install.
 */
export async function findGuestParts(options: GuestPartsOptions): Promise<GuestParts> {
  const { missing, ...found } = await lookForGuestParts(options);
  const { qemu, kernel, modules = [], hasErofs = false, busybox, mke2fs } = found;
  if (missing.length === 0 && kernel && busybox && mke2fs) {
    return { qemu, kernel, modules, hasErofs, busybox, mke2fs };
  }
  throw new ImageError(missingText(missing));
}

/**
 * Looks for all the parts.
 *
 * @throws {ImageError} if a kernel is named and can't be had.
 */
export async function lookForGuestParts(options: GuestPartsOptions): Promise<FoundParts> {
  const { architecture, searchPath, root = "" } = options;
  const path = searchPath.split(":").filter((entry) => entry.startsWith("/"));
  const all = [...path, ...SYSTEM.map((directory) => root + directory)];
  const missing: MissingPart[] = [];

  const qemu = QEMU[architecture];
  if (findProgram(qemu, path) === undefined) {
    const text = `${qemu} is not on the PATH`;
    missing.push({ part: "qemu", text, package: debianPackage(qemu) });
  }

  const kernel = findKernel(options);
  let modules: readonly KernelModule[] = [], hasErofs = false;
  if (typeof kernel === "string") {
    missing.push({
      part: "kernel",
      text: kernel ||
        "there is no kernel with its modules in /boot and /lib/modules, and --kernel names none",
      package: kernel ? null : `linux-image-cloud-${architecture}`,
    });
  } else {
    const found = guestModules(kernel.modules);
    modules = found.modules;
    hasErofs = found.hasErofs;
    if (found.missing.length > 0) {
      const text = `the kernel ${kernel.version} has no ${found.missing.join(", ")}: ` +
        "name another with --kernel";
      missing.push({ part: "modules", text, package: null });
    }
    missing.push(...missingDecompressors(modules, path));
  }

  const busybox = await findBusybox(all, architecture);
  if (typeof busybox === "string") {
    const text = `${busybox || "there is no busybox"}: the guest needs a static one`;
    missing.push({ part: "busybox", text, package: debianPackage("busybox") });
  }

  const mke2fs = findProgram("mke2fs", all);
  if (mke2fs === undefined) {
    const text = "there is no mke2fs";
    missing.push({ part: "mke2fs", text, package: debianPackage("mke2fs") });
  }
  return {
    qemu,
    modules,
    hasErofs,
    missing,
    ...typeof kernel === "string" ? {} : { kernel },
    ...typeof busybox === "string" ? {} : { busybox },
    ...mke2fs === undefined ? {} : { mke2fs },
  };
}

function missingDecompressors(
  modules: readonly KernelModule[],
  path: readonly string[],
): MissingPart[] {
  const used = new Set(modules.map(({ compression }) => compression));
  return (["xz", "zstd"] as const)
    .filter((program) => used.has(program) && findProgram(program, path) === undefined)
    .map((program) => ({
      part: "modules",
      text: `${program}, for the kernel's modules, is not on the PATH`,
      package: debianPackage(program),
    }));
}

function missingText(missing: readonly MissingPart[]): string {
  const items = missing.map(({ text }) => `\n- ${text}`).join("");
  const packages = [
    ...new Set(missing.map((part) => part.package).filter((name) => name !== null)),
  ];
  const install = packages.length === 0 ? "" : `\nOn Debian: apt-get install ${packages.join(" ")}`;
  return `A virtual machine for scripts as root can't be made here:${items}${install}`;
}
