/**
 * Layers that are there as a file, and go into another archive as they are.
 * @module
 */

import type { TarHeader } from "../tar/tar_header.ts";

/** A member of an archive: its header, and a layer as its content. */
export interface CopiedMember {
  /** For a person: what the layer is. */
  readonly label: string;
  readonly header: TarHeader;
  /** Of the layer: `sha256:` and 64 hexadecimal digits. */
  readonly diffId: string;
  /**
   * The content, as a readable byte stream that fails unless it has the diff_id. Missing for a link.
   */
  readonly open?: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}
