import assert from "node:assert/strict";
import { sha256Of } from "../../src/image/image.ts";
import { BlobWriter } from "../../src/sinks/blob_writer.ts";
import type { LayoutFiles } from "../../src/sinks/layout_files.ts";
import { streamOf } from "../support/bytes.ts";

/** Files in memory that take at most `limit` bytes at a time; `started` counts what was started. */
function filesInMemory(limit: number): LayoutFiles & {
  readonly kept: Map<string, number[]>;
  started: number;
} {
  const kept = new Map<string, number[]>();
  return {
    kept,
    started: 0,
    create() {
      this.started++;
      const content: number[] = [];
      return {
        write(bytes) {
          content.push(...bytes.subarray(0, limit));
          return Promise.resolve(Math.min(limit, bytes.length));
        },
        keep: (name) => {
          assert.ok(!kept.has(name));
          kept.set(name, content);
        },
        [Symbol.dispose]() {},
      };
    },
    commit: () => 0,
    [Symbol.dispose]() {},
  };
}

for (const limit of [1, 7, 1000]) {
  Deno.test(`BlobWriter names what was written, by a file that takes ${limit} bytes at a time`, async () => {
    const bytes = Uint8Array.from({ length: 345 }, (_, index) => index & 0xff);
    for (const stream of [streamOf(bytes, 100), new Blob([bytes]).stream()]) {
      const files = filesInMemory(limit);
      const blobs = new BlobWriter(files);
      const digest = sha256Of(bytes);
      assert.ok(!blobs.has(digest));
      assert.deepEqual(await blobs.put(stream), { digest, size: 345 });
      assert.ok(blobs.has(digest));
      assert.deepEqual([...files.kept], [[`blobs/sha256/${digest.slice(7)}`, [...bytes]]]);
      assert.deepEqual(await blobs.putBytes(bytes), { digest, size: 345 });
      assert.deepEqual([files.started, files.kept.size], [2, 1]);
    }
  });
}
