/**
 * What the name of a store path tells: package, version and output.
 * @module
 */

import { namePart, type StorePath } from "../store/store_path.ts";

/** The parts of a store path's name. */
export interface PackageName {
  /** Such as `openssl`. */
  readonly name: string;
  /** Such as `3.0.13`; empty if the name has none. */
  readonly version: string;
  /** The output of the derivation, such as `dev`; empty for `out`, which has no suffix. */
  readonly output: string;
}

// Those of nixpkgs' multiple-outputs.sh, and others that many packages there have.
const OUTPUT = /^(.+)-(bin|data|debug|dev|devdoc|devman|dist|doc|getent|info|lib|libs|man|static)$/;

/**
 * Takes a name apart. The version begins as Nix's `builtins.parseDrvName` has it: after the first
 * hyphen that no letter follows.
 */
export function packageName(path: StorePath): PackageName {
  const full = namePart(path);
  const [, rest = full, output = ""] = OUTPUT.exec(full) ?? [];
  const hyphen = rest.search(/-[^A-Za-z]/);
  if (hyphen < 0) return { name: rest, version: "", output };
  return { name: rest.slice(0, hyphen), version: rest.slice(hyphen + 1), output };
}

/**
 * What paths of one source have in common: they change together. Outputs of one derivation have,
 * and packages of the same version, if it has so many digits that this is no accident (qtbase-6.7.2
 * and qtsvg-6.7.2, but not two of 1.0).
 */
export function sourceOf(path: StorePath): string {
  const { name, version } = packageName(path);
  const digits = version.replaceAll(/\D/g, "");
  return digits.length >= 3 && /[2-9]/.test(digits) ? version : `${name}-${version}`;
}
