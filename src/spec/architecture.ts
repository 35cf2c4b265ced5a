/**
 * Names of processor architectures.
 * @module
 */

/** OCI names (GOARCH), each with what Nix calls the machine: NAME-linux; and the kernel. */
const MACHINES: Readonly<Record<string, readonly string[]>> = {
  "386": ["i386", "i486", "i586", "i686"],
  amd64: ["x86_64"],
  arm: ["armv5tel", "armv6l", "armv7a", "armv7l", "armv8l"],
  arm64: ["aarch64"],
  loong64: ["loongarch64"],
  mips: ["mips"],
  mips64: ["mips64"],
  mips64le: ["mips64el"],
  mipsle: ["mipsel"],
  ppc64: ["powerpc64"],
  ppc64le: ["powerpc64le"],
  riscv64: ["riscv64"],
  s390x: ["s390x"],
};

/** What Docker's library calls variants, each with the OCI name. */
const VARIANTS_IN_NAMES: Readonly<Record<string, string>> = {
  arm32v5: "arm",
  arm32v6: "arm",
  arm32v7: "arm",
  arm64v8: "arm64",
};

/** The OCI names. */
export const OCI_ARCHITECTURES: readonly string[] = Object.keys(MACHINES);

// The kernel's names are either Nix's machine names or, for ppc64, ppc64le, the OCI names.
const OCI_NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(MACHINES).flatMap(([oci, machines]) =>
    [oci, ...machines, ...machines.map((machine) => `${machine}-linux`)]
      .map((name) => [name, oci] as const)
  ),
  ...Object.entries(VARIANTS_IN_NAMES),
]);

/** Every name that {@linkcode ociArchitecture} knows. */
export const ARCHITECTURE_NAMES: readonly string[] = [...OCI_NAMES.keys()];

/**
 * The OCI name of an architecture that is given by its OCI name, by a Nix system name
 * (`aarch64-linux`), as the kernel names it (`aarch64`) or as Docker's library does (`arm64v8`);
 * undefined if none is known, and for systems other than Linux.
 */
export function ociArchitecture(name: string): string | undefined {
  return OCI_NAMES.get(name);
}

/** What names say beyond the OCI name, as container engines write it. */
const VARIANTS: ReadonlyMap<string, string> = new Map([
  ["armv5tel", "v5"],
  ["armv6l", "v6"],
  ["armv7a", "v7"],
  ["armv7l", "v7"],
  ["armv8l", "v8"],
  ...Object.keys(VARIANTS_IN_NAMES).map((name) => [name, name.slice(-2)] as const),
]);

/**
 * The OCI variant that a Nix system or machine name implies: `v7` for `armv7l-linux`; null where it
 * implies none, as OCI names do.
 */
export function impliedVariant(name: string): string | null {
  return VARIANTS.get(name.replace(/-linux$/, "")) ?? null;
}
