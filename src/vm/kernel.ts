/**
 * Finding a kernel for the guest, and the directory with its modules.
 * @module
 */

import { basename, dirname, join } from "node:path/posix";
import { ImageError } from "../errors.ts";

/** A kernel that can be booted. */
export interface Kernel {
  /** The path of its image. */
  readonly image: string;
  readonly version: string;
  /** The directory with its modules.dep. */
  readonly modules: string;
}

/** Where a user says that the kernel is. */
export interface KernelChoice {
  /** An image, or a directory with one in it, as a Nix package of a kernel has. */
  readonly kernel?: string | undefined;
  /** The directory with modules.dep, or one above it, such as the parent of `lib/modules`. */
  readonly modules?: string | undefined;
  /** Where the host's own files are: "" for `/`. */
  readonly root?: string | undefined;
}

/** Names of images in a directory: x86_64, aarch64, and as distributions call them. */
const IMAGES = ["bzImage", "Image", "vmlinuz", "kernel"];

const NIXOS = "/run/booted-system";

/**
 * The kernel that is named, else the newest that this user can read: Debian's and its like, then
 * the running NixOS system's.
 *
 * @returns why there is none, as the last.
 */
export function findKernel(choice: KernelChoice): Kernel | string {
  const { kernel, modules, root = "" } = choice;
  if (kernel !== undefined) return namedKernel(kernel, modules, root);
  const unreadable: string[] = [];
  const directories = modules === undefined ? hostModules(root) : [modulesIn(modules)];
  for (const directory of directories) {
    if (directory === undefined) return `--modules: there is no modules.dep in ${modules}`;
    const version = basename(directory);
    for (const image of [`${root}/boot/vmlinuz-${version}`, `${directory}/vmlinuz`]) {
      const state = readable(image);
      if (state === "yes") return { image, version, modules: directory };
      if (state === "no") unreadable.push(image);
    }
  }
  const nixos = `${root}${NIXOS}/kernel`;
  if (readable(nixos) === "yes") {
    const found = modulesIn(modules ?? `${root}${NIXOS}/kernel-modules`);
    if (found !== undefined) return { image: nixos, version: basename(found), modules: found };
  }
  const [first] = unreadable;
  if (first === undefined) return "";
  return `this user may not read ${first}: have root run \`chmod a+r ${first}\`, or copy it to ` +
    "where --kernel names it";
}

/** @throws {ImageError} if it is not there, or not readable. */
function namedKernel(
  kernel: string,
  modules: string | undefined,
  root: string,
): Kernel {
  const image = imageIn(kernel);
  const directory = dirname(image);
  const version = /^vmlinuz-(.+)$/.exec(basename(image))?.[1];
  const places = modules !== undefined ? [modules] : [
    // Beside the image, as in a Nix package and in /lib/modules/VERSION.
    ...version === undefined ? [directory] : [join(directory, "lib/modules", version)],
    ...version === undefined ? [] : [`${root}/lib/modules/${version}`],
  ];
  const found = places.map(modulesIn).find((place) => place !== undefined);
  if (found !== undefined) return { image, version: basename(found), modules: found };
  throw new ImageError(
    modules === undefined
      ? `--kernel: there are no modules with ${image}: name their directory with --modules`
      : `--modules: there is no modules.dep in ${modules}`,
  );
}

function imageIn(kernel: string): string {
  let paths = [kernel];
  try {
    if (Deno.statSync(kernel).isDirectory) paths = IMAGES.map((name) => join(kernel, name));
  } catch (error) {
    throw new ImageError(`--kernel: cannot read ${kernel}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  for (const path of paths) {
    const state = readable(path);
    if (state === "yes") return path;
    if (state === "no") throw new ImageError(`--kernel: this user may not read ${path}`);
  }
  throw new ImageError(`--kernel: there is none of ${IMAGES.join(", ")} in ${kernel}`);
}

/** The host's directories of modules, of the newest kernel first. */
function hostModules(root: string): string[] {
  return versionsIn(`${root}/lib/modules`);
}

/** The directory with modules.dep at or below a path; of several, that of the newest kernel. */
function modulesIn(path: string): string | undefined {
  // The version is the name of the directory that a link leads to.
  if (readable(`${path}/modules.dep`) === "yes") return Deno.realPathSync(path);
  return [...versionsIn(`${path}/lib/modules`), ...versionsIn(path)][0];
}

function versionsIn(directory: string): string[] {
  let names: string[];
  try {
    names = Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch {
    return [];
  }
  return names.sort(compareVersions).reverse().map((name) => `${directory}/${name}`)
    .filter((path) => readable(`${path}/modules.dep`) === "yes");
}

/** As `sort -V` does it where versions of kernels are concerned: numbers as such, `~` before all. */
function compareVersions(a: string, b: string): number {
  const left = parts(a), right = parts(b);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = comparePart(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function parts(version: string): string[] {
  return version.match(/\d+|~|[^\d~]+/g) ?? [];
}

function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "~" || b === "~") return a === "~" ? -1 : 1;
  const numbers = [a, b].map((part) => /^\d/.test(part) ? Number(part) : undefined);
  if (numbers[0] !== undefined && numbers[1] !== undefined) return numbers[0] - numbers[1];
  return a < b ? -1 : 1;
}

function readable(path: string): "yes" | "no" | "missing" {
  try {
    Deno.openSync(path).close();
    return "yes";
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied ? "no" : "missing";
  }
}
