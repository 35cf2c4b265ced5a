/**
 * Binary caches with one path that is not as it should be: files that a server would give out.
 * @module
 */

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type BinaryCaches, nix } from "./binary_caches.ts";
import { succeed } from "./program.ts";
import { runPython } from "./python.ts";

/** A cache with a fault. */
export interface HostileCache {
  /** The directory of the cache. */
  readonly directory: string;
  /** The path whose fault it is. It refers to no other, and is not content-addressed. */
  readonly path: string;
}

/** NARs that nothing is to be made of, as write_nar.py knows them. Hash, size and signature are theirs. */
export const BROKEN_NARS = [
  "parent name",
  "own name",
  "empty name",
  "slash in a name",
  "zero in a name",
  "unsorted",
  "duplicate",
  "below a symlink",
  "symlink replaced",
  "zero in a target",
  "empty target",
  "unknown type",
  "no magic",
  "padding",
  "huge name",
  "huge file",
  "negative size",
  "deep",
  "followed by more",
  "cut off",
] as const;

/** Bytes of zeros that a bomb becomes; compressed, a hundredth of a percent of them is left. */
export const BOMB_SIZE = 2 ** 30;

/** What can be wrong; each is signed by the caches' key unless it says otherwise. */
export type Fault =
  | (typeof BROKEN_NARS)[number]
  | keyof typeof FAULTS;

/** The faults that are in more than a NAR's bytes. */
export const OTHER_FAULTS = () => Object.keys(FAULTS) as (keyof typeof FAULTS)[];

const FAULTS = {
  /** One byte of a file is another. */
  "changed NAR": async ({ caches, nar, narinfo }) => {
    const listings = await caches.cache({ compression: "none", listings: true, signedBy: "key" });
    const listing = Deno.readTextFileSync(`${listings}/${basename(narinfo, ".narinfo")}.ls`);
    const [, at] = /"size":[1-9][^}]*"narOffset":(\d+)/.exec(listing) ?? [];
    const bytes = Deno.readFileSync(nar);
    bytes[Number(at)]! ^= 1;
    await Deno.writeFile(nar, bytes);
  },
  "NAR cut off": ({ nar }) => Deno.truncate(nar, Deno.statSync(nar).size - 8),
  "NAR with more behind it": ({ nar }) =>
    Deno.writeFile(nar, new Uint8Array(1 << 20), { append: true }),
  "NAR missing": ({ nar }) => Deno.remove(nar),
  "NAR not compressed as said": (cache) => resigned(cache, { Compression: "xz" }),
  "unknown compression": (cache) => resigned(cache, { Compression: "rot13" }),
  "wrong NarHash": (cache) => resigned(cache, { NarHash: `sha256:${"0".repeat(64)}` }),
  "NarSize too large": (cache) => resigned(cache, { NarSize: `${cache.narSize + 8}` }),
  "NarSize too small": (cache) => resigned(cache, { NarSize: `${cache.narSize - 8}` }),
  "NarSize enormous": (cache) => resigned(cache, { NarSize: `${2 ** 60}` }),
  "unsigned": (cache) => edit(cache, { Sig: undefined }),
  /** By another key of the same name. */
  "signed by another key": (cache) => resigned(cache, {}, cache.caches.otherKey.secretFile),
  /** The right name before what is no signature. */
  "broken signature": (cache) => edit(cache, { Sig: "tests.example-1:AAAA" }),
  /** The key has signed the size that is said no more. */
  "changed after it was signed": (cache) => edit(cache, { NarSize: `${cache.narSize + 8}` }),
  "StorePath outside of the store": (cache) => edit(cache, { StorePath: "/etc/passwd" }),
  "StorePath of another path": (cache) =>
    edit(cache, { StorePath: cache.caches.paths.find((path) => path !== cache.path) }),
  "reference outside of the store": (cache) => edit(cache, { References: "../../etc/passwd" }),
  "reference that is nowhere": (cache) =>
    resigned(cache, { References: `${"0".repeat(32)}-nowhere` }),
  /** It refers to what refers to it. */
  "reference loop": (cache) => {
    const last = cache.caches.paths.at(-1)!;
    return resigned(cache, { References: last.slice("/nix/store/".length) });
  },
  "URL outside of the cache": (cache) => edit(cache, { URL: "../../../../../etc/passwd" }),
  "URL of a file": (cache) => edit(cache, { URL: "file:///etc/passwd" }),
  "narinfo empty": ({ narinfo }) => Deno.writeTextFile(narinfo, ""),
  "narinfo not text": ({ narinfo }) => Deno.writeFile(narinfo, new Uint8Array(4096).fill(0xff)),
  "narinfo of another size each": async ({ narinfo }) => {
    await Deno.writeTextFile(narinfo, "NarSize: 1\nNarSize: 2\n", { append: true });
  },
  "narinfo endless": async ({ narinfo }) => {
    const line = new TextEncoder().encode("Unknown: field\n".repeat(1 << 16));
    for (let n = 0; n < 64; n++) await Deno.writeFile(narinfo, line, { append: true });
  },
  /** A NAR with a large file. The signed size and hash are of another. */
  "bomb": async (cache) => {
    await runPython("write_nar.py", ["bomb", cache.nar]);
    const zeros = `{ cat "$2"; head -c "$1" /dev/zero; }`;
    await compress(cache, `${zeros} | zstd --quiet -1 -o "$2.zst"`);
  },
  /** All is as it should be, but it asks for 2 GiB of memory to decompress. */
  "large window": async (cache) => {
    await compress(cache, 'zstd --quiet -1 <"$2" >"$2.zst"');
    const bytes = Deno.readFileSync(cache.nar);
    // RFC 8878, 3.1.1.1.2: the exponent, less 10, in the upper five bits.
    bytes[5] = (31 - 10) << 3;
    await Deno.writeFile(cache.nar, bytes);
  },
  "another store directory": ({ directory }) =>
    Deno.writeTextFile(`${directory}/nix-cache-info`, "StoreDir: /gnu/store\n"),
} as const satisfies Record<string, (cache: Opened) => Promise<void>>;

/** What can be wrong with a listing, where nothing else is. */
export const LISTINGS = {
  "not JSON": "{",
  "no root": '{"version":1}',
  "of another file": '{"version":1,"root":{"type":"regular","size":1,"narOffset":96}}',
  "of a directory":
    '{"version":1,"root":{"type":"directory","entries":{"..":{"type":"regular","size":1}}}}',
  "with a size that is none": '{"version":1,"root":{"type":"regular","size":-1}}',
  "of another version": '{"version":2,"root":{"type":"regular","size":14,"narOffset":96}}',
} as const;

/** A cache that has been copied to be changed. */
interface Opened {
  readonly caches: BinaryCaches;
  readonly directory: string;
  readonly path: string;
  readonly narinfo: string;
  /** The file with the NAR, which is not compressed. */
  readonly nar: string;
  readonly narSize: number;
}

/** A cache in which one path has a fault; all else in it is as it should be, and signed. */
export async function hostileCache(caches: BinaryCaches, fault: Fault): Promise<HostileCache> {
  const cache = await open(caches);
  if (fault in FAULTS) await FAULTS[fault as keyof typeof FAULTS](cache);
  else await replaceNar(cache, fault as (typeof BROKEN_NARS)[number]);
  return { directory: cache.directory, path: cache.path };
}

/** A cache in which the listing of one path is wrong. */
export async function cacheWithListing(
  caches: BinaryCaches,
  listing: keyof typeof LISTINGS,
): Promise<HostileCache> {
  const { directory, path, narinfo } = await open(caches, true);
  await Deno.writeTextFile(narinfo.replace(/narinfo$/, "ls"), LISTINGS[listing]);
  return { directory, path };
}

async function open(caches: BinaryCaches, listings = false): Promise<Opened> {
  const directory = await caches.copy({ compression: "none", listings, signedBy: "key" });
  for (const path of caches.paths) {
    const narinfo = narinfoOf(directory, path);
    const text = Deno.readTextFileSync(narinfo);
    // What is content-addressed needs no signature.
    if (!/^References: $/m.test(text) || /^CA:/m.test(text)) continue;
    const [, url = ""] = /^URL: (.*)$/m.exec(text) ?? [];
    const [, narSize] = /^NarSize: (.*)$/m.exec(text) ?? [];
    const nar = `${directory}/${url}`;
    return { caches, directory, path, narinfo, nar, narSize: Number(narSize) };
  }
  throw new Error("No path of the closure has no references and no content address");
}

function narinfoOf(directory: string, path: string): string {
  return `${directory}/${path.slice("/nix/store/".length).slice(0, 32)}.narinfo`;
}

/** Changes fields of a narinfo; undefined removes one. */
function edit({ narinfo }: Opened, fields: Readonly<Record<string, string | undefined>>) {
  const kept = Deno.readTextFileSync(narinfo).split("\n")
    .filter((line) => line !== "" && !(line.split(":")[0]! in fields));
  const added = Object.entries(fields)
    .flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}`]);
  return Deno.writeTextFile(narinfo, `${[...kept, ...added].join("\n")}\n`);
}

/** Changes fields and has Nix sign what it says then: it looks at no NAR for that. */
async function resigned(
  cache: Opened,
  fields: Readonly<Record<string, string>>,
  secretFile = cache.caches.key.secretFile,
): Promise<void> {
  const { Compression, ...others } = fields;
  await edit(cache, { ...others, Sig: undefined });
  await nix(
    "store",
    "sign",
    "--store",
    `file://${cache.directory}`,
    "--key-file",
    secretFile,
    cache.path,
  );
  // No part of what is signed, and Nix would look at it.
  if (Compression !== undefined) await edit(cache, { Compression });
}

async function replaceNar(cache: Opened, kind: (typeof BROKEN_NARS)[number]): Promise<void> {
  await runPython("write_nar.py", [kind, cache.nar]);
  const bytes = Deno.readFileSync(cache.nar);
  const hash = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const size = `${bytes.length}`;
  await resigned(cache, { NarHash: hash, NarSize: size, FileHash: hash, FileSize: size });
}

/** Has the NAR compressed by a script, and says so. Nothing of that is signed. */
async function compress(cache: Opened, script: string): Promise<void> {
  await succeed(["sh", "-ec", `${script}; mv "$2.zst" "$2"`, "sh", `${BOMB_SIZE}`, cache.nar]);
  const fields = { Compression: "zstd", FileSize: `${Deno.statSync(cache.nar).size}` };
  await edit(cache, { ...fields, FileHash: undefined });
}
