/**
 * What the tests need from the machine.
 * @module
 */

import type { Needs } from "./programs.ts";

/** For the unit tests: shells, compressors, Nix to evaluate, and Python as an oracle (Debian's own, of a known version). */
export const UNIT_NEEDS: Needs = {
  programs: [
    "bash",
    "busybox",
    "bzip2",
    "cpio",
    "dash",
    "debugfs",
    "mke2fs",
    "nix-instantiate",
    "setpriv",
    "xz",
    "zsh",
    "zstd",
  ],
  packages: ["python3"],
};

/** For the tests in tests/integration/. */
export const INTEGRATION_NEEDS: Needs = {
  programs: [
    "bash",
    "busybox",
    "bzip2",
    "chromium",
    "containerd",
    "cpio",
    "ctr",
    "dash",
    "debugfs",
    "docker",
    "docker-registry",
    "dockerd",
    "fakeroot",
    "fish",
    "getcap",
    "getfattr",
    "git",
    "htpasswd",
    "lndir",
    "man",
    "mke2fs",
    "nix",
    "nix-build",
    "nix-daemon",
    "nix-hash",
    "nix-instantiate",
    "nix-store",
    "openssl",
    "patchelf",
    "pgrep",
    "pigz",
    "podman",
    "proot",
    "qemu-system-x86_64",
    "rsync",
    "setcap",
    "setfattr",
    "setpriv",
    "skopeo",
    "ssh-keygen",
    "sshd",
    "tar",
    "taskset",
    "umoci",
    "unshare",
    "useradd",
    "xz",
    "zsh",
    "zstd",
  ],
  // Before the lanes: two of them can not install packages at once.
  packages: [
    "curl",
    "gcc",
    "hello",
    "libc6-dev",
    "linux-image-cloud-amd64",
    "nodejs",
    "python3",
  ],
};
