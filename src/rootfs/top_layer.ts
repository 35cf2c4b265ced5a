/**
 * The top layer: what an image has besides store paths, with the bytes of nixpkgs' customisation
 * layer (GNU tar, owner 0:0 by number, times of 1980).
 * @module
 */

import { FORMAT_VERSION } from "../layer/format_version.ts";
import { identityOf, type Layer, pythonList } from "../layer/layer.ts";
import { compareBytes } from "../tar/name.ts";
import { archiveSize, membersOf, type TarMember, tarStream } from "../tar/stream.ts";
import type { RootEntry, RootTree } from "./root_tree.ts";

/** The time that nixpkgs' builds give to what they make: 1980-01-01, the first that ZIP can hold. */
const MTIME = 315532800;

/** A layer with directories and symlinks alone; there even when it is empty. */
export class TopLayer implements Layer {
  readonly label = "top layer";
  readonly comment: string;
  readonly #members: readonly TarMember[];

  /**
   * @param tree directories and symlinks
   * @param contents where they come from, for the history
   */
  constructor(tree: RootTree, contents: readonly string[]) {
    this.comment = `top layer: ${pythonList(contents)}`;
    const root = { path: "", type: "directory", target: "" } as const;
    // A slash sorts before all that a name can hold, so that a directory's entries follow it.
    const keyed = [root, ...tree.values()].map((entry) =>
      [entry.path.replaceAll("/", "\0"), entry] as const
    )
      .sort(([a], [b]) => compareBytes(a, b));
    this.#members = keyed.map(([, entry]) => memberOf(entry));
  }

  get identity(): string {
    const listing = this.#members.flatMap(({ name, linkname }) => [name, linkname]);
    return identityOf("top", FORMAT_VERSION, listing);
  }

  tarSize(): Promise<number> {
    return Promise.resolve(archiveSize(this.#members, "gnu"));
  }

  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return tarStream(membersOf(this.#members), "gnu");
  }
}

function memberOf({ path, type, target }: Pick<RootEntry, "path" | "type" | "target">): TarMember {
  return {
    name: `./${path}`,
    type,
    mode: type === "directory" ? 0o755 : 0o777,
    size: 0,
    linkname: target,
    uid: 0,
    gid: 0,
    uname: "",
    gname: "",
    mtime: MTIME,
    origin: `/${path}`,
  };
}
