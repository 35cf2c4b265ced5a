/**
 * What besides arguments the program heeds, and what it leaves, for the man page.
 * @module
 */

/** Names of environment variables, and what they are for. */
export const ENVIRONMENT: readonly (readonly [names: readonly string[], meaning: string])[] = [
  [["HOME", "XDG_CACHE_HOME"], "where the cache directory is; HOME also leads to auth files"],
  [["TMPDIR"], "where work directories are made (/tmp)"],
  [["PATH"], "where programs are: nix-store, sh, docker and others"],
  [["SOURCE_DATE_EPOCH"], "what now means in the times of a spec, in seconds since 1970"],
  [
    ["REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "DOCKER_CONFIG"],
    "where credentials of registries are, as for podman login and docker login",
  ],
  [
    ["HTTPS_PROXY", "https_proxy", "http_proxy", "NO_PROXY", "no_proxy"],
    "proxies on the way to registries and binary caches, and hosts that need none",
  ],
  [
    ["NIX_CONFIG", "NIX_CONF_DIR", "NIX_USER_CONF_FILES", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"],
    "where Nix's settings are: whose signatures count, and passwords of binary caches",
  ],
  [
    ["NETRC", "NIX_IMAGE_CACHE_TOKENS"],
    "credentials of binary caches: a netrc file; tokens themselves, lines of HOST TOKEN",
  ],
  [["NIX_SSL_CERT_FILE"], "certificate authorities of binary caches, besides the known ones"],
  [["NO_COLOR", "TERM"], "no colours if the one is set, or the other is dumb"],
];

/** Paths, and what is there. */
export const FILES: readonly (readonly [path: string, meaning: string])[] = [
  [
    "~/.cache/nix-image",
    "The cache directory, or nix-image in XDG_CACHE_HOME: digests of layers, what is in them, narinfos, " +
    "images of registries, machines of runAsRoot, scripts of stream. It may be removed at any time.",
  ],
  [
    "nix-image.lock",
    "The lock file of pull --locked: which digests tags of registries stood for.",
  ],
  [
    "~/.config/containers/auth.json, ~/.docker/config.json",
    "Credentials of registries, or the helpers that have them.",
  ],
];

/** Exit statuses, and when a run ends so. */
export const EXIT_STATUS: readonly (readonly [status: number, meaning: string])[] = [
  [0, "All went well."],
  [
    1,
    "It failed, or what was asked for does not hold: check found something wrong, the images of " +
    "diff --exit-code differ, or doctor found that something does not work. Nothing half-written is left behind.",
  ],
  [2, "The command line or the spec is wrong. Nothing was done."],
];
