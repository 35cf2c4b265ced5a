import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { zstdDecompressSync } from "node:zlib";
import { compressInWorkers } from "../../src/sinks/compress_in_workers.ts";
import { streamOf } from "../support/bytes.ts";
import { askPython } from "../support/python.ts";
import { unevenBytes } from "../support/seeded.ts";

async function compressed(
  bytes: Uint8Array,
  { kind = "gz", threads = 2, chunk = 100_000 }: {
    kind?: "gz" | "zstd";
    threads?: number;
    chunk?: number;
  } = {},
): Promise<Uint8Array> {
  return await new Response(compressInWorkers(streamOf(bytes, chunk), kind, threads)).bytes();
}

const MIB = 1 << 20;

for (const length of [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 12345]) {
  Deno.test(`compressInWorkers() makes gzip members of 1 MiB without name and time: ${length} bytes`, async () => {
    const bytes = unevenBytes(length);
    const made = await compressed(bytes);
    const read = await askPython<{ sha256: string; headers: string[]; sizes: number[] }>(
      "decompress_gzip.py",
      made.toBase64(),
    );
    assert.equal(read.sha256, createHash("sha256").update(bytes).digest("hex"));
    const blocks = Math.max(1, Math.ceil(length / MIB));
    assert.deepEqual(
      read.sizes,
      Array.from({ length: blocks }, (_, index) => Math.min(MIB, length - index * MIB)),
    );
    // Magic, deflate, no flags, time 0.
    for (const header of read.headers) assert.match(header, /^1f8b0800000000/);
  });
}

for (const kind of ["gz", "zstd"] as const) {
  Deno.test(`compressInWorkers() gives the same ${kind} whatever the threads and the chunks`, async () => {
    const bytes = unevenBytes(9 * MIB + 77);
    const made = await compressed(bytes, { kind });
    for (const other of [{ threads: 1 }, { threads: 5, chunk: 3 * MIB }, { chunk: 77_777 }]) {
      assert.ok(sameBytes(made, await compressed(bytes, { kind, ...other })));
    }
    if (kind === "zstd") assert.ok(sameBytes(zstdDecompressSync(made), bytes));
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

Deno.test("compressInWorkers() fails with what its source fails with, and ends its threads", async () => {
  const failure = new Error("unreadable");
  let chunks = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (chunks++ < 5) controller.enqueue(unevenBytes(MIB));
      else controller.error(failure);
    },
  });
  await assert.rejects(new Response(compressInWorkers(source, "gz", 2)).bytes(), failure);
});

Deno.test("compressInWorkers() cancels its source when its consumer goes away, and ends its threads", async () => {
  let cancelled = false;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(unevenBytes(MIB)),
    cancel() {
      cancelled = true;
    },
  });
  const reader = compressInWorkers(source, "gz", 2).getReader();
  assert.ok(!(await reader.read()).done);
  await reader.cancel();
  assert.ok(cancelled);
});
