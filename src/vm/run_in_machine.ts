/**
 * A spec's scripts as root in a virtual machine: the root file system goes in, and comes out as they
 * leave it.
 * @module
 */

import { lstatSync } from "node:fs";
import type { BaseRoot } from "../base/base_root.ts";
import { mergeLayers } from "../base/merged_root.ts";
import { ImageError } from "../errors.ts";
import type { Layer } from "../layer/layer.ts";
import { StoreMembers } from "../layer/store_members.ts";
import { scriptFailure } from "../process/script_failure.ts";
import { hostPath, programsOf, shellPaths, STANDARD_PATH } from "../process/script_options.ts";
import type { RootEntry, RootTree } from "../rootfs/root_tree.ts";
import { topArchive } from "../rootfs/top_layer.ts";
import { rootArchive } from "../sinks/root_archive.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import type { StorePath } from "../store/store_path.ts";
import { membersOf, tarStream } from "../tar/stream.ts";
import { makeWorkDisk, writeDisk } from "./disks.ts";
import { readExt4Tree } from "./ext4/tree.ts";
import { findGuestParts, type GuestParts } from "./guest_parts.ts";
import {
  type GuestArchive,
  type GuestScript,
  type GuestWork,
  initScript,
  type OwnedLink,
} from "./init_script.ts";
import { initramfs } from "./initramfs.ts";
import { runMachine, type RunMachineOptions, ScriptFailure } from "./machine.ts";
import { upperTree } from "./upper_tree.ts";

/** How the user wants machines to be. */
export interface MachineSettings extends Pick<RunMachineOptions, "verdictFile" | "silence"> {
  /** Default: KVM where it works. */
  readonly accel?: RunMachineOptions["accel"] | undefined;
  /** A kernel, or a directory with one. Default: the host's. */
  readonly kernel?: string | undefined;
  /** A directory with the kernel's modules. */
  readonly modules?: string | undefined;
}

/** What the machine works on, besides the tree. */
export interface MachineSurroundings extends MachineSettings {
  /** The base image. */
  readonly base?: { readonly layers: readonly Layer[]; readonly root: BaseRoot } | undefined;
  /** What there is in /nix/store while the scripts run, besides what the image has there. */
  readonly storePaths: readonly StorePath[];
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** Directories of programs, separated by colons. */
  readonly searchPath: string;
  /** An empty directory for the disks. */
  readonly work: string;
  /** Told what the scripts print, as it comes, and what is slower than it could be. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

/** What the scripts have left. */
export interface MachineRoot {
  readonly tree: RootTree;
  /** To be called when nothing of the tree is read any more. */
  close(): void;
}

/**
 * Runs the scripts of a spec that has `runAsRoot`.
 *
 * @throws {ImageError} if a part of the machine is missing, it does not get done, or a script fails.
 */
export async function runInMachine(
  tree: RootTree,
  spec: ImageSpec,
  surroundings: MachineSurroundings,
): Promise<MachineRoot> {
  const { work, base, onOutput = () => {} } = surroundings;
  const parts = await findGuestParts({
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    searchPath: surroundings.searchPath,
    kernel: surroundings.kernel,
    modules: surroundings.modules,
  });
  const scripts = scriptsOf(spec, surroundings.storeRoot);
  const { archives, disks, size } = await writeArchives(tree, surroundings);
  const disk = `${work}/disk`;
  await makeWorkDisk(disk, spec.diskSize ?? defaultDiskSize(size));
  const time = spec.created === "now" ? Math.floor(Date.now() / 1000) : Math.max(0, spec.created);
  const initramfsFile = await writeInitramfs(`${work}/initramfs`, parts, {
    archives,
    scripts,
    time,
  });
  let phase = "";
  const isShown = surroundings.onOutput !== undefined;
  await runMachine({
    qemu: parts.qemu,
    kernel: parts.kernel.image,
    initramfs: initramfsFile,
    disks: [{ file: disk, readOnly: false }, ...disks.map((file) => ({ file, readOnly: true }))],
    memory: spec.buildVMMemorySize,
    clock: time,
  }, {
    accel: surroundings.accel ?? "auto",
    verdictFile: surroundings.verdictFile,
    silence: surroundings.silence,
    onPhase: (name) => phase = name,
    onOutput: (text) => onOutput(`${phase}: ${text}`),
    onWarning: (text) => onOutput(`${text}\n`),
  }).catch((error) => {
    throw error instanceof ScriptFailure ? failureOf(error, scripts, isShown) : error;
  });
  const upper = readExt4Tree(disk, "upper");
  try {
    return { tree: upperTree(upper.entries(), base?.root), close: () => upper[Symbol.dispose]() };
  } catch (error) {
    upper[Symbol.dispose]();
    throw error;
  }
}

/** @param isShown whether the user has seen the output */
function failureOf(
  { script: field, status, line, lastLines }: ScriptFailure,
  scripts: readonly GuestScript[],
  isShown: boolean,
): ImageError {
  const script = scripts.find((each) => each.field === field)?.script ?? "";
  return scriptFailure({ field, script, status, line, output: isShown ? "" : lastLines });
}

/** Room for what the scripts add, in MiB. */
const LEAST_DISK = 1024, LEAST_FREE = 512;

/** Twice what goes in, as it may all be copied up or changed. */
function defaultDiskSize(bytes: number): number {
  return Math.max(LEAST_DISK, LEAST_FREE + Math.ceil(2 * bytes / 2 ** 20));
}

interface Archives {
  readonly archives: GuestWork["archives"];
  /** Their files, in the same order. */
  readonly disks: readonly string[];
  /** Of all of them, in bytes. */
  readonly size: number;
}

/** In GNU's format: busybox, which unpacks them, does not know pax headers. */
async function writeArchives(
  tree: RootTree,
  { base, storePaths, storeRoot, work }: MachineSurroundings,
): Promise<Archives> {
  const archives: GuestArchive[] = [];
  const disks: string[] = [];
  let size = 0;
  const write = async (
    directory: GuestArchive["directory"],
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    ownedLinks: OwnedLink[],
  ) => {
    const file = `${work}/${directory}.tar`;
    size += await writeDisk(file, stream);
    archives.push({ directory, ownedLinks });
    disks.push(file);
  };
  if (base !== undefined) {
    const merged = await mergeLayers(base.layers);
    const links = Array.from(merged.names(), ({ path, file }) => ({ ...file, path }));
    await write("lower", rootArchive(merged, base.layers, "gnu").open(), ownedLinks(links));
  }
  const { members } = topArchive(tree);
  await write("upper", tarStream(membersOf(members), "gnu"), ownedLinks(tree.values()));
  if (storePaths.length > 0) await write("store", storeArchive(storePaths, storeRoot), []);
  return { archives, disks, size };
}

/** The symlinks that are not root's. */
function ownedLinks(entries: Iterable<Pick<RootEntry, "path" | "type" | "uid" | "gid">>) {
  return [...entries].filter(({ type, uid, gid }) => type === "symlink" && (uid !== 0 || gid !== 0))
    .map(({ path, uid, gid }): OwnedLink => ({ path, uid, gid }));
}

function storeArchive(
  paths: readonly StorePath[],
  root: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const members = new StoreMembers(paths, {
    root,
    format: "gnu",
    memberOf: ({ path, type, mode, size, target }, origin, open) => ({
      name: path.slice(1),
      type,
      mode,
      size,
      linkname: target,
      ...{ uid: 0, gid: 0, uname: "", gname: "", mtime: 1 },
      origin,
      open,
    }),
  });
  return tarStream(members.read([]), "gnu");
}

async function writeInitramfs(file: string, parts: GuestParts, work: GuestWork): Promise<string> {
  const { init, files } = initScript(work, parts.modules);
  const bytes = await initramfs(parts, init, files);
  await writeDisk(file, new Blob([bytes]).stream());
  return file;
}

function scriptsOf(spec: ImageSpec, storeRoot: string): GuestScript[] {
  const { runAsRoot, extraCommands, fakeRootCommands, enableFakechroot } = spec;
  const shell = spec.shell === null ? null : findShell(spec.shell, storeRoot);
  const path = spec.path?.map(programsOf) ?? STANDARD_PATH;
  const environment = {
    PATH: path.join(":"),
    HOME: "/homeless-shelter",
    TMPDIR: "/tmp",
    TZ: "UTC",
    LC_ALL: "C",
    SOURCE_DATE_EPOCH: "315532800",
  };
  const all = [
    { field: "runAsRoot", script: runAsRoot, inRoot: true },
    { field: "extraCommands", script: extraCommands, inRoot: false },
    { field: "fakeRootCommands", script: fakeRootCommands, inRoot: enableFakechroot },
  ] as const;
  return all.filter(({ script }) => script.trim() !== "")
    .map((each) => ({ ...each, shell, environment }));
}

/** A path outside of the store is one in the image. */
function findShell(shell: string, storeRoot: string): string {
  const paths = shellPaths(shell);
  const found = paths.find((path) =>
    !path.startsWith("/nix/store/") || isThere(hostPath(path, storeRoot))
  );
  if (found !== undefined) return found;
  throw new ImageError(`shell: there is none at ${paths.join(" nor ")}`);
}

/** Be it a link, which need lead nowhere on this host. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
