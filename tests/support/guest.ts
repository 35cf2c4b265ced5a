/**
 * Boots a guest as it is, under TCG, and looks at its disk with debugfs.
 * @module
 */

import { encodeName } from "../../src/tar/name.ts";
import { contentOfBytes, membersOf, type TarMember } from "../../src/tar/stream.ts";
import { writeErofs } from "../../src/vm/erofs/write.ts";
import { findGuestParts } from "../../src/vm/guest_parts.ts";
import { initramfs } from "../../src/vm/initramfs.ts";
import { type GuestScript, initScript } from "../../src/vm/init_script.ts";
import { succeed } from "./program.ts";
import type { Scratch } from "./scratch.ts";
import { makeTar, type TarRecipeMember } from "./tars.ts";

/** What a guest is given; what is missing is empty. */
export interface GuestInput {
  readonly lower?: readonly TarRecipeMember[];
  readonly upper?: readonly TarRecipeMember[];
  readonly store?: readonly TarRecipeMember[];
  readonly scripts: readonly (Pick<GuestScript, "field" | "script"> & Partial<GuestScript>)[];
  /** Whether base and store come as file systems instead of as archives. */
  readonly asFileSystems?: boolean;
  /** In MiB. */
  readonly diskSize?: number;
}

/** A file in the new layer: its mode with type, owner, and what is special about it. */
export interface UpperFile {
  readonly mode: string;
  readonly owner: string;
  readonly inode: string;
  readonly size: string;
}

export const ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C",
};

/** Runs a guest to its end. */
export async function runGuest(scratch: Scratch, input: GuestInput): Promise<{
  /** What it said, without the firmware's and kernel's lines before `@alive`. */
  lines: string[];
  upper: Upper;
}> {
  const parts = await findGuestParts({
    architecture: "amd64",
    searchPath: Deno.env.get("PATH") ?? "",
  });
  const disk = `${scratch.path}/disk`;
  await succeed(["truncate", "-s", `${input.diskSize ?? 64}M`, disk]);
  const features = "^has_journal,^metadata_csum,^64bit,^dir_index,^resize_inode,uninit_bg";
  await succeed([
    ...[parts.mke2fs, "-q", "-F", "-t", "ext4", "-O", features],
    ...["-E", "lazy_itable_init=1,nodiscard", disk],
  ]);
  const archives = (["store", "upper", "lower"] as const).filter((name) => input[name]);
  const disks = [disk];
  const isFileSystem = (name: string) => (input.asFileSystems ?? false) && name !== "upper";
  for (const [index, name] of archives.entries()) {
    const file = `${scratch.path}/${name}`, members = input[name] ?? [];
    disks.push(file);
    if (isFileSystem(name)) await writeErofs(file, membersOf(members.map(memberOf)), index);
    else Deno.writeFileSync(file, await makeTar(...members));
  }
  const archive = (directory: (typeof archives)[number]) =>
    isFileSystem(directory) ? { directory, isFileSystem: true } : {
      directory,
      ownedLinks: (input[directory] ?? []).filter(({ type, uid }) => type === "symlink" && uid)
        .map(({ name, uid = 0, gid = 0 }) => ({ path: name, uid, gid })),
    };
  const scripts = input.scripts.map((script): GuestScript => ({
    inRoot: script.field === "runAsRoot",
    shell: null,
    environment: ENVIRONMENT,
    ...script,
  }));
  const { init, files } = initScript(
    { archives: archives.map(archive), scripts, time: 1577934245 },
    parts.modules,
  );
  const initrd = `${scratch.path}/initramfs`;
  Deno.writeFileSync(initrd, await initramfs(parts, init, files));
  const output = await succeed([
    ...["timeout", "-k", "5", "120", parts.qemu, "-M", "pc", "-accel", "tcg", "-nodefaults"],
    ...["-no-reboot", "-display", "none", "-serial", "stdio", "-m", "512"],
    ...["-kernel", parts.kernel.image, "-initrd", initrd],
    // As the program does: no panic of the timer where the host has much to do.
    ...["-append", "console=ttyS0 no_timer_check quiet panic=-1 cryptomgr.notests"],
    ...disks.flatMap((file) => ["-drive", `file=${file},if=virtio,format=raw,cache=unsafe`]),
  ]);
  const lines = output.split("\r\n");
  const start = lines.indexOf("@alive");
  if (start < 0) throw new Error(`The guest has not started:\n${output}`);
  return { lines: lines.slice(start), upper: await Upper.read(disk) };
}

function memberOf(recipe: TarRecipeMember): TarMember {
  const { name, type = "file", mode = 0o644, uid = 0, gid = 0, mtime = 0, linkname = "" } = recipe;
  if (type === "sparse" || type === "unknown") throw new Error(`${type} is for archives`);
  const bytes = encodeName(recipe.content ?? "");
  const [major, minor] = recipe.device ?? [];
  return {
    ...{ name, type, mode, uid, gid, mtime, linkname, uname: "", gname: "", origin: name },
    size: bytes.length,
    device: major === undefined || minor === undefined ? undefined : { major, minor },
    open: () => contentOfBytes(bytes),
  };
}

/** The directory that has the new layer, as debugfs shows it. */
export class Upper {
  private constructor(
    readonly disk: string,
    /** By path from the layer's root, without a leading slash; the root itself is "". */
    readonly files: ReadonlyMap<string, UpperFile>,
  ) {}

  static async read(disk: string): Promise<Upper> {
    const files = new Map<string, UpperFile>();
    const directories = [""];
    for (const directory of directories) {
      for (const line of (await debugfs(disk, `ls -p "/upper/${directory}"`)).split("\n")) {
        const [, inode = "", mode = "", uid, gid, name = "", size = ""] = line.split("/");
        if (name === "" || name === ".." || (name === "." && directory !== "")) continue;
        const path = name === "." ? "" : directory === "" ? name : `${directory}/${name}`;
        files.set(path, { mode, owner: `${uid}:${gid}`, inode, size });
        if (name !== "." && mode.startsWith("04")) directories.push(path);
      }
    }
    return new Upper(disk, files);
  }

  /** Its paths but for the root, sorted. */
  get paths(): string[] {
    return [...this.files.keys()].filter(Boolean).sort();
  }

  mode(path: string): string | undefined {
    return this.files.get(path)?.mode;
  }

  async text(path: string): Promise<string> {
    return await debugfs(this.disk, `cat "/upper/${path}"`);
  }

  /** Major and minor number. */
  async device(path: string): Promise<string | undefined> {
    const stat = await debugfs(this.disk, `stat "/upper/${path}"`);
    return /Device major\/minor number: (\d+:\d+)/.exec(stat)?.[1];
  }

  /** Names and values as debugfs shows them. */
  async xattrs(path: string): Promise<string> {
    return await debugfs(this.disk, `ea_list "/upper/${path}"`);
  }
}

async function debugfs(disk: string, request: string): Promise<string> {
  const { PATH = "" } = Deno.env.toObject();
  return await succeed(["debugfs", "-R", request, disk], {
    env: { PATH: `${PATH}:/usr/sbin:/sbin` },
  });
}
