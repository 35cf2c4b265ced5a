import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { verifiedNar } from "../../src/store/nar_stream.ts";
import { assertSameBytes, readWith, streamOf } from "../support/bytes.ts";
import { randomBytes } from "../support/seeded.ts";
import { storePath } from "../support/store_paths.ts";

const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };
const PATH = storePath("hello");
const BYTES = randomBytes(1, 100_001);
const HASH = `sha256:${createHash("sha256").update(BYTES).digest("hex")}`;

function verified(stream: ReadableStream<Uint8Array>, narHash = HASH) {
  const expected = { path: PATH, from: "https://cache.example", narHash, narSize: BYTES.length };
  return verifiedNar(stream, expected);
}

/** The same as a byte stream. */
function byteStreamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += size));
      else controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

/** What came, and the error behind it. */
async function read(stream: ReadableStream<Uint8Array>): Promise<{ size: number; error: string }> {
  let size = 0;
  try {
    for await (const { length } of stream) size += length;
    return { size, error: "" };
  } catch (error) {
    assert.equal((error as Error).name, "ImageError");
    return { size, error: (error as Error).message };
  }
}

Deno.test("verifiedNar() passes on what has the hash and the size", LEAVES_NOTHING, async () => {
  for (const source of [streamOf, byteStreamOf]) {
    for (const size of [1000, 200_000]) {
      assertSameBytes(await new Response(verified(source(BYTES, size))).bytes(), BYTES, "default");
      assertSameBytes(await readWith(verified(source(BYTES, size)), 777), BYTES, "byob");
    }
  }
});

Deno.test("verifiedNar() fails as soon as there is too much", LEAVES_NOTHING, async () => {
  for (const source of [streamOf, byteStreamOf]) {
    let pulled = 0, cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(10_000));
      },
      cancel: () => void (cancelled = true),
    }, { highWaterMark: 0 });
    const longer = source(new Uint8Array([...BYTES, 0]), 10_000);
    for (const stream of [endless, longer]) {
      const { size, error } = await read(verified(stream));
      assert.equal(
        error,
        `The NAR of ${PATH} from https://cache.example has more than its 100001 bytes`,
      );
      assert.ok(size <= BYTES.length);
    }
    assert.ok(cancelled && pulled <= 12, `${pulled}`);
  }
});

Deno.test(
  "verifiedNar() fails at the end if there is too little, or something else",
  LEAVES_NOTHING,
  async () => {
    const from = `The NAR of ${PATH} from https://cache.example`;
    const other = BYTES.with(5, BYTES[5]! ^ 1);
    for (const source of [streamOf, byteStreamOf]) {
      for (const length of [0, 1, 100_000]) {
        assert.deepEqual(await read(verified(source(BYTES.subarray(0, length), 9999))), {
          size: length,
          error: `${from} ends after ${length} of its 100001 bytes`,
        });
      }
      const { error } = await read(verified(source(other, 9999)));
      const found = createHash("sha256").update(other).digest("hex");
      assert.equal(error, `${from} is damaged or another one: it has sha256:${found}, not ${HASH}`);
    }
  },
);

Deno.test(
  "verifiedNar() cancels its source, read or not, and one that gives nothing",
  LEAVES_NOTHING,
  async () => {
    for (const isByteStream of [true, false]) {
      for (const pending of [false, true]) {
        let cancelled = 0;
        const source = { pull: () => new Promise<void>(() => {}), cancel: () => void cancelled++ };
        const stuck: ReadableStream<Uint8Array> = isByteStream
          ? new ReadableStream({ type: "bytes", ...source })
          : new ReadableStream(source);
        const reader = verified(stuck).getReader();
        const reading = pending ? reader.read() : undefined;
        if (pending) await new Promise((resolve) => setTimeout(resolve, 1));
        await reader.cancel();
        await reading;
        assert.equal(cancelled, 1);
      }
    }
  },
);

Deno.test("verifiedNar() fails with what its source fails with", LEAVES_NOTHING, async () => {
  const failing = ReadableStream.from((function* () {
    yield BYTES.slice(0, 10);
    throw new Error("cut");
  })());
  await assert.rejects(new Response(verified(failing)).bytes(), { message: "cut" });
});
