/**
 * What caches and their users' files say, damaged in all ways: what is made of it can be, or it is an
 * error that a user can act on. The seed is fixed;
 * `FUZZ_RUNS=100000 FUZZ_SEED=1 deno test --allow-all tests/stores/fuzz_test.ts` runs as many with
 * another one.
 */

import assert from "node:assert/strict";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import { loginFor } from "../../src/http/netrc.ts";
import { parseNarListing } from "../../src/store/nar_listing.ts";
import { checkCacheInfo } from "../../src/stores/cache_place.ts";
import { decoded } from "../../src/stores/content_encoding.ts";
import { readNixConf, trustedKeys } from "../../src/stores/nix_conf.ts";
import { ZstdFrame } from "../../src/tar/zstd_frames.ts";
import { mutated, mutation } from "../support/mutations.ts";
import { PUBLIC_KEY } from "../support/narinfos.ts";
import { unevenBytes } from "../support/seeded.ts";
import { storePath } from "../support/store_paths.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 1500);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20240607);

/** Damages bytes; `use` does what it can with them, or fails as users are told of it. */
async function damage(
  original: Uint8Array<ArrayBuffer>,
  use: (bytes: Uint8Array<ArrayBuffer>) => unknown,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = changes.reduce((bytes, change) => mutated(bytes, change), original);
      try {
        await use(bytes.slice());
      } catch (error) {
        assert.ok(error instanceof ImageError, String(error));
        assert.doesNotMatch(error.message, /(?!\n)\p{Cc}/u);
        assert.ok(error.message.length < 2000, error.message);
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("listings, damaged, tell of files of their path, or are errors", async () => {
  const path = storePath("tool");
  const file = { type: "regular", size: 10, executable: true, narOffset: 400 };
  const inner = {
    type: "directory",
    entries: { "b": file, "a": { type: "symlink", target: "b" } },
  };
  const root = { type: "directory", entries: { "bin": inner, "x": file, "y": inner } };
  await damage(bytesOf(JSON.stringify({ version: 1, root })), (bytes) => {
    const entries = parseNarListing(textOf(bytes), path, "x.ls");
    assert.equal(entries[0]?.path, path);
    for (const entry of entries.slice(1)) {
      assert.ok(entry.path.startsWith(`${path}/`) && entry.size >= 0);
      assert.doesNotMatch(entry.path, /\/\.{0,2}(?:\/|$)/);
    }
  });
});

Deno.test("nix.conf, damaged, is settings, or an error", async () => {
  const text =
    `# keys\ntrusted-public-keys = ${PUBLIC_KEY}\nextra-trusted-public-keys = ${PUBLIC_KEY}\n` +
    "require-sigs = true\nnetrc-file = /etc/netrc\nconnect-timeout = 5\ndownload-attempts = 2\n" +
    "!include other.conf\ninclude nix.conf\n";
  for (const original of [text, text.replace("include nix.conf\n", "")]) {
    await damage(bytesOf(original), (bytes) => {
      const conf = readNixConf(
        {},
        (path) => path === "/etc/nix/nix.conf" ? textOf(bytes) : undefined,
      );
      trustedKeys(undefined, "--x", conf);
      const { attempts = 1, connectTimeout = 1, stalledTimeout = 1 } = conf.downloads;
      assert.ok(attempts > 0 && connectTimeout > 0 && stalledTimeout > 0);
    });
  }
});

Deno.test("a netrc, damaged, is logins, and none for another host", async () => {
  const text = "machine cache.example login ann password s3cret\nmacdef x\nmachine y\n\n" +
    '# machine z\nmachine other.example login "a b" account c password "p\\"q"\n';
  await damage(bytesOf(text), (bytes) => {
    const login = loginFor(textOf(bytes), "cache.example");
    if (login === undefined) return;
    assert.equal(typeof login.username, "string");
    assert.equal(typeof login.password, "string");
    // Who has no name in it gets no password of it.
    const names = textOf(bytes).toLowerCase();
    assert.ok(names.includes("cache.example") || /\bdefault\b/.test(names));
  });
});

Deno.test("nix-cache-info, damaged, is of this store, or an error", async () => {
  const original = bytesOf("StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n");
  await damage(original, async (bytes) => {
    const files = {
      read: () => Promise.resolve(bytes),
      stream: () => assert.fail(),
      [Symbol.dispose]: () => {},
    };
    await checkCacheInfo(files, "https://cache.example");
    const line = textOf(bytes).split("\n").find((line) => /^StoreDir:/.test(line));
    assert.ok(line === undefined || /^StoreDir:\s*\/nix\/store\s*$/.test(line), line);
  });
});

Deno.test("what is encoded, damaged, is not longer than it may be, or an error", async () => {
  const plain = unevenBytes(300);
  for (
    const [encoding, original] of [
      ["gzip", gzipSync(plain)],
      ["br", brotliCompressSync(plain)],
      ["deflate", deflateSync(plain)],
    ] as const
  ) {
    await damage(new Uint8Array(original), (bytes) => {
      assert.ok(decoded(bytes, encoding, 400, "x.ls").length <= 400);
    });
  }
});

Deno.test("frames of zstd, damaged, end within what is there, wherever it is split, or are errors", async () => {
  const plain = unevenBytes(3000);
  const original = new Uint8Array(zstdCompressSync(plain));
  const endOf = (bytes: Uint8Array, chunk: number) => {
    const frame = new ZstdFrame("x");
    let at = 0;
    while (at < bytes.length && !frame.isOver) at += frame.take(bytes.subarray(at, at + chunk));
    return `${at} ${frame.isOver}`;
  };
  const outcome = (bytes: Uint8Array, chunk: number) => {
    try {
      return endOf(bytes, chunk);
    } catch (error) {
      return String(error);
    }
  };
  await damage(original, (bytes) => {
    const expected = outcome(bytes, Infinity);
    assert.equal(outcome(bytes, 1), expected);
    assert.equal(outcome(bytes, 7), expected);
    endOf(bytes, 100);
  });
});
