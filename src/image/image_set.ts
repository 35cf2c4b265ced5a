/**
 * Images from several archives and layouts, made one set: which of them are the same, and who has
 * which name.
 * @module
 */

import { ImageError } from "../errors.ts";
import { quoted, shortened } from "../visible.ts";
import type { Image, NamedImage } from "./image.ts";

/** A name as it was found. */
export interface SetName {
  /** As it is spelt there. */
  readonly spelt: string;
  /** As Docker shows it, such as `alpine:3`; undefined if it is no such name: a tag alone, say. */
  readonly repoTag: string | undefined;
}

/** An image that is to be in a set. */
export interface SetMember {
  readonly image: Image;
  readonly names: readonly SetName[];
  /** Docker's ID of it. */
  readonly configDigest: string;
  /** Undefined where its format has none. */
  readonly manifestDigest: string | undefined;
  /** The archive or layout that it comes from. */
  readonly source: string;
}

/** What the set is for. An archive for Docker knows images by name and ID, a layout by more. */
export type SetKind = "docker-archive" | "layout";

/** Images, none twice, and what there is to be said of them. */
export interface ImageSet {
  /** In the order in which they were given. */
  readonly images: readonly NamedImage[];
  /** What was left out, one sentence each. */
  readonly notices: readonly string[];
}

/**
 * The images of `members` in their order, each once, with all the names that it has anywhere.
 *
 * Images of the same config are the same for Docker. A layout may have several manifests of one
 * config, as of layers that are compressed in several ways: they stay if they have names of their
 * own, or none. A name is one image's, in a layout one's for each platform.
 *
 * @throws {ImageError} if two images have the same name; it shows all such names.
 */
export function mergedSet(members: readonly SetMember[], kind: SetKind): ImageSet {
  const entries: Entry[] = [];
  const holders = new Map<string, Entry>();
  const clashes = new Map<string, Clash>();
  for (const member of members) {
    let entry = entries.find((known) => known.isOf(member, kind));
    if (entry === undefined) entries.push(entry = new Entry(member));
    else entry.add(member);
    for (const name of member.names) {
      const text = textOf(name);
      const key = kind === "layout" ? `${text} ${platformOf(member)}` : text;
      const holder = holders.get(key);
      if (holder === undefined) {
        holders.set(key, entry);
        entry.names.set(text, name);
      } else if (holder.member.configDigest !== member.configDigest && !clashes.has(key)) {
        clashes.set(key, { name: text, images: [holder.member, member] });
      }
    }
  }
  if (clashes.size > 0) throw clashError([...clashes.values()]);
  const kept = entries.filter((entry) => entry.names.size > 0 || entry.isNameless);
  return {
    images: kept.map((entry) => entry.named(kind)),
    notices: kind === "layout" ? [] : kept.flatMap((entry) => entry.leftOut()),
  };
}

/** An image of the set in the making. */
class Entry {
  member: SetMember;
  /** Whether it has no name anywhere. */
  isNameless: boolean;
  readonly names = new Map<string, SetName>();

  constructor(member: SetMember) {
    this.member = member;
    this.isNameless = member.names.length === 0;
  }

  isOf({ configDigest, manifestDigest }: SetMember, kind: SetKind): boolean {
    const own = this.member;
    return own.configDigest === configDigest &&
      (kind === "docker-archive" || own.manifestDigest === manifestDigest ||
        own.manifestDigest === undefined || manifestDigest === undefined);
  }

  /** The same image again. */
  add(member: SetMember): void {
    this.isNameless &&= member.names.length === 0;
    if (this.member.manifestDigest === undefined) this.member = member;
  }

  named(kind: SetKind): NamedImage {
    const names = [...this.names.values()];
    const refNames = names.filter(({ repoTag }) => repoTag === undefined).map(({ spelt }) => spelt);
    return {
      image: this.member.image,
      repoTags: names.flatMap(({ repoTag }) => repoTag ?? []),
      ...kind === "layout" && refNames.length > 0 ? { refNames } : {},
    };
  }

  /** Says which names a docker-archive can't have. */
  leftOut(): string[] {
    const names = [...this.names.values()].filter(({ repoTag }) => repoTag === undefined);
    if (names.length === 0) return [];
    const { source, configDigest } = this.member;
    const list = names.map(({ spelt }) => quoted(spelt)).join(", ");
    return [
      `${source}: ${configDigest} loses what is no NAME:TAG in a docker-archive: ${list}`,
    ];
  }
}

function textOf({ repoTag, spelt }: SetName): string {
  return repoTag ?? spelt;
}

function platformOf({ image: { os, architecture, variant } }: SetMember): string {
  return [os, architecture, ...variant === null ? [] : [variant]].join("/");
}

const MOST_SHOWN = 10;

/** A name that two images have. */
interface Clash {
  readonly name: string;
  readonly images: readonly [SetMember, SetMember];
}

function clashError(clashes: readonly Clash[]): ImageError {
  const lines = clashes.slice(0, MOST_SHOWN).flatMap(({ name, images }) => [
    `Two images have the name ${shortened(name, 150)}:`,
    ...images.map((member) =>
      `  ${member.source}  ${shortened(platformOf(member), 100)}  ${member.configDigest}`
    ),
  ]);
  const more = clashes.length > MOST_SHOWN ? [`and ${clashes.length - MOST_SHOWN} more`] : [];
  const byPlatform = clashes.every(({ images: [one, other] }) =>
    platformOf(one) !== platformOf(other)
  );
  const hint = byPlatform
    ? ["An OCI layout can have one for each platform: --format oci or oci-archive"]
    : [];
  return new ImageError([...lines, ...more, ...hint].join("\n"));
}
