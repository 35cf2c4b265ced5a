/**
 * What a guest is made of, found on the host before anything starts.
 * @module
 */

import { ImageError } from "../errors.ts";
import { findProgram } from "../process/find_program.ts";
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

/** A missing part, and the package of Debian that has it; null if it is there but of no use. */
interface Missing {
  readonly text: string;
  readonly package: string | null;
}

const QEMU = {
  amd64: { program: "qemu-system-x86_64", package: "qemu-system-x86" },
  arm64: { program: "qemu-system-aarch64", package: "qemu-system-arm" },
} as const;

/** Programs of the system, which a user's PATH may lack. */
const SYSTEM = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/**
 * Finds all the parts.
 *
 * @throws {ImageError} with everything that is missing, and what to install.
 */
export async function findGuestParts(options: GuestPartsOptions): Promise<GuestParts> {
  const { architecture, searchPath, root = "" } = options;
  const path = searchPath.split(":").filter((entry) => entry.startsWith("/"));
  const all = [...path, ...SYSTEM.map((directory) => root + directory)];
  const missing: Missing[] = [];

  const qemu = QEMU[architecture];
  if (findProgram(qemu.program, path) === undefined) {
    missing.push({ text: `${qemu.program} is not on the PATH`, package: qemu.package });
  }

  const kernel = findKernel(options);
  let modules: readonly KernelModule[] = [], hasErofs = false;
  if (typeof kernel === "string") {
    missing.push({
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
      missing.push({ text, package: null });
    }
    missing.push(...missingDecompressors(modules, path));
  }

  const busybox = await findBusybox(all, architecture);
  if (typeof busybox === "string") {
    const text = busybox || "there is no busybox";
    missing.push({ text: `${text}: the guest needs a static one`, package: "busybox-static" });
  }

  const mke2fs = findProgram("mke2fs", all);
  if (mke2fs === undefined) missing.push({ text: "there is no mke2fs", package: "e2fsprogs" });

  if (
    missing.length > 0 || typeof kernel === "string" || typeof busybox === "string" ||
    mke2fs === undefined
  ) throw new ImageError(missingText(missing));
  return { qemu: qemu.program, kernel, modules, hasErofs, busybox, mke2fs };
}

function missingDecompressors(
  modules: readonly KernelModule[],
  path: readonly string[],
): Missing[] {
  const programs = { xz: "xz-utils", zstd: "zstd" } as const;
  const used = new Set(modules.map(({ compression }) => compression));
  return (["xz", "zstd"] as const)
    .filter((program) => used.has(program) && findProgram(program, path) === undefined)
    .map((program) => ({
      text: `${program}, for the kernel's modules, is not on the PATH`,
      package: programs[program],
    }));
}

function missingText(missing: readonly Missing[]): string {
  const items = missing.map(({ text }) => `\n- ${text}`).join("");
  const packages = [
    ...new Set(missing.map((part) => part.package).filter((name) => name !== null)),
  ];
  const install = packages.length === 0 ? "" : `\nOn Debian: apt-get install ${packages.join(" ")}`;
  return `A virtual machine for scripts as root can't be made here:${items}${install}`;
}
