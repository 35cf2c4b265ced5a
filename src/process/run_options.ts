/**
 * How the program is started, in one place: from source, installed, and by the scripts it writes.
 * @module
 */

/** The options of `deno run` that nix-image needs; docs/permissions.md says why it may do what. */
export const RUN_OPTIONS: readonly string[] = [
  "--no-prompt",
  // Standard error is the program's: nothing of downloads.
  "--quiet",
  // What is not in the program is never loaded.
  "--deny-import",
  "--allow-read",
  "--allow-write",
  // Registries have any name.
  "--allow-net",
  "--allow-env=" + [
    "DOCKER_CONFIG",
    "HOME",
    "HTTPS_PROXY",
    "NETRC",
    "NIX_CONFIG",
    "NIX_CONF_DIR",
    "NIX_IMAGE_CACHE_TOKENS",
    "NIX_SSL_CERT_FILE",
    "NIX_USER_CONF_FILES",
    "NO_PROXY",
    "PATH",
    "REGISTRY_AUTH_FILE",
    "SOURCE_DATE_EPOCH",
    "TERM",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "http_proxy",
    "https_proxy",
    "no_proxy",
  ].join(","),
  "--allow-run=bzip2,ctr,docker,nix,nix-store,pigz,podman,sh,skopeo,xz,zstd",
  // What is kept for a layer is dropped with it. By itself V8 lets such garbage pile up for long:
  // 140 MiB instead of 84 at the peak of 210,000 files.
  "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=20",
];
