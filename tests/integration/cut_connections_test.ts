/**
 * Connections that were used before and are cut without an answer: the request fails at once, nothing
 * of it is sent a second time without our doing, and what may be tried again is.
 * @module
 */

import assert from "node:assert/strict";
import { HttpClient, type HttpOptions, type HttpRequest } from "../../src/http/client.ts";
import { HttpError } from "../../src/http/http_error.ts";
import { RETRY_POLICY, withRetries } from "../../src/http/retry.ts";
import { makeAuthority } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

const files = await makeAuthority(scratch.path);
const authority = Deno.readTextFileSync(files.authority);
const keys = {
  cert: Deno.readTextFileSync(files.certificate),
  key: Deno.readTextFileSync(files.key),
};

const tls = { hostname: "127.0.0.1", verify: true, authorities: [authority] };
const SIZE = 300_000;
const ANSWER = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

/** Answers the first request of its first connection, and then does what the test says. */
class Server implements AsyncDisposable {
  /** How each connection begins, and each request that is answered: their first lines. */
  readonly seen: string[][] = [];
  readonly url: URL;
  readonly #listener: Deno.Listener;
  readonly #connections: Deno.Conn[] = [];
  readonly #serving: Promise<void>;

  /** @param then with the bytes that came of the second request until now; the end, if it says so */
  constructor(scheme: string, then: (size: number) => "cut" | undefined) {
    const place = { hostname: "127.0.0.1", port: 0 };
    this.#listener = scheme === "https"
      ? Deno.listenTls({ ...place, ...keys })
      : Deno.listen(place);
    this.url = new URL(`${scheme}://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}/v2/`);
    this.#serving = this.#accept(then);
  }

  async #accept(then: (size: number) => "cut" | undefined): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.push(connection);
      this.#serve(connection, then).catch(() => {});
    }
  }

  async #serve(connection: Deno.Conn, then: (size: number) => "cut" | undefined): Promise<void> {
    const requests: string[] = [];
    const isFirst = this.seen.push(requests) === 1;
    const bytes = new Uint8Array(1 << 16);
    let size = 0;
    for (let length; (length = await connection.read(bytes)) !== null;) {
      const text = new TextDecoder("latin1").decode(bytes.subarray(0, length));
      if (size === 0) requests.push(text.split(" ", 1)[0] ?? "");
      if (!isFirst || requests.length === 1) await connection.write(ANSWER);
      else if (then(size += length) === "cut") return connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // It is closed.
      }
    }
    await this.#serving;
  }
}

/** Pieces that take a while, so that there is more to send when the connection ends. */
function slowly(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      const length = Math.min(left, 10_000);
      controller.enqueue(new Uint8Array(length));
      if ((left -= length) === 0) controller.close();
    },
  }, { highWaterMark: 0 });
}

const BODIES: Readonly<Record<string, () => Pick<HttpRequest, "method" | "headers" | "body">>> = {
  "no body": () => ({ method: "GET" }),
  "bytes": () => ({ method: "PUT", body: new Uint8Array(1000) }),
  "a stream": () => ({ method: "PATCH", body: slowly(SIZE) }),
  "a stream of known length": () => ({
    method: "PATCH",
    headers: { "content-length": `${SIZE}` },
    body: slowly(SIZE),
  }),
};

/** What comes of a request on a connection that had one before, and the seconds that it took. */
async function second(server: Server, body: string, options: Partial<HttpOptions> = {}) {
  using client = new HttpClient({ tls, ...options });
  const url = server.url;
  await (await client.request({ method: "GET", url })).bytes(2);
  const start = performance.now();
  const request = { url, ...BODIES[body]?.() ?? { method: "GET" } };
  const error = await client.request(request).then(() => undefined, (error) => error);
  assert.ok(error instanceof HttpError && error.transient, `${error}`);
  const seconds = (performance.now() - start) / 1000;
  // What would come all the same, comes soon.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(server.seen, [["GET", request.method]]);
  return { message: error.message, seconds };
}

for (const scheme of ["http", "https"]) {
  for (const body of Object.keys(BODIES)) {
    Deno.test(`${scheme}, ${body}: a used connection that is cut ends the request at once`, async () => {
      const most = body.startsWith("a stream") ? SIZE / 2 : 0;
      await using server = new Server(scheme, (size) => size > most ? "cut" : undefined);
      const { seconds } = await second(server, body);
      // The longest wait is of two minutes.
      assert.ok(seconds < 10, `${seconds} s`);
    });
  }

  Deno.test(`${scheme}: what is given up on a used connection is not sent once more`, async () => {
    await using server = new Server(scheme, () => undefined);
    const { message } = await second(server, "bytes", { idleTimeout: 100 });
    assert.match(message, /: the other side is silent$/);
  });

  Deno.test(`${scheme}: a request whose used connection is cut is tried again, on another one`, async () => {
    await using server = new Server(scheme, () => "cut");
    const said: string[] = [];
    using client = new HttpClient({ tls });
    const get = async () => {
      const response = await client.request({ method: "GET", url: server.url });
      return await response.bytes(2);
    };
    for (let count = 0; count < 2; count++) {
      const policy = { ...RETRY_POLICY, delay: 1 };
      const bytes = await withRetries(policy, get, ({ message }) => said.push(message));
      assert.deepEqual(bytes, new TextEncoder().encode("ok"));
    }
    assert.equal(said.length, 1);
    assert.deepEqual(server.seen, [["GET", "GET"], ["GET"]]);
  });
}
