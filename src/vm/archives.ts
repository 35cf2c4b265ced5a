/**
 * The files that a guest works on, on disks of their own.
 * @module
 */

import { mergeLayers } from "../base/merged_root.ts";
import type { Layer } from "../layer/layer.ts";
import { StoreMembers } from "../layer/store_members.ts";
import type { RootEntry, RootTree } from "../rootfs/root_tree.ts";
import { topArchive } from "../rootfs/top_layer.ts";
import { rootArchive } from "../sinks/root_archive.ts";
import type { StorePath } from "../store/store_path.ts";
import { membersOf, type MemberSource, type TarMember, tarStream } from "../tar/stream.ts";
import { writeDisk } from "./disks.ts";
import { writeErofs } from "./erofs/write.ts";
import type { GuestArchive, GuestWork, OwnedLink } from "./init_script.ts";

/** What a guest is given besides an empty disk. */
export interface Archives {
  readonly archives: GuestWork["archives"];
  /** Their files, in the same order. */
  readonly disks: readonly string[];
  /** Of all of them, in bytes. */
  readonly size: number;
}

/** Where it comes from, besides the tree. */
export interface ArchivesInput {
  /** The base image. */
  readonly base?: { readonly layers: readonly Layer[] } | undefined;
  readonly storePaths: readonly StorePath[];
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** A directory for the disks. */
  readonly work: string;
}

/**
 * Writes them: as file systems where the guest can mount them. Otherwise in GNU's format, which has
 * no place for extended attributes: busybox, which unpacks them, does not know pax headers.
 */
export async function writeArchives(
  tree: RootTree,
  { base, storePaths, storeRoot, work }: ArchivesInput,
  hasErofs: boolean,
): Promise<Archives> {
  const archives: GuestArchive[] = [];
  const disks: string[] = [];
  let size = 0;
  const add = (archive: GuestArchive, file: string, bytes: number) => {
    archives.push(archive);
    disks.push(file);
    size += bytes;
  };
  const write = async (
    directory: GuestArchive["directory"],
    members: MemberSource,
    ownedLinks: OwnedLink[],
  ) => {
    const file = `${work}/${directory}.tar`;
    add({ directory, ownedLinks }, file, await writeDisk(file, tarStream(members, "gnu")));
  };
  const show = async (directory: GuestArchive["directory"], members: MemberSource) => {
    const file = `${work}/${directory}.erofs`, isFileSystem = true;
    add({ directory, isFileSystem }, file, await writeErofs(file, members, archives.length));
  };
  if (base !== undefined) {
    const merged = await mergeLayers(base.layers);
    const form = { format: "gnu", directoriesLast: !hasErofs } as const;
    const members = rootArchive(merged, base.layers, form).members();
    if (hasErofs) await show("lower", members);
    else {
      const links = Array.from(merged.names(), ({ path, file }) => ({ ...file, path }));
      await write("lower", members, ownedLinks(links));
    }
  }
  const { members } = topArchive(tree);
  // Hard links do not outlive the way that keeps attributes.
  const isRich = hasErofs && members.some(({ xattrs }) => xattrs?.size);
  if (isRich) await show("upper", membersOf(members.filter(({ type }) => type !== "link")));
  const others = isRich
    ? members.filter(({ type }) => type === "directory" || type === "link")
    : members;
  // Directories last, as in the other archive.
  const isDirectory = ({ type }: TarMember) => type === "directory";
  const ordered = [
    ...others.filter((member) => !isDirectory(member)),
    ...others.filter(isDirectory).reverse(),
  ];
  await write("upper", membersOf(ordered), ownedLinks(tree.values()));
  if (storePaths.length > 0) {
    const closure = storeMembers(storePaths, storeRoot);
    if (hasErofs) await show("store", closure);
    else await write("store", closure, []);
  }
  return { archives, disks, size };
}

/** The symlinks that are not root's. */
function ownedLinks(entries: Iterable<Pick<RootEntry, "path" | "type" | "uid" | "gid">>) {
  return [...entries].filter(({ type, uid, gid }) => type === "symlink" && (uid !== 0 || gid !== 0))
    .map(({ path, uid, gid }): OwnedLink => ({ path, uid, gid }));
}

function storeMembers(paths: readonly StorePath[], root: string): MemberSource {
  return new StoreMembers(paths, {
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
  }).read([]);
}
