/**
 * The virtual machine of runAsRoot.
 * @module
 */

import { ImageError } from "../errors.ts";
import { WorkDirectory } from "../disk/work_directory.ts";
import { installCommands } from "../process/packages.ts";
import { runShell } from "../process/run.ts";
import { formatDuration } from "../terminal/format.ts";
import {
  findGuestParts,
  type FoundParts,
  type GuestPartsOptions,
  lookForGuestParts,
  type MissingPart,
} from "../vm/guest_parts.ts";
import { KvmVerdict } from "../vm/kvm_verdict.ts";
import { findQemu } from "../vm/qemu_process.ts";
import { tryMachine } from "../vm/try_machine.ts";
import type { Check } from "./check.ts";
import type { Host } from "./host.ts";
import { limited } from "./limit.ts";
import { reasonOf, versionOf } from "./programs.ts";

const group = "virtual machine";
const purpose = "runAsRoot";

/** So long a machine may take in all, in milliseconds. */
const MACHINE_PATIENCE = 180_000;

/** So long it may say nothing, in seconds. */
const SILENCE = 60;

/** Looks for the parts of a machine, and starts one if that is asked for. */
export async function checkMachine(host: Host): Promise<Check[]> {
  const options: GuestPartsOptions = {
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    searchPath: host.searchPath,
    kernel: host.machine.kernel,
    modules: host.machine.modules,
  };
  let found: FoundParts;
  try {
    found = await limited(host.signal, () => lookForGuestParts(options));
  } catch (error) {
    return [{ group, name: "machine", purpose, status: "failed", message: reasonOf(error) }];
  }
  const parts = await Promise.all([
    qemuCheck(found, host),
    kernelCheck(found),
    partCheck("busybox", found, found.busybox && "static", installCommands("busybox")),
    mke2fsCheck(found, host),
    kvmCheck(found, host),
  ]);
  if (!host.deep) return parts;
  const isWhole = found.missing.length === 0;
  const machine: Check = isWhole
    ? await machineCheck(host, options)
    : { group, name: "machine", purpose, status: "missing", message: "parts of it are missing" };
  return [...parts, machine];
}

async function qemuCheck(found: FoundParts, host: Host): Promise<Check> {
  const { qemu } = found;
  const check = partCheck("qemu", found, qemu, installCommands(qemu));
  if (check.status !== "ok") return check;
  const path = findQemu(qemu, host.searchPath);
  return { ...check, path, version: await versionOf(path, host) };
}

function kernelCheck(found: FoundParts): Check {
  const lacking = found.missing.filter(({ part }) => part === "modules");
  const { kernel } = found;
  if (kernel === undefined) {
    const [missing] = found.missing.filter(({ part }) => part === "kernel");
    return {
      group,
      name: "kernel",
      purpose,
      status: missing?.package ? "missing" : "failed",
      message: missing?.text ?? "",
      remedies: missing?.package ? [`apt-get install ${missing.package}`] : [],
    };
  }
  const check = {
    group,
    name: "kernel",
    purpose,
    version: kernel.version,
    path: kernel.image,
    facts: { modules: kernel.modules, erofs: found.hasErofs ?? false },
  } as const;
  if (lacking.length === 0) return { ...check, status: "ok", message: kernel.image };
  return { ...check, status: "failed", ...told(lacking) };
}

async function mke2fsCheck(found: FoundParts, host: Host): Promise<Check> {
  const check = partCheck("mke2fs", found, found.mke2fs, installCommands("mke2fs"));
  if (found.mke2fs === undefined) return check;
  const version = await versionOf(found.mke2fs, host, "-V");
  return { ...check, message: "", path: found.mke2fs, version };
}

function partCheck(
  name: "busybox" | "mke2fs" | "qemu",
  found: FoundParts,
  message: string | undefined,
  remedies: readonly string[],
): Check {
  const check = { group, name, purpose } as const;
  const missing = found.missing.filter(({ part }) => part === name);
  if (missing.length === 0) return { ...check, status: "ok", message: message ?? "" };
  return { ...check, status: "missing", message: told(missing).message, remedies };
}

function told(missing: readonly MissingPart[]): Pick<Check, "message" | "remedies"> {
  return {
    message: missing.map(({ text }) => text).join("; "),
    remedies: missing.flatMap((part) => part.package ? [`apt-get install ${part.package}`] : []),
  };
}

/** Deno shows no program /dev. */
const LOOK_FOR_KVM = `
if [ ! -e /dev/kvm ]; then echo missing
elif [ -r /dev/kvm ] && [ -w /dev/kvm ]; then echo there
else echo refused; fi
`;

async function kvmCheck(found: FoundParts, host: Host): Promise<Check> {
  const check = { group, name: "kvm", purpose: "runAsRoot at full speed" } as const;
  let seen: string;
  try {
    const text = await limited(
      host.signal,
      (signal) => runShell(LOOK_FOR_KVM, [], "", signal),
    );
    seen = new TextDecoder().decode(text).trim();
  } catch (error) {
    return { ...check, status: "unknown", message: reasonOf(error) };
  }
  const slowly = "the machine runs without it, slowly";
  if (seen === "missing") {
    return { ...check, status: "missing", message: `there is no /dev/kvm: ${slowly}` };
  }
  if (seen === "refused") {
    const remedies = ["have root add this user to the group of /dev/kvm"];
    const message = `this user may not use /dev/kvm: ${slowly}`;
    return { ...check, status: "failed", message, remedies };
  }
  if (await isKnownBroken(found, host)) {
    const message = `it was tried within the last day and does not work here: ${slowly}`;
    return { ...check, status: "failed", message };
  }
  const message = "/dev/kvm is there; whether it works is seen when a machine starts (--deep)";
  return { ...check, status: "unknown", message };
}

async function isKnownBroken(
  { qemu, missing }: FoundParts,
  { machine, searchPath }: Host,
): Promise<boolean> {
  if (machine.verdictFile === undefined || missing.some(({ part }) => part === "qemu")) {
    return false;
  }
  try {
    return (await KvmVerdict.open(machine.verdictFile, qemu, searchPath)).isBroken;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}

async function machineCheck(host: Host, options: GuestPartsOptions): Promise<Check> {
  const check = { group, name: "machine", purpose } as const;
  const { accel = "auto", silence = SILENCE, verdictFile } = host.machine;
  const start = performance.now();
  try {
    const { accelerator, warnings } = await limited(host.signal, async () => {
      const parts = await findGuestParts(options);
      await using work = await WorkDirectory.create(host.temporary);
      return await tryMachine(parts, work.path, {
        accel,
        silence,
        verdictFile,
        searchPath: host.searchPath,
      });
    }, MACHINE_PATIENCE);
    const milliseconds = Math.round(performance.now() - start);
    const how = accelerator === "kvm" ? "KVM" : "TCG, without KVM";
    const took = `started under ${how}, and ended after ${formatDuration(milliseconds)}`;
    return {
      ...check,
      status: "ok",
      message: [took, ...warnings].join("; "),
      facts: { accelerator, milliseconds },
    };
  } catch (error) {
    return { ...check, status: "failed", message: reasonOf(error) };
  }
}
