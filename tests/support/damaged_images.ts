/** Archives of images that are damaged on purpose. */

import type { Compression } from "../../src/tar/compression.ts";
import { askPython } from "./python.ts";
import type { TarRecipe } from "./tars.ts";

/** What is changed in a file of the archive: null removes it, a text replaces it. */
type FileEdit = string | null | { readonly flip: number } | { readonly append: string };

/** See make_damaged_images.py. */
export interface ImageRecipe {
  readonly form: "docker-archive" | "oci-archive";
  readonly layers?: readonly (Omit<TarRecipe, "compression"> & {
    readonly compression?: Compression | "";
    readonly append?: string;
  })[];
  readonly set?: readonly (readonly [
    document: "config" | "archive" | "repositories" | "manifest" | "index" | "layout",
    path: readonly (string | number)[],
    value: unknown,
  ])[];
  readonly files?: Readonly<Record<string, FileEdit>>;
  readonly compression?: "gzip" | "";
  readonly truncate?: number;
  readonly append?: string;
}

/** An archive that Python made. */
export class MadeImage {
  readonly archive: Uint8Array<ArrayBuffer>;
  readonly #names: Readonly<Record<string, string>>;

  constructor(archive: Uint8Array<ArrayBuffer>, names: Readonly<Record<string, string>>) {
    this.archive = archive;
    this.#names = names;
  }

  /** A text whose names in braces stand for what is in the archive; they may be nested. */
  filled(template: string): string {
    const once = template.replaceAll(/\{([^{}]+)\}/g, (spelt, name) => this.#names[name] ?? spelt);
    return once === template ? once : this.filled(once);
  }
}

/** Has Python make archives. */
export async function makeDamagedImages(recipes: readonly ImageRecipe[]): Promise<MadeImage[]> {
  const answers = await askPython<{ archive: string; names: Record<string, string> }[]>(
    "make_damaged_images.py",
    recipes,
  );
  return answers.map(({ archive, names }) => new MadeImage(Uint8Array.fromBase64(archive), names));
}
