/**
 * Members of layers that hide what is below (OCI image spec, layer, "Whiteouts").
 * @module
 */

const PREFIX = ".wh.";

/** Hides all that lower layers have in its directory. */
const OPAQUE = ".wh..wh..opq";

/** What aufs kept for itself, in the root directory: no part of the image. */
const AUFS_PREFIX = ".wh..wh.";

/** What a member hides: a name beside its own, or everything there. */
export type Hidden = { readonly name: string } | "everything";

/** What the member with that last component hides; undefined if it is no whiteout. */
export function hiddenBy(base: string): Hidden | undefined {
  if (base === OPAQUE) return "everything";
  return base.startsWith(PREFIX) ? { name: base.slice(PREFIX.length) } : undefined;
}

/**
 * Whether something in the root directory is there for aufs alone. Other members may still be hard
 * links to what is in it.
 */
export function isOfAufs(name: string): boolean {
  return name.startsWith(AUFS_PREFIX) && name !== OPAQUE;
}
