/**
 * A spec's scripts as root in a virtual machine: the root file system goes in, and comes out as they
 * leave it.
 * @module
 */

import { lstatSync } from "node:fs";
import type { BaseRoot } from "../base/base_root.ts";
import { ImageError } from "../errors.ts";
import type { Layer } from "../layer/layer.ts";
import { scriptFailure } from "../process/script_failure.ts";
import { hostPath, programsOf, shellPaths, STANDARD_PATH } from "../process/script_options.ts";
import type { RootTree } from "../rootfs/root_tree.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import { type ArchivesInput, writeArchives } from "./archives.ts";
import { makeWorkDisk, writeDisk } from "./disks.ts";
import { readExt4Tree } from "./ext4/tree.ts";
import { findGuestParts, type GuestParts } from "./guest_parts.ts";
import { type GuestScript, type GuestWork, initScript } from "./init_script.ts";
import { initramfs } from "./initramfs.ts";
import { runMachine, ScriptFailure } from "./machine.ts";
import { upperTree } from "./upper_tree.ts";

/** How the user wants machines to be. */
export interface MachineSettings {
  /** Default: KVM where it works. */
  readonly accel?: "auto" | "kvm" | "tcg" | undefined;
  /** A file that keeps from run to run that KVM does not work on this host. */
  readonly verdictFile?: string | undefined;
  /** After so many seconds without a word from the guest it counts as hanging; by default 1800. */
  readonly silence?: number | undefined;
  /** A kernel, or a directory with one. Default: the host's. */
  readonly kernel?: string | undefined;
  /** A directory with the kernel's modules. */
  readonly modules?: string | undefined;
  /** Told what the machine is like. */
  readonly onDetail?: ((message: string) => void) | undefined;
}

/** What the machine works on, besides the tree. */
export interface MachineSurroundings extends MachineSettings, ArchivesInput {
  /** The base image. */
  readonly base?: { readonly layers: readonly Layer[]; readonly root: BaseRoot } | undefined;
  /** Directories of programs, separated by colons. */
  readonly searchPath: string;
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
  const { archives, disks, size } = await writeArchives(tree, surroundings, parts.hasErofs);
  const disk = `${work}/disk`;
  const diskSize = spec.diskSize ?? defaultDiskSize(size);
  await makeWorkDisk(disk, diskSize);
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
    searchPath: surroundings.searchPath,
    onPhase: (name) => phase = name,
    onOutput: (text) => onOutput(`${phase}: ${text}`),
    onWarning: (text) => onOutput(`${text}\n`),
    onDetail: surroundings.onDetail,
  }).catch((error) => {
    throw error instanceof ScriptFailure ? failureOf(error, scripts, isShown) : error;
  });
  const upper = readExt4Tree(disk, "upper");
  try {
    const root = upperTree(upper.entries(), base?.root, diskSize * 2 ** 20);
    return { tree: root, close: () => upper[Symbol.dispose]() };
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
