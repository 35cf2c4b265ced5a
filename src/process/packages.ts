/**
 * Where the programs come from that nix-image drives.
 * @module
 */

interface Package {
  /** Debian's name for it; undefined where Debian's is too old. */
  readonly debian?: string;
  /** The attribute of nixpkgs. */
  readonly nix: string;
  /** What to install, if not "it". */
  readonly what?: string;
  /** What else may be done, or is to be known. */
  readonly rest?: string;
}

const NAME_IT = "or name its store path in path";
const NEEDED = "runAsRoot needs it";
const DECOMPRESS = ", or decompress the tarball";

const PACKAGES = {
  busybox: { debian: "busybox-static", nix: "pkgsStatic.busybox" },
  bzip2: { debian: "bzip2", nix: "bzip2", rest: DECOMPRESS },
  ctr: { debian: "containerd", nix: "containerd", what: "containerd" },
  docker: { debian: "docker.io", nix: "docker-client", what: "Docker's client" },
  fakeroot: { debian: "fakeroot", nix: "fakeroot", rest: `, ${NAME_IT}` },
  mke2fs: { debian: "e2fsprogs", nix: "e2fsprogs" },
  nix: {
    debian: "nix-bin",
    nix: "nix",
    what: "Nix (2.4 or later)",
    rest: ", and have it on the PATH, or give a store that is read without it (https, http, file)",
  },
  "nix-store": {
    debian: "nix-bin",
    nix: "nix",
    what: "Nix",
    rest: ", or give the closure with --closure",
  },
  pigz: { debian: "pigz", nix: "pigz" },
  podman: { debian: "podman", nix: "podman" },
  proot: { nix: "proot", what: "it (5.3 or later)", rest: `, ${NAME_IT}` },
  "qemu-system-aarch64": { debian: "qemu-system-arm", nix: "qemu", rest: `; ${NEEDED}` },
  "qemu-system-x86_64": { debian: "qemu-system-x86", nix: "qemu", rest: `; ${NEEDED}` },
  sh: { debian: "dash", nix: "dash", what: "a POSIX shell", rest: ", and have it on the PATH" },
  skopeo: { debian: "skopeo", nix: "skopeo", rest: ", and have it on the PATH" },
  unshare: { debian: "util-linux", nix: "util-linux", rest: `, ${NAME_IT}` },
  xz: { debian: "xz-utils", nix: "xz", rest: DECOMPRESS },
  zstd: { debian: "zstd", nix: "zstd", rest: DECOMPRESS },
} as const satisfies Record<string, Package>;

/** A program that has a package. */
export type PackagedProgram = keyof typeof PACKAGES;

/** What to do where a program is missing, for an error: `install it (…), or …`. */
export function adviceOf(program: PackagedProgram): string {
  const { debian, what = "it", rest = "" }: Package = PACKAGES[program];
  return `install ${what}${
    debian === undefined ? "" : ` (Debian: apt-get install ${debian})`
  }${rest}`;
}

/** Debian's package with a program that Debian has. */
export function debianPackage(program: Exclude<PackagedProgram, "proot">): string {
  return PACKAGES[program].debian;
}

/** The commands that install a program: with Debian's packages, and with Nix. */
export function installCommands(program: PackagedProgram): string[] {
  const { debian, nix }: Package = PACKAGES[program];
  return [
    ...debian === undefined ? [] : [`apt-get install ${debian}`],
    `nix profile install nixpkgs#${nix}`,
  ];
}
