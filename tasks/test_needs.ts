/**
 * What the tests need from the machine.
 * @module
 */

import type { Needs } from "./programs.ts";

/** For the unit tests: shells, and Python as an oracle (Debian's own, of a known version). */
export const UNIT_NEEDS: Needs = {
  programs: ["bash", "busybox", "dash", "setpriv", "zsh", "zstd"],
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
    "lndir",
    "nix-build",
    "nix-store",
    "patchelf",
    "podman",
    "rsync",
    "setpriv",
    "skopeo",
    "tar",
    "unshare",
    "zsh",
  ],
  packages: ["python3"],
};
