/**
 * What commands have in common that take a spec or an image.
 * @module
 */

import { UsageError } from "../errors.ts";
import { openFile } from "../store/files.ts";

/** How much of a file is looked at. */
const BEGINNING = 4096;

/** Whether it is standard input, or a file with JSON: images are archives or directories. */
export async function isSpec(path: string): Promise<boolean> {
  if (path === "-") return true;
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isFile) return false;
  const file = openFile(path);
  try {
    const bytes = new Uint8Array(BEGINNING);
    const length = await file.read(bytes);
    return /^\ufeff?[ \t\r\n]*[{[]/.test(new TextDecoder().decode(bytes.subarray(0, length)));
  } finally {
    file.close();
  }
}

/** The options that are for one kind of argument alone, as they are written. */
const FLAGS = {
  name: "--name",
  tag: "--tag",
  platform: "--platform",
  repoTag: "--repo-tag",
  storeRoot: "--store-root",
  closure: "--closure",
  strategy: "--strategy",
  previous: "--previous",
  history: "--history",
  target: "--target",
  strict: "--strict",
  vmTimeout: "--vm-timeout",
  kernel: "--kernel",
  modules: "--modules",
  store: "--store",
  trustedPublicKeys: "--trusted-public-keys",
  checkSigs: "--no-check-sigs",
  netrcFile: "--netrc-file",
  cacheTokenFile: "--cache-token-file",
} as const;

type Kind = "spec" | "image";

/** Those that are for the stores of a spec. */
const OF_STORES = [
  "store",
  "trustedPublicKeys",
  "checkSigs",
  "netrcFile",
  "cacheTokenFile",
] as const;

/** See {@linkcode FLAGS}. */
const OF_SPECS = [
  "repoTag",
  "storeRoot",
  "closure",
  "strategy",
  "previous",
  "history",
  "target",
  "strict",
  "vmTimeout",
  "kernel",
  "modules",
  ...OF_STORES,
] as const;
const OF_IMAGES = ["name", "tag", "platform"] as const;

/**
 * Refuses options that are for the other kind of argument.
 *
 * @throws {UsageError} if one is given.
 */
export function refuseOtherOptions(
  kind: Kind,
  options: Readonly<Partial<Record<keyof typeof FLAGS, unknown>>>,
): void {
  const others = kind === "spec" ? OF_IMAGES : OF_SPECS;
  const given = others.find((name) => isGiven(name, options[name]));
  if (given === undefined) return;
  const what = kind === "spec" ? "an image, and this is a spec" : "a spec, and this is an image";
  throw new UsageError(`${FLAGS[given]} is for ${what}`);
}

/** The first option that is for the stores of a spec, as it is written; undefined if none is there. */
export function storeFlagIn(
  options: Readonly<Partial<Record<typeof OF_STORES[number], unknown>>>,
): string | undefined {
  const given = OF_STORES.find((name) => isGiven(name, options[name]));
  return given && FLAGS[given];
}

/** Options that begin with `--no-` are true unless they are given. */
function isGiven(name: keyof typeof FLAGS, value: unknown): boolean {
  return name === "checkSigs" ? value === false : value !== undefined;
}

/**
 * Refuses a spec where an image is wanted.
 *
 * @throws {UsageError} if it is one.
 */
export async function refuseSpec(path: string): Promise<void> {
  if (path === "-" || !await isSpec(path)) return;
  throw new UsageError(
    `${path}: expected an image, found JSON; nix-image build makes an image of a spec`,
  );
}
