/** Root file systems as tar archives: made of layers, and read by Python. */

import { mergeLayers } from "../../src/base/merged_root.ts";
import { rootArchive } from "../../src/sinks/root_archive.ts";
import { layerOf } from "./layers.ts";
import { askPython } from "./python.ts";

/** What Python finds at a path. */
export interface FoundEntry {
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
  readonly mtime: number;
  readonly size: number;
  readonly linkname: string;
  readonly device: readonly [number, number] | null;
  /** Values in hexadecimal. */
  readonly xattrs: Readonly<Record<string, string>>;
  /** All paths of a file, sorted. */
  readonly names: readonly string[];
  readonly sha256: string;
  /** What a small file holds. */
  readonly text: string;
}

/** A root file system as Python finds it. */
export interface FoundRoot {
  /** The members' names as they stand there, but directories' without their slash. */
  readonly order: readonly string[];
  readonly entries: Readonly<Record<string, FoundEntry>>;
}

/** Has Python read archives: files by name, or bytes. */
export async function readRoots(
  archives: readonly (string | Uint8Array)[],
): Promise<FoundRoot[]> {
  const question = archives.map((archive) =>
    typeof archive === "string" ? archive : { base64: archive.toBase64() }
  );
  return await askPython<FoundRoot[]>("read_roots.py", question);
}

/** The archive of what these layers, lowest first, are together. */
export async function exportLayers(
  tars: readonly Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer>> {
  const layers = tars.map((tar, index) => layerOf(`layer ${index}`, tar));
  const archive = rootArchive(await mergeLayers(layers), layers);
  return await new Response(archive.open()).bytes();
}
