/**
 * What commands that write images have in common: the formats, and how they are compressed.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { LayerCompression } from "../sinks/layer_bytes.ts";
import type { Compressor } from "../spec/image_spec.ts";

/** Options that decide the form of images. */
export interface FormatOptions {
  readonly format: "docker-archive" | "oci-archive" | "oci";
  /** How a docker-archive is compressed. */
  readonly compressor?: Compressor;
  /** How the layers of an OCI layout are compressed that are not yet. */
  readonly layerCompression?: LayerCompression;
}

/**
 * Refuses options of another format than the one that is asked for.
 *
 * @throws {UsageError} if there is one.
 */
export function checkCompression({ format, compressor, layerCompression }: FormatOptions): void {
  if (format === "docker-archive" && layerCompression !== undefined) {
    throw new UsageError(
      "--layer-compression is for --format oci and oci-archive; a docker-archive has a --compressor",
    );
  }
  if (format !== "docker-archive" && compressor !== undefined) {
    throw new UsageError(
      "--compressor is for --format docker-archive; an OCI layout has a --layer-compression",
    );
  }
}
