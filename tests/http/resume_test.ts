import assert from "node:assert/strict";
import type { HttpResponse } from "../../src/http/client.ts";
import { HttpError } from "../../src/http/http_error.ts";
import { resumed } from "../../src/http/resume.ts";
import { RETRY_POLICY } from "../../src/http/retry.ts";

const WHOLE = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
const CHUNK = 10_000;

interface Reply {
  /** Of the whole, from here; undefined: a server that knows no ranges. */
  readonly from?: number;
  /** The bytes after which it is cut off. */
  readonly length?: number;
  readonly headers?: Record<string, string>;
  /** Milliseconds that pass before each chunk. */
  readonly slow?: number;
  /** Milliseconds that pass without anything before it is cut off. */
  readonly silent?: number;
}

/** What comes of these answers, and the headers of the requests for them. */
async function read(replies: readonly Reply[], size?: number) {
  const asked: Readonly<Record<string, string>>[] = [], left = [...replies];
  let now = 0;
  const get = (headers: Readonly<Record<string, string>>): Promise<HttpResponse> => {
    asked.push(headers);
    const { from, length = Infinity, headers: own = {}, slow = 0, silent = 0 } = left.shift() ?? {};
    return Promise.resolve({
      status: from === undefined ? 200 : 206,
      url: new URL("http://cache.example/x"),
      header: (name) => own[name],
      drop: () => {},
      bytes: () => assert.fail(),
      async *chunks() {
        now += silent;
        if (silent > 0) throw new HttpError("silent", { transient: true });
        const body = WHOLE.slice(from ?? 0);
        for (let at = 0; at < body.length; at += CHUNK) {
          if (at >= length) throw new HttpError("cut off", { transient: true });
          now += slow;
          yield body.slice(at, Math.min(at + CHUNK, length));
        }
        if (length === body.length) throw new HttpError("cut off", { transient: true });
      },
    });
  };
  const retries = { ...RETRY_POLICY, now: () => now, sleep: () => Promise.resolve() };
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of resumed(get, { retries, onRetry: () => {}, size })) {
    parts.push(chunk.slice());
  }
  const bytes = await new Blob(parts).bytes();
  assert.deepEqual(bytes, WHOLE);
  return asked;
}

Deno.test("a range is asked for with what says that the rest belongs to it", async () => {
  const date = "Sat, 21 Nov 2026 17:00:00 GMT";
  for (
    const [headers, validator] of [
      [{ etag: '"x"', "last-modified": date }, { "if-range": '"x"' }],
      [{ etag: 'W/"x"', "last-modified": date }, { "if-range": date }],
      [{ etag: 'W/"x"' }, {}],
    ] as const
  ) {
    const asked = await read([{ length: 100_000, headers }, { from: 100_000 }]);
    assert.deepEqual(asked, [{}, { range: "bytes=100000-", ...validator }]);
  }
});

Deno.test("what comes instead of the range that was asked for is put in its place", async () => {
  const range = (start: number) => ({ "content-range": `bytes ${start}-299999/300000` });
  await read([{ length: 100_000 }, {}]);
  await read([{ length: 100_000 }, { length: 200_000 }, {}]);
  await read([{ length: 100_000 }, { from: 50_000, headers: range(50_000) }]);
  await read([{ length: 100_000 }, { from: 100_000, headers: range(100_000) }]);
  await assert.rejects(
    read([{ length: 100_000 }, { from: 150_000, headers: range(150_000) }]),
    /GET http:\/\/cache.example\/x: it answers with another range/,
  );
});

Deno.test("what is cut off behind its end is whole, if the end is known", async () => {
  assert.equal((await read([{ length: 300_000 }], 300_000)).length, 1);
});

Deno.test("what comes drop by drop is given up", async () => {
  const drops = Array.from({ length: 20 }, (_, n) => ({ from: n * 10, length: 10 }));
  await assert.rejects(read([{ length: 10 }, ...drops.slice(1)]), /cut off/);
  await assert.rejects(read([{ slow: 60_000 }]), /comes too slowly/);
  await read([{ slow: 10_000 }]);
  // What is waited for counts, whether anything comes of it or not.
  await read([{ silent: 120_000 }, { silent: 120_000 }, {}]);
  const silent = Array.from({ length: 3 }, () => ({ silent: 120_000 }));
  await assert.rejects(read([...silent, {}]), /comes too slowly/);
});
