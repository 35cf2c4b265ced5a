/**
 * Store paths that a text mentions. Inside a Nix build, Nix scans what was built for the hashes of
 * store paths; outside of one, this does it for an image's config.
 * @module
 */

import { ImageError } from "../errors.ts";
import { type Closure, type ClosureSource, MissingPathsError } from "./closure.ts";
import { hashPart, STORE_DIR, type StorePath } from "./store_path.ts";

/** A store path that was found in a document. */
export interface Mention {
  readonly path: StorePath;
  /** Where it stands, such as `config.Cmd[0]`. */
  readonly where: string;
}

const MENTION = new RegExp(
  `${STORE_DIR}/[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9a-zA-Z+\\-._?=]+`,
  "g",
);

/** The store paths in the strings and the keys of a JSON value. */
export function mentionsIn(value: unknown, where: string): Mention[] {
  if (typeof value === "string") {
    return Array.from(value.matchAll(MENTION), ([path]) => ({ path: path as StorePath, where }));
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => mentionsIn(item, `${where}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...mentionsIn(key, where),
    ...mentionsIn(item, `${where}.${key}`),
  ]);
}

/** The mentions but those of store paths that are to be `absent`, whatever stands behind them. */
export function withoutAbsent(
  mentions: readonly Mention[],
  absent: readonly StorePath[],
): readonly Mention[] {
  if (absent.length === 0) return mentions;
  const hashes = new Set(absent.map(hashPart));
  return mentions.filter(({ path }) => !hashes.has(hashPart(path)));
}

/**
 * The closure of `roots` and of what the mentions name. Text may go on behind a store path with
 * characters that a name can hold (as at the end of this one: /nix/store/…-hello.), so a mention
 * that is not known is tried again without what stands behind its last `.`, `?`, `=`, `+`, `_`, `-`.
 *
 * @throws {ImageError} if a root or a mention is not known to `source`.
 */
export async function closureWithMentions(
  source: ClosureSource,
  roots: readonly StorePath[],
  mentions: readonly Mention[],
): Promise<Closure> {
  const all = new Set([...roots, ...mentions.map(({ path }) => path)]);
  try {
    return await source.closureOf([...all]);
  } catch (error) {
    if (!(error instanceof MissingPathsError)) throw error;
    // Else it is what somebody refers to.
    const isMention = (path: StorePath) => mentions.some((mention) => mention.path === path);
    if (error.paths.some((path) => roots.includes(path) || !isMention(path))) throw error;
    const found = await shortened(error.paths, source);
    for (const path of error.paths) {
      all.delete(path);
      all.add(found.get(path) ?? notFound(path, mentions, error));
    }
    return await source.closureOf([...all]);
  }
}

/** Those of the store paths in a text that `source` knows, cut as above where that makes them known. */
export async function knownAmong(
  source: ClosureSource,
  paths: readonly StorePath[],
): Promise<StorePath[]> {
  const missing = paths.length > 0 ? await source.missing(paths) : [];
  const found = await shortened(missing, source);
  const unknown = new Set(missing);
  return [...new Set([...paths.filter((path) => !unknown.has(path)), ...found.values()])];
}

/** By path: what is known of it when something is cut off at its end. */
async function shortened(
  paths: readonly StorePath[],
  source: ClosureSource,
): Promise<Map<StorePath, StorePath>> {
  const shorter = new Map(paths.map((path) => [path, shorterThan(path)]));
  const all = [...new Set([...shorter.values()].flat())];
  const missing = new Set(all.length > 0 ? await source.missing(all) : []);
  return new Map(
    [...shorter].flatMap(([path, candidates]) => {
      const known = candidates.find((candidate) => !missing.has(candidate));
      return known === undefined ? [] : [[path, known]];
    }),
  );
}

/** The longest first. */
function shorterThan(path: StorePath): StorePath[] {
  const cut = `${STORE_DIR}/`.length + 33;
  const candidates: StorePath[] = [];
  for (let end = path.length - 1; end > cut; end--) {
    if (/[.?=+_-]/.test(path[end]!)) candidates.push(path.slice(0, end) as StorePath);
  }
  return candidates;
}

function notFound(
  path: StorePath,
  mentions: readonly Mention[],
  { where, remedy }: MissingPathsError,
): never {
  const places = mentions.filter((mention) => mention.path === path).map(({ where }) => where);
  throw new ImageError(`${places.join(", ")}: ${path} is not in ${where}; ${remedy}`);
}
