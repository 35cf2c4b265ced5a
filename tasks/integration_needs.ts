/**
 * What the integration tests need from the machine.
 * @module
 */

import type { Needs } from "./programs.ts";

/** The programs and packages of every test in tests/integration/. */
export const INTEGRATION_NEEDS: Needs = {
  programs: [
    "nix-store",
    "nix-build",
    "busybox",
    "bash",
    "dash",
    "zsh",
    "tar",
    "python3",
    "setpriv",
    "unshare",
    "skopeo",
    "docker",
    "dockerd",
    "podman",
    "ctr",
    "containerd",
    "patchelf",
    "lndir",
  ],
};
