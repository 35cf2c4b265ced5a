/**
 * The media types of what images are made of (OCI image spec, media types), and Docker's for the
 * same bytes.
 * @module
 */

/** The media types that the program writes. */
export const MEDIA_TYPE = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

const NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar";
const DOCKER_LAYER = "application/vnd.docker.image.rootfs.";

const OCI_BY_DOCKER: Readonly<Record<string, string>> = {
  "diff.tar": MEDIA_TYPE.layer,
  "diff.tar.gzip": `${MEDIA_TYPE.layer}+gzip`,
  "diff.tar.zstd": `${MEDIA_TYPE.layer}+zstd`,
  "foreign.diff.tar": NONDISTRIBUTABLE,
  "foreign.diff.tar.gzip": `${NONDISTRIBUTABLE}+gzip`,
};

/** What a layer of this media type is called in an OCI manifest. */
export function ociLayerType(mediaType: string): string {
  if (!mediaType.startsWith(DOCKER_LAYER)) return mediaType;
  return OCI_BY_DOCKER[mediaType.slice(DOCKER_LAYER.length)] ?? mediaType;
}
