/**
 * What Nix's own configuration says of binary caches (nix.conf(5)): whom to trust, and where
 * passwords are.
 * @module
 */

import { dirname, isAbsolute, join } from "node:path/posix";
import { ImageError } from "../errors.ts";
import { parsePublicKeys, type PublicKey } from "../signing/keys.ts";
import { quoted } from "../visible.ts";

/** Where Nix looks, by the names of the variables. */
export interface NixConfPlaces {
  /** `NIX_CONF_DIR`: in the place of /etc/nix. */
  readonly confDirectory?: string | undefined;
  /** `NIX_USER_CONF_FILES`: files with colons between them, in the place of the user's. */
  readonly userConfFiles?: string | undefined;
  /** `XDG_CONFIG_HOME`: in the place of .config at home. */
  readonly configHome?: string | undefined;
  /** `XDG_CONFIG_DIRS`: in the place of /etc/xdg. */
  readonly configDirectories?: string | undefined;
  /** `HOME`. */
  readonly home?: string | undefined;
  /** `NIX_CONFIG`: lines that count after all files. */
  readonly config?: string | undefined;
}

/** How long is waited for caches, and how often they are asked, where somebody said so. */
export interface DownloadSettings {
  /** `connect-timeout`, in milliseconds. */
  readonly connectTimeout?: number;
  /** `stalled-download-timeout`, in milliseconds. */
  readonly stalledTimeout?: number;
  /** `download-attempts`, the first one included. */
  readonly attempts?: number;
}

/** What it says. */
export interface NixConf {
  /** Each `NAME:BASE64`. */
  readonly trustedPublicKeys: readonly string[];
  /** Whether paths need signatures. */
  readonly requireSignatures: boolean;
  /** A file with passwords, in the form of curl's `--netrc-file`; need not be there. */
  readonly netrcFile: string;
  readonly downloads: DownloadSettings;
}

/** What Nix trusts by itself. */
const DEFAULT_KEYS = [
  "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=",
] as const;
const DEFAULT_DIRECTORY = "/etc/nix", MOST_DEPTH = 20, MOST_SIZE = 1 << 20;

/** The text of a file; undefined if it is not there. */
export type ReadText = (path: string) => string | undefined;

/**
 * Reads Nix's configuration in the order in which Nix does.
 *
 * @throws {ImageError} if a setting that is used here is no such thing, or a file can't be read.
 */
export function readNixConf(places: NixConfPlaces, read: ReadText = readFile): NixConf {
  const directory = places.confDirectory || DEFAULT_DIRECTORY;
  const settings = new Settings(join(directory, "netrc"), read);
  settings.file(join(directory, "nix.conf"));
  // What comes first in the list of files counts most.
  for (const file of userFiles(places).reverse()) settings.file(file);
  if (places.config) settings.text(places.config, "NIX_CONFIG", undefined);
  return settings.conf();
}

/**
 * The keys that are trusted: those that are given, or else those of the configuration.
 *
 * @param given `NAME:BASE64`, with white space between them
 * @param where they come from, for errors
 * @throws {ImageError} if something else is there.
 */
export function trustedKeys(
  given: string | undefined,
  where: string,
  conf: NixConf,
): readonly PublicKey[] {
  if (given !== undefined) return parsePublicKeys(given, where);
  const { trustedPublicKeys } = conf;
  if (trustedPublicKeys.length === 0) return [];
  return parsePublicKeys(trustedPublicKeys.join(" "), "trusted-public-keys of nix.conf");
}

function userFiles(places: NixConfPlaces): string[] {
  const { userConfFiles, configHome, configDirectories, home } = places;
  if (userConfFiles !== undefined) return userConfFiles.split(":").filter((file) => file !== "");
  const own = configHome || home && join(home, ".config");
  const directories = [...own ? [own] : [], ...(configDirectories || "/etc/xdg").split(":")];
  return directories.filter((name) => name !== "").map((name) => join(name, "nix/nix.conf"));
}

function readFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError(`Cannot read ${path}: ${reason}`, { cause });
  }
}

class Settings {
  readonly #read: ReadText;
  #keys: readonly string[] = DEFAULT_KEYS;
  #requireSignatures = true;
  #netrcFile: string;
  readonly #downloads = new Map<string, number>();

  constructor(netrcFile: string, read: ReadText) {
    this.#netrcFile = netrcFile;
    this.#read = read;
  }

  conf(): NixConf {
    return {
      trustedPublicKeys: [...new Set(this.#keys)],
      requireSignatures: this.#requireSignatures,
      netrcFile: this.#netrcFile,
      downloads: this.#downloadSettings(),
    };
  }

  #downloadSettings(): DownloadSettings {
    // As in Nix, 0 stands for no limit of its own.
    const [connect, stalled, attempts] = DOWNLOADS.map((name) => this.#downloads.get(name) || 0);
    return {
      ...connect ? { connectTimeout: connect * 1000 } : {},
      ...stalled ? { stalledTimeout: stalled * 1000 } : {},
      ...attempts ? { attempts } : {},
    };
  }

  file(path: string): void {
    const text = this.#read(path);
    if (text !== undefined) this.text(text, path, dirname(path));
  }

  /** @param directory what files are relative to that are included */
  text(text: string, where: string, directory: string | undefined, depth = 0): void {
    if (text.length > MOST_SIZE) throw new ImageError(`${where} is too long for a nix.conf`);
    for (const line of text.split("\n")) {
      const [name = "", second = "", ...rest] = line.replace(/#.*/, "").trim().split(/[ \t\r]+/);
      if (name === "include" || name === "!include") {
        if (depth === MOST_DEPTH) throw new ImageError(`${where}: it includes itself`);
        this.#include(second, name === "include", { where, directory, depth });
      } else if (second === "=") this.#set(name, rest, where);
      else if (isUsed(name)) throw new ImageError(`${where}: expected ${name} = …`);
    }
  }

  #include(
    file: string,
    needed: boolean,
    { where, directory, depth }: {
      readonly where: string;
      readonly directory: string | undefined;
      readonly depth: number;
    },
  ): void {
    const path = isAbsolute(file) ? file : directory && join(directory, file);
    const text = path ? this.#read(path) : undefined;
    if (path && text !== undefined) this.text(text, path, dirname(path), depth + 1);
    else if (needed) throw new ImageError(`${where} includes ${quoted(file)}, which is not there`);
  }

  #set(name: string, words: readonly string[], where: string): void {
    const value = words.join(" ");
    const plain = name.replace(/^extra-/, "");
    if (KEYS.has(plain)) this.#keys = plain === name ? words : [...this.#keys, ...words];
    else if (name === "netrc-file") this.#netrcFile = value;
    else if (name === "require-sigs") this.#requireSignatures = booleanIn(value, where);
    else if (DOWNLOADS.includes(name)) this.#downloads.set(name, numberIn(name, value, where));
  }
}

/** The second is what Nix 1 called it. */
const KEYS = new Set(["trusted-public-keys", "binary-cache-public-keys"]);
const DOWNLOADS: readonly string[] = [
  "connect-timeout",
  "stalled-download-timeout",
  "download-attempts",
];

function isUsed(name: string): boolean {
  return KEYS.has(name.replace(/^extra-/, "")) || name === "netrc-file" ||
    name === "require-sigs" || DOWNLOADS.includes(name);
}

function booleanIn(value: string, where: string): boolean {
  if (["true", "yes", "1"].includes(value)) return true;
  if (["false", "no", "0"].includes(value)) return false;
  throw new ImageError(`${where}: expected require-sigs = true or false, got ${quoted(value)}`);
}

function numberIn(name: string, value: string, where: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new ImageError(`${where}: expected ${name} = a number, got ${quoted(value)}`);
}
