/**
 * The lock file: which image a tag stood for on a platform when somebody looked (docs/lock.md).
 * @module
 */

import { dirname, resolve } from "node:path";
import { z } from "zod";
import { DocumentBudget } from "../base/document_budget.ts";
import { checkedDocument, digestSchema } from "../base/documents.ts";
import { platformText } from "../base/choose_image.ts";
import type { Platform } from "../base/stored_image.ts";
import { whileLocked } from "../disk/claim.ts";
import { OutputFile } from "../disk/output_part.ts";
import { ImageError } from "../errors.ts";
import { compareCodePoints } from "../tar/name.ts";
import type { RegistryReference } from "./reference.ts";

/** Where the lock file is, unless somebody says where. */
export const LOCK_FILE = "nix-image.lock";

const VERSION = 1;

const text = z.string({ error: "a string" }).min(1, { error: "a string" });
const entrySchema = z.looseObject({
  name: text,
  tag: text,
  platform: text,
  indexDigest: digestSchema.nullable(),
  manifestDigest: digestSchema,
}, { error: "an object" });
const schema = z.looseObject({
  version: z.literal(VERSION, { error: `${VERSION}, the only version there is yet` }),
  images: z.array(entrySchema, { error: "an array" }),
}, { error: "an object" });

/** What a tag stood for. */
export interface LockedDigests {
  /** The digest of the index that the tag led to; null if it led to the image itself. */
  readonly indexDigest: string | null;
  readonly manifestDigest: string;
}

/** What is looked for: an image by name, tag and platform. */
export interface LockKey {
  readonly reference: RegistryReference;
  readonly platform: Platform;
}

type Entry = z.infer<typeof entrySchema>;

/**
 * What the lock file has for an image; undefined if it has nothing, or is not there.
 *
 * @throws {ImageError} if it can not be read, or is no lock file.
 */
export async function lockedImage(file: string, key: LockKey): Promise<LockedDigests | undefined> {
  const wanted = keyOf(key);
  return (await readEntries(file)).find((entry) => isSame(entry, wanted));
}

/**
 * Puts what an image's tag stands for into the lock file, in the place of what was there.
 *
 * @throws {ImageError} if it can not be read or written, or is no lock file.
 */
export async function lockImage(
  file: string,
  key: LockKey,
  { indexDigest, manifestDigest }: LockedDigests,
): Promise<void> {
  const added = { ...keyOf(key), indexDigest, manifestDigest };
  // Several programs may want to add something at once.
  await whileLocked(dirname(resolve(file)), async () => {
    const others = (await readEntries(file)).filter((entry) => !isSame(entry, added));
    const images = [...others, added].sort(compare);
    const bytes = new TextEncoder().encode(
      JSON.stringify({ version: VERSION, images }, null, 2) + "\n",
    );
    using output = new OutputFile(file);
    for (let at = 0; at < bytes.length;) at += await output.write(bytes.subarray(at));
    output.commit();
  });
}

async function readEntries(file: string): Promise<readonly Entry[]> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError(`Cannot read the lock file ${file}: ${reason}`, { cause });
  }
  return checkedDocument({ documents: new DocumentBudget(file) }, bytes, file, schema).value.images;
}

/** The names in the lock file are whole ones; `v8` says nothing of arm64, as containerd has it. */
function keyOf({ reference, platform }: LockKey): Pick<Entry, "name" | "tag" | "platform"> {
  const { host, repository, tag = "latest" } = reference;
  const plain = platform.architecture === "arm64" && platform.variant === "v8";
  return {
    name: `${host}/${repository}`,
    tag,
    platform: platformText(plain ? { ...platform, variant: null } : platform),
  };
}

type Key = ReturnType<typeof keyOf>;

function isSame(a: Key, b: Key): boolean {
  return compare(a, b) === 0;
}

function compare(a: Key, b: Key): number {
  return compareCodePoints(a.name, b.name) || compareCodePoints(a.tag, b.tag) ||
    compareCodePoints(a.platform, b.platform);
}
