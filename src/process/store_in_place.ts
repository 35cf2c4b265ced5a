/**
 * Running a script where a store is at /nix/store that is elsewhere on this host, in a mount namespace
 * of its own.
 * @module
 */

import { ImageError } from "../errors.ts";
import { findProgram } from "./find_program.ts";
import { indent, missingProgram, tryShell } from "./run.ts";
import type { ScriptOptions, SearchPaths } from "./script_options.ts";

/**
 * Has a store at /nix/store, for what follows alone. Arguments: the directory of that store, an empty
 * directory, and a command.
 *
 * Where the host has no such directory, there is a new root with all that is in the host's. Root
 * needs no namespace of users, in which it would not be allowed to give files away.
 */
const WITH_STORE = `
set -e
namespace='--mount'
if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null; then
  namespace='--user --map-root-user --mount'
fi
exec unshare $namespace sh -ec '
  store=$1 root=$2
  shift 2
  if [ -d /nix/store ]; then
    mount --rbind "$store" /nix/store
    mount -o remount,bind,ro /nix/store 2>/dev/null || :
    # What is below it now, and not what was.
    cd -- "$PWD"
    exec "$@"
  fi
  mount -t tmpfs none "$root"
  for place in /* /.[!.]*; do
    if [ "$place" = /nix ]; then continue
    elif [ -L "$place" ]; then cp -P "$place" "$root$place"
    elif [ -d "$place" ]; then
      mkdir "$root$place"
      mount --rbind "$place" "$root$place"
    elif [ -e "$place" ]; then
      : >"$root$place"
      mount --bind "$place" "$root$place"
    fi
  done
  mkdir -p "$root/nix/store"
  mount --rbind "$store" "$root/nix/store"
  mount -o remount,bind,ro "$root/nix/store" 2>/dev/null || :
  place=$PWD
  exec chroot "$root" sh -ec "cd -- \\"\\$1\\"; shift; exec \\"\\$@\\"" sh "$place" "$@"
' sh "$@"
`;

/** Whether {@linkcode WITH_STORE} can work. Argument: an empty directory. */
const TRY_WITH_STORE = `
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
  namespace='--mount'
else
  namespace='--user --map-root-user --mount'
fi
exec unshare $namespace sh -ec 'mount -t tmpfs none "$1"; exec chroot / true' sh "$1"
`;

/**
 * The command, to be run in `work`, that runs another one with the store in its place.
 *
 * @param work a directory of ours
 * @throws {ImageError} if this host lets us do nothing of it.
 */
export async function withStore(
  command: readonly string[],
  { field, storeRoot }: ScriptOptions,
  { ours }: SearchPaths,
  work: string,
): Promise<string[]> {
  const place = `${work}/with-store`;
  Deno.mkdirSync(place);
  if (findProgram("unshare", ours) === undefined) throw missingProgram("unshare");
  const { success, stderr } = await tryShell(TRY_WITH_STORE, [place], ours);
  if (success) {
    return ["sh", "-c", WITH_STORE, "sh", `${storeRoot}/nix/store`, place, ...command];
  }
  throw new ImageError(
    `${field}: store paths that come from elsewhere have to be in /nix/store for it, and this host ` +
      "lets this user put nothing there, neither as root nor in a user namespace; allow one of " +
      "them, or have the paths in a store of this host" +
      (stderr.trim() && `:\n${indent(stderr)}`),
  );
}
