/** Tar archives that Python writes. */

import type { FileType } from "../../src/tar/tar_header.ts";
import { askPython } from "./python.ts";

/** A member; what is missing is 0, empty, or a file of mode 0644. */
export interface TarRecipeMember {
  readonly name: string;
  readonly type?: FileType | "link" | "sparse" | "unknown";
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly uname?: string;
  readonly gname?: string;
  readonly content?: string;
  readonly linkname?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Records of an extended header. */
  readonly pax?: Readonly<Record<string, string>>;
}

/** What an archive is made of. */
export interface TarRecipe {
  readonly format?: "ustar" | "gnu" | "pax" | "v7";
  readonly compression?: "gz" | "bz2" | "xz";
  /** Records of a global extended header. */
  readonly global?: Readonly<Record<string, string>>;
  readonly members: readonly TarRecipeMember[];
}

/** Has Python's tarfile write archives. */
export async function makeTars(...recipes: TarRecipe[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const answers = await askPython<string[]>("make_tars.py", recipes);
  return answers.map((answer) => Uint8Array.fromBase64(answer));
}

/** Has Python's tarfile write one archive, in GNU's format. */
export async function makeTar(...members: TarRecipeMember[]): Promise<Uint8Array<ArrayBuffer>> {
  const [tar] = await makeTars({ members });
  if (tar === undefined) throw new Error("No archive");
  return tar;
}
