/**
 * What goes into the machine: the base image's root, the new layer so far, and the store paths, an
 * archive each.
 * @module
 */

import { mergeLayers } from "../base/merged_root.ts";
import type { Layer } from "../layer/layer.ts";
import { StoreMembers } from "../layer/store_members.ts";
import { TOP_MTIME } from "../layer/top_mtime.ts";
import type { RootEntry, RootTree } from "../rootfs/root_tree.ts";
import { topArchive } from "../rootfs/top_layer.ts";
import { rootArchive } from "../sinks/root_archive.ts";
import type { StorePath } from "../store/store_path.ts";
import { membersOf, type TarMember, tarStream } from "../tar/stream.ts";
import { writeDisk } from "./disks.ts";
import type { GuestArchive, GuestWork, OwnedLink } from "./init_script.ts";
import type { Attributed } from "./upper_tree.ts";

/** What they are made of, besides the tree of the new layer. */
export interface ArchiveSources {
  /** The base image. */
  readonly base?: { readonly layers: readonly Layer[] } | undefined;
  /** What there is in /nix/store while the scripts run, besides what the image has there. */
  readonly storePaths: readonly StorePath[];
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** An empty directory for the disks. */
  readonly work: string;
}

/** Archives that are written. */
export interface Archives {
  readonly archives: GuestWork["archives"];
  /** Their files, in the same order. */
  readonly disks: readonly string[];
  /** Of all of them, in bytes. */
  readonly size: number;
  /** What lacks its extended attributes there. */
  readonly attributed: ReadonlyMap<string, Attributed>;
}

/**
 * Writes them in GNU's format: busybox, which unpacks them, does not know pax headers.
 *
 * @throws {ImageError} if something can not be read or written.
 */
export async function writeArchives(
  tree: RootTree,
  { base, storePaths, storeRoot, work }: ArchiveSources,
): Promise<Archives> {
  const archives: GuestArchive[] = [];
  const disks: string[] = [];
  const attributed = new Map<string, Attributed>();
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
    const links: OwnedLink[] = [];
    for (const { path, file } of merged.names()) {
      if (isOwnedLink(file)) links.push({ path, uid: file.uid, gid: file.gid });
      if (file.xattrs) attributed.set(path, { ...file, xattrs: file.xattrs });
    }
    const archive = rootArchive(merged, base.layers, { format: "gnu", directoriesLast: true });
    await write("lower", archive.open(), links);
  }
  const { members } = topArchive(tree);
  // As in the other archive.
  const isDirectory = ({ type }: TarMember) => type === "directory";
  const directories = members.filter(isDirectory).reverse();
  const ordered = [...members.filter((member) => !isDirectory(member)), ...directories];
  await write(
    "upper",
    tarStream(membersOf(ordered), "gnu"),
    [...tree.values()].filter(isOwnedLink),
  );
  for (const { path, uid, gid, size, xattrs } of tree.values()) {
    if (xattrs) attributed.set(path, { uid, gid, size, xattrs, mtime: TOP_MTIME });
    else attributed.delete(path);
  }
  if (storePaths.length > 0) await write("store", storeArchive(storePaths, storeRoot), []);
  return { archives, disks, size, attributed };
}

/** Whether this is a symlink that is not root's. */
function isOwnedLink({ type, uid, gid }: Pick<RootEntry, "type" | "uid" | "gid">): boolean {
  return type === "symlink" && (uid !== 0 || gid !== 0);
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
