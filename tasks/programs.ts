/**
 * The programs that the demo and the tests need, and the Debian packages that hold them.
 * @module
 */

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { INSTALL, ProgramsMissing } from "./programs_missing.ts";

/** What a task needs from the machine. */
export interface Needs {
  /** Programs that must be on the PATH (or in a system directory of programs). */
  readonly programs: readonly (keyof typeof PACKAGES)[];
  /** Debian packages that must be installed as such, because a test copies their files. */
  readonly packages?: readonly string[];
}

/** Program to package. Where there are several, the first that this release of Debian has. */
const PACKAGES = {
  nix: ["nix-bin"],
  "nix-daemon": ["nix-bin"],
  "nix-instantiate": ["nix-bin"],
  "nix-store": ["nix-bin"],
  "nix-build": ["nix-bin"],
  "nix-hash": ["nix-bin"],
  busybox: ["busybox-static"],
  chromium: ["chromium"],
  bash: ["bash"],
  cpio: ["cpio"],
  dash: ["dash"],
  fish: ["fish"],
  man: ["man-db"],
  zsh: ["zsh"],
  tar: ["tar"],
  pigz: ["pigz"],
  setpriv: ["util-linux"],
  taskset: ["util-linux"],
  unshare: ["util-linux"],
  useradd: ["passwd"],
  git: ["git"],
  sshd: ["openssh-server"],
  "ssh-keygen": ["openssh-client"],
  pgrep: ["procps"],
  fakeroot: ["fakeroot"],
  proot: ["proot"],
  skopeo: ["skopeo"],
  "docker-registry": ["docker-registry"],
  openssl: ["openssl"],
  docker: ["docker-cli", "docker.io"],
  dockerd: ["docker.io"],
  podman: ["podman"],
  ctr: ["containerd"],
  containerd: ["containerd"],
  patchelf: ["patchelf"],
  lndir: ["xutils-dev"],
  getcap: ["libcap2-bin"],
  setcap: ["libcap2-bin"],
  getfattr: ["attr"],
  setfattr: ["attr"],
  rsync: ["rsync"],
  htpasswd: ["apache2-utils"],
  umoci: ["umoci"],
  "qemu-system-x86_64": ["qemu-system-x86"],
  bzip2: ["bzip2"],
  xz: ["xz-utils"],
  zstd: ["zstd"],
  debugfs: ["e2fsprogs"],
  mke2fs: ["e2fsprogs"],
} as const;

/** Where Debian puts programs; a user's PATH may lack the sbin ones. */
const PROGRAM_DIRECTORIES = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/**
 * Makes sure that the machine has what `needs` names. As root on Debian it installs what is
 * missing and says so on standard error.
 *
 * @throws {ProgramsMissing} with the command to run, where it cannot install them itself.
 */
export function ensurePrograms(needs: Needs): void {
  const debian = existsSync("/etc/debian_version") && findProgram("apt-get") !== undefined;
  const missing = missingPackages(needs, debian);
  if (missing.length === 0) return;
  if (!debian || Deno.uid() !== 0) throw new ProgramsMissing(missing, debian);
  console.error(`Installing the Debian packages ${missing.join(", ")}`);
  run(["apt-get", "update", "-q"]);
  // Which of several packages there is can be known only now.
  run([...INSTALL, "-q", ...missingPackages(needs, debian)]);
  const left = missingPackages(needs, debian);
  if (left.length > 0) throw new ProgramsMissing(left, debian);
}

/** The absolute path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  const directories = [...(Deno.env.get("PATH") ?? "").split(":"), ...PROGRAM_DIRECTORIES];
  return directories.filter((directory) => directory.startsWith("/"))
    .map((directory) => `${directory}/${name}`).find((path) => existsSync(path));
}

/** The directory with the busybox that the Nix expressions of demo and tests take as builder. */
export function busyboxDirectory(): string {
  return dirname(Deno.realPathSync(findProgram("busybox") ?? "/usr/bin/busybox"));
}

function missingPackages(needs: Needs, debian: boolean): string[] {
  const missing = new Set<string>();
  for (const program of needs.programs) {
    // The package `busybox` has a program of that name too, which is not static.
    const there = program === "busybox" && debian
      ? isInstalled("busybox-static")
      : findProgram(program) !== undefined;
    if (!there) missing.add(choose(PACKAGES[program]));
  }
  for (const name of needs.packages ?? []) {
    if (!debian || !isInstalled(name)) missing.add(name);
  }
  return [...missing].sort();
}

function choose(candidates: readonly string[]): string {
  const last = candidates[candidates.length - 1] ?? "";
  return candidates.length === 1 ? last : candidates.find(isKnownPackage) ?? last;
}

function isInstalled(name: string): boolean {
  return output(["dpkg-query", "-W", "-f", "${db:Status-Status}", name]) === "installed";
}

function isKnownPackage(name: string): boolean {
  return output(["apt-cache", "show", "--no-all-versions", name]) !== "";
}

function output([program = "", ...args]: readonly string[]): string {
  if (findProgram(program) === undefined) return "";
  const { success, stdout } = new Deno.Command(program, { args, stderr: "null" }).outputSync();
  return success ? new TextDecoder().decode(stdout) : "";
}

/** Runs a command with its output on standard error, so that a task's standard output stays its own. */
function run([program = "", ...args]: readonly string[]): void {
  const { success } = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" >&2 </dev/null', "sh", program, ...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdout: "inherit",
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`Failed: ${[program, ...args].join(" ")}`);
}
