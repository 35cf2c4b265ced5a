/**
 * Debian's package indices (deb-control(5), and Debian's policy, section 7 on relations).
 * @module
 */

/** A binary package. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** The source package that it is built from. */
  readonly source: string;
  /** Bytes when installed, to a KiB. */
  readonly size: number;
  /** What it needs: of each list one. */
  readonly depends: readonly (readonly string[])[];
  /** Virtual packages that it stands for. */
  readonly provides: readonly string[];
}

/** Packages by name. */
export type DebianPackages = ReadonlyMap<string, DebianPackage>;

/** The packages of an index; of several versions, as pockets have them, the last. */
export function parsePackageIndex(text: string): DebianPackages {
  const packages = new Map<string, DebianPackage>();
  for (const stanza of text.split("\n\n")) {
    const fields = new Map<string, string>();
    for (const [, name = "", value = ""] of stanza.matchAll(/^([A-Za-z-]+): (.*)$/gm)) {
      fields.set(name, value);
    }
    const name = fields.get("Package");
    if (name === undefined) continue;
    const needed = [fields.get("Pre-Depends"), fields.get("Depends")];
    packages.set(name, {
      name,
      version: fields.get("Version") ?? "",
      source: (fields.get("Source") ?? name).split(" ")[0] ?? name,
      size: Number(fields.get("Installed-Size") ?? 0) * 1024,
      depends: needed.flatMap(relations),
      provides: relations(fields.get("Provides")).flat(),
    });
  }
  return packages;
}

/** The names in `a (>= 1), b:any | c`: alternatives by alternatives. */
function relations(field = ""): string[][] {
  return field.split(",")
    .map((group) => group.split("|").map((one) => one.trim().split(/[\s:(]/)[0] ?? ""))
    .map((names) => names.filter((name) => name !== ""))
    .filter((names) => names.length > 0);
}

/** Which package stands for a virtual one: the first by name. */
export function providersOf(packages: DebianPackages): ReadonlyMap<string, string> {
  const providers = new Map<string, string>();
  for (const name of [...packages.keys()].sort()) {
    for (const virtual of packages.get(name)?.provides ?? []) {
      if (!providers.has(virtual)) providers.set(virtual, name);
    }
  }
  return providers;
}
