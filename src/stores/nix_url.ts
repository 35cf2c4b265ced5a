/**
 * The URLs of the stores that Nix reads for us.
 *
 * Their forms: https://nix.dev/manual/nix/latest/store/types/
 * @module
 */

import { UsageError } from "../errors.ts";
import { STORE_DIR } from "../store/store_path.ts";
import { quoted, shortened } from "../visible.ts";

/** A store that Nix reads for us. */
export interface NixUrl {
  /** As Nix takes it. */
  readonly url: string;
  /** As it is shown. */
  readonly name: string;
  /** Whether it is a store of this host. */
  readonly isOfHost: boolean;
}

/** `local`, `daemon` and `auto`, with parameters or not. */
const WORD = /^(?:local|daemon|auto)(?:\?|$)/;
const SCHEME = /^(ssh-ng|ssh|s3|file|unix|local):\/\/([^?]*)/;
/** The host's own: what they hold was checked when it came there. */
const OF_HOST = ["unix", "local"];

/** The parameters that are worth showing. What is not known here may be a secret. */
const SHOWN = new Set(
  "endpoint profile real region remote-program remote-store root scheme ssh-key state store".split(
    " ",
  ),
);
/**
 * The parameters that a spec may give: which store it is, and how much at a time. Of others,
 * `remote-program` is a command that the other host's shell runs, `remote-store` is opened there,
 * `ssh-key`, `real`, `state` and `log` are files of this host.
 */
const OF_SPECS = new Set(
  "compress endpoint max-connections priority profile region root scheme".split(" "),
);
const MOST = 300;

/**
 * Checks that Nix knows a URL, and that it will not take it for anything else.
 *
 * @throws {UsageError} if it doesn't, or the URL has a password.
 */
export function checkNixUrl(text: string): NixUrl {
  if (/[\s\p{Cc}]/u.test(text)) {
    throw new UsageError(`Not the URL of a store: ${quoted(text)}: it has blanks or the like`);
  }
  const [place = "", query] = split(text);
  const [, scheme, rest = ""] = SCHEME.exec(text) ?? [];
  const isDirectory = place.startsWith("/");
  if (scheme === undefined && !isDirectory && !WORD.test(text)) {
    throw new UsageError(
      `Not a store that Nix knows: ${quoted(place)}; such a one is ssh-ng://HOST, ssh://HOST, ` +
        "s3://BUCKET, daemon, local, auto, unix://SOCKET or the absolute path of a chroot store",
    );
  }
  if (scheme?.startsWith("ssh") || scheme === "s3") checkHost(scheme, rest);
  const root = isDirectory ? place : new URLSearchParams(query).get("root");
  if (root !== null && (isDirectory || place === "local")) checkRoot(root);
  return {
    url: text,
    name: shortened(query === undefined ? place : `${place}?${shownQuery(query)}`, MOST),
    isOfHost: scheme === undefined || OF_HOST.includes(scheme),
  };
}

/**
 * Checks that a URL has no parameter that is for the user alone: others may have written the spec that
 * it is in.
 *
 * @throws {UsageError} if it has one.
 */
export function checkUrlOfSpec(text: string): void {
  // Of the parameters of binary caches, those that are not known here are not heeded.
  if (/^(?:https?|file):/i.test(text)) return;
  const [place, query] = split(text);
  for (const [name] of new URLSearchParams(query)) {
    if (OF_SPECS.has(name)) continue;
    throw new UsageError(
      `The spec's store ${shortened(place, MOST)} has the parameter ${
        quoted(name)
      }, which a spec may ` +
        "not give: name that store with --store, if you trust it so far",
    );
  }
}

/** What stands before the question mark, and what behind it. */
function split(url: string): [place: string, query?: string] {
  const mark = url.indexOf("?");
  return mark < 0 ? [url] : [url.slice(0, mark), url.slice(mark + 1)];
}

function shownQuery(query: string): string {
  return query.split("&").map((parameter) => {
    const [name = ""] = parameter.split("=", 1);
    return SHOWN.has(name) ? parameter : `${name}=REDACTED`;
  }).join("&");
}

/**
 * What ssh could take for an option, or a `ProxyCommand` give to a shell, is in none of these. Some
 * versions of Nix decode what is encoded in a URL, and take the path for a part of the host.
 */
const HOST = /^(?:[\w:][\w.:-]*|\[[\da-f:.]+(?:%\w[\w.-]*)?\])$/i,
  USER = /^\w[\w.+@-]*$/,
  PATH = /^(?:\/[\w./~-]*)?$/;

/** Nix gives all before the path to ssh, and to S3's library. */
function checkHost(scheme: string, rest: string): void {
  const [authority = ""] = rest.split("/", 1);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const user = authority.slice(0, -host.length - 1);
  // The rest of an address in brackets is behind its colons.
  if (user.includes(":")) {
    throw new UsageError(
      `The URL ${scheme}://…@${shortened(host, MOST)} has a password in it, which nobody would ` +
        "take from there: leave it out, and have ssh find a key, or S3 its credentials",
    );
  }
  const path = rest.slice(authority.length);
  const isNamed = authority === host || USER.test(user);
  if (HOST.test(host) && isNamed && PATH.test(path)) return;
  throw new UsageError(
    `Not the URL of a store: ${scheme}://${shortened(rest, MOST)}: which host?`,
  );
}

/** Nix would make a store where there is none. */
function checkRoot(root: string): void {
  try {
    if (Deno.statSync(root + STORE_DIR).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
  throw new UsageError(
    `No store in ${shortened(root, MOST)}: it has no directory ${STORE_DIR.slice(1)}`,
  );
}
