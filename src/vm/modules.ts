/**
 * The modules of the kernel that the guest needs.
 * @module
 */

import { Buffer } from "node:buffer";
import { basename } from "node:path/posix";
import type { Compression } from "../tar/compression.ts";
import { decompress } from "../tar/decompress.ts";

/** A module of the kernel. */
export interface KernelModule {
  /** Its file's name without suffixes, such as `virtio_blk`. */
  readonly name: string;
  /** How its file is compressed. */
  readonly compression: Compression | undefined;
  /** What is to be inserted. */
  bytes(): Promise<Uint8Array>;
}

/** Modules for a guest. */
export interface GuestModules {
  /** In the order in which they are inserted; what is built into the kernel is not among them. */
  readonly modules: readonly KernelModule[];
  /** The needed ones that this kernel does not have at all. */
  readonly missing: readonly string[];
  /** Whether this kernel mounts EROFS. */
  readonly hasErofs: boolean;
}

/** The disks, what is on them, and how they are seen as one. */
const NEEDED = ["virtio_pci", "virtio_blk", "ext4", "overlay"];

/** What ext4 asks for by another way than modules.dep. Before it. */
const WANTED = ["crc32c_generic"];

/** Read-only disks that need no unpacking. */
const EROFS = "erofs";

const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  xz: "xz",
  zst: "zstd",
  gz: "gzip",
};

const FILE = /^(.+)\.ko(?:\.(xz|zst|gz))?$/;

/** @param directory the one with modules.dep */
export function guestModules(directory: string): GuestModules {
  const dependencies = new Map<string, { path: string; needs: readonly string[] }>();
  for (const line of lines(`${directory}/modules.dep`)) {
    const [path = "", rest = ""] = line.split(":");
    dependencies.set(nameOf(path), { path, needs: rest.split(" ").filter(Boolean).map(nameOf) });
  }
  const builtIn = new Set(lines(`${directory}/modules.builtin`).map(nameOf));

  const order = new Set<string>(), missing: string[] = [];
  for (const name of [...WANTED, ...NEEDED, EROFS]) {
    if (builtIn.has(name)) continue;
    const module = dependencies.get(name);
    if (module === undefined) {
      if (NEEDED.includes(name)) missing.push(name);
      continue;
    }
    // What a module needs is listed with what is needed first as the last.
    for (const each of [...module.needs].reverse()) order.add(each);
    order.add(name);
  }
  const modules = [...order].map((name) => dependencies.get(name)?.path)
    .filter((path) => path !== undefined).map((path) => moduleOf(`${directory}/${path}`));
  return { modules, missing, hasErofs: builtIn.has(EROFS) || dependencies.has(EROFS) };
}

function moduleOf(path: string): KernelModule {
  const [, name = "", suffix = ""] = FILE.exec(basename(path)) ?? [];
  const compression = COMPRESSIONS[suffix];
  return {
    name,
    compression,
    async bytes() {
      const bytes = await Deno.readFile(path);
      if (compression === undefined) return bytes;
      const chunks = decompress(one(bytes), compression, bytes.length, path);
      return Buffer.concat(await Array.fromAsync(chunks, (chunk) => chunk.slice()));
    },
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** A module's name as the kernel has it: `-` and `_` in a file's name are the same. */
function nameOf(path: string): string {
  return (FILE.exec(basename(path))?.[1] ?? "").replaceAll("-", "_");
}

function lines(path: string): string[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
}
