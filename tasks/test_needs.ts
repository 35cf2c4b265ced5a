/**
 * What the tests need from the machine.
 * @module
 */

import type { Needs } from "./programs.ts";

/** For the unit tests: shells, compressors, and Python as an oracle (Debian's own, of a known version). */
export const UNIT_NEEDS: Needs = {
  programs: ["bash", "busybox", "bzip2", "dash", "setpriv", "xz", "zsh", "zstd"],
  packages: ["python3"],
};

/** For the tests in tests/integration/. */
export const INTEGRATION_NEEDS: Needs = {
  programs: [
    "bash",
    "busybox",
    "containerd",
    "ctr",
    "dash",
    "docker",
    "dockerd",
    "fakeroot",
    "lndir",
    "nix-build",
    "nix-hash",
    "nix-store",
    "patchelf",
    "pigz",
    "podman",
    "proot",
    "rsync",
    "setcap",
    "setpriv",
    "skopeo",
    "tar",
    "taskset",
    "umoci",
    "unshare",
    "useradd",
    "zsh",
    "zstd",
  ],
  packages: ["python3"],
};
