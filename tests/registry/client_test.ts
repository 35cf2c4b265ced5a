import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { type ClientOptions, RegistryClient } from "../../src/registry/client.ts";
import { sha256Of } from "../../src/image/image.ts";
import { FakeRegistry, type Fault, type SeenRequest } from "../support/fake_registry.ts";
import { randomBytes, randomNumbers } from "../support/seeded.ts";

const QUICK = { delay: 1, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 1)) };

function clientOf(registry: FakeRegistry, options: Partial<ClientOptions> = {}): RegistryClient {
  return new RegistryClient(registry.host, "team/app", {
    userAgent: "nix-image/test",
    push: true,
    retries: QUICK,
    ...options,
  });
}

function sourceOf(bytes: Uint8Array<ArrayBuffer>, chunk = 50_000) {
  let opened = 0;
  const open = () => {
    opened++;
    let at = 0;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at += chunk));
      },
    });
  };
  return { name: "layer 1", open, count: () => opened };
}

const BLOB = randomBytes(1, 1_000_000);

Deno.test("a blob of which nothing is known is sent, and is there then", async () => {
  await using registry = await FakeRegistry.start();
  using client = clientOf(registry);
  let sent = 0;
  const uploaded = await client.uploadBlob({ ...sourceOf(BLOB), onSent: (count) => sent += count });
  assert.deepEqual(uploaded, { digest: sha256Of(BLOB), size: BLOB.length });
  assert.equal(sent, BLOB.length);
  assert.deepEqual(registry.blobs.get(uploaded.digest), BLOB);
  assert.ok(await client.hasBlob(uploaded.digest));
  assert.ok(!await client.hasBlob(sha256Of(new Uint8Array(1))));
  assert.equal(registry.requests[0]?.headers["user-agent"], "nix-image/test");
});

Deno.test("a blob with another digest than was said is not stored, and the error says whose", async () => {
  await using registry = await FakeRegistry.start();
  using client = clientOf(registry);
  const digest = sha256Of(new Uint8Array(3));
  await assert.rejects(
    client.uploadBlob({ ...sourceOf(BLOB), digest }),
    (error: Error) =>
      error instanceof ImageError && error.message.startsWith("layer 1: ") &&
      error.message.includes(digest) && error.message.includes(sha256Of(BLOB)),
  );
  assert.equal(registry.blobs.size, 0);
  assert.equal(registry.count("PUT"), 0);
  assert.equal(registry.count("DELETE", "uploads"), 1);
});

Deno.test("an upload that was cut off goes on where it was", async () => {
  let cuts = 0;
  const fault = ({ method }: SeenRequest): Fault | undefined =>
    method === "PATCH" && cuts++ < 2 ? { cutAfter: 300_000 } : undefined;
  await using registry = await FakeRegistry.start({ fault, resumable: true });
  using client = clientOf(registry);
  const source = sourceOf(BLOB);
  let sent = 0;
  await client.uploadBlob({ ...source, onSent: (count) => sent += count });
  assert.deepEqual(registry.blobs.get(sha256Of(BLOB)), BLOB);
  assert.equal(registry.count("POST"), 1);
  assert.equal(source.count(), 3);
});

Deno.test("random faults: an upload ends with the blob, or with an error and without it", async () => {
  const bytes = randomBytes(2, 200_000);
  const outcomes = { stored: 0, failed: 0 };
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomNumbers(seed);
    const fault = ({ path }: SeenRequest): Fault | undefined => {
      if (path === "/v2/" || random() < 0.6) return undefined;
      const kind = random();
      if (kind < 0.5) return { cutAfter: Math.floor(random() * bytes.length) };
      if (kind < 0.8) return { status: 500 + Math.floor(random() * 5) };
      return { status: 429, headers: { "retry-after": "0" } };
    };
    await using registry = await FakeRegistry.start({ fault, resumable: seed % 2 === 0 });
    using client = clientOf(registry);
    try {
      const { digest } = await client.uploadBlob(sourceOf(bytes, 20_000));
      assert.deepEqual(registry.blobs.get(digest), bytes, `seed ${seed}`);
      outcomes.stored++;
    } catch (error) {
      assert.ok(error instanceof ImageError, `seed ${seed}: ${error}`);
      outcomes.failed++;
    }
    for (const stored of registry.blobs.values()) assert.deepEqual(stored, bytes);
  }
  assert.ok(outcomes.stored > 20 && outcomes.failed > 0, JSON.stringify(outcomes));
});

Deno.test("a download that is cut off goes on, and is the blob", async () => {
  let cuts = 0;
  const fault = ({ path }: SeenRequest): Fault | undefined =>
    path.includes("blobs") && cuts++ < 5 ? { cutAfter: 150_000 } : undefined;
  await using registry = await FakeRegistry.start({ fault });
  const digest = registry.add(BLOB);
  using client = clientOf(registry);
  assert.deepEqual(await new Response(client.getBlob(digest, BLOB.length)).bytes(), BLOB);
  assert.equal(registry.count("GET", "blobs"), 6);
});

Deno.test("a registry that lies about a blob or a manifest is found out", async () => {
  await using registry = await FakeRegistry.start();
  using client = clientOf(registry);
  const digest = registry.add(BLOB);
  registry.blobs.set(digest, BLOB.slice(1));
  await assert.rejects(new Response(client.getBlob(digest)).bytes(), ImageError);
  const manifest = { type: "application/vnd.oci.image.manifest.v1+json", bytes: BLOB };
  registry.manifests.set(sha256Of(BLOB), { ...manifest, bytes: BLOB.slice(1) });
  await assert.rejects(client.getManifest(sha256Of(BLOB)), /damaged or another one/);
  registry.manifests.set("v1", manifest);
  assert.equal((await client.getManifest("v1")).digest, sha256Of(BLOB));
});

Deno.test("a registry that says it has stored something else is found out", async () => {
  const other = sha256Of(new Uint8Array(7));
  const fault = ({ method }: SeenRequest): Fault | undefined =>
    method === "PUT" ? { status: 201, headers: { "docker-content-digest": other } } : undefined;
  await using registry = await FakeRegistry.start({ fault });
  using client = clientOf(registry);
  await assert.rejects(client.uploadBlob(sourceOf(BLOB)), /stored another blob/);
  const manifest = { mediaType: "application/json", bytes: BLOB };
  await assert.rejects(client.putManifest("v1", manifest), /stored another manifest/);
});

Deno.test("Retry-After is obeyed, within bounds", async () => {
  let busy = 2;
  let after = "2";
  const fault = ({ method }: SeenRequest): Fault | undefined =>
    method === "HEAD" && busy-- > 0
      ? { status: 429, headers: { "retry-after": after } }
      : undefined;
  await using registry = await FakeRegistry.start({ fault });
  const waits: number[] = [];
  const sleep = (milliseconds: number) => Promise.resolve(void waits.push(milliseconds));
  using client = clientOf(registry, { retries: { sleep, random: () => 0.5, delay: 10 } });
  assert.equal(await client.hasBlob(sha256Of(BLOB)), false);
  assert.deepEqual(waits, [2000, 2000]);

  [busy, after] = [1, new Date(Date.now() + 20_000).toUTCString()];
  assert.equal(await client.hasBlob(sha256Of(BLOB)), false);
  assert.ok((waits[2] ?? 0) > 15_000 && (waits[2] ?? 0) <= 20_000, String(waits));

  [busy, after] = [1, "86400"];
  await assert.rejects(client.hasBlob(sha256Of(BLOB)), /429/);
  assert.equal(waits.length, 3);
});

Deno.test("what does not pass is tried again with growing delays, and then told", async () => {
  const fault = ({ method }: SeenRequest): Fault | undefined =>
    method === "PUT"
      ? {
        status: 500,
        body: JSON.stringify({ errors: [{ code: "UNKNOWN", message: "no space \u001b[31mleft" }] }),
      }
      : undefined;
  await using registry = await FakeRegistry.start({ fault });
  const waits: number[] = [];
  const sleep = (milliseconds: number) => Promise.resolve(void waits.push(milliseconds));
  using client = clientOf(registry, { retries: { sleep, random: () => 0.5, delay: 10 } });
  await assert.rejects(
    client.putManifest("v1", { mediaType: "application/json", bytes: BLOB }),
    {
      message:
        `PUT http://${registry.host}/v2/team/app/manifests/v1: 500 UNKNOWN: no space \ufffd[31mleft`,
    },
  );
  assert.deepEqual(waits, [10, 20, 40, 80, 160]);
});

Deno.test("what is a part of something is not tried again with the whole, too", async () => {
  const fault = ({ method }: SeenRequest): Fault | undefined =>
    method === "POST" ? { status: 500 } : undefined;
  await using registry = await FakeRegistry.start({ fault });
  using client = clientOf(registry);
  await assert.rejects(client.uploadBlob(sourceOf(BLOB)), /^HttpError: POST http:.*: 500$/);
  assert.equal(registry.count("POST"), 6);
});

Deno.test("errors show no secrets of a URL", async () => {
  const fault = ({ method }: SeenRequest): Fault | undefined =>
    method === "PATCH" ? { status: 403 } : undefined;
  await using registry = await FakeRegistry.start({ fault });
  using client = clientOf(registry);
  await assert.rejects(client.uploadBlob(sourceOf(BLOB)), ({ message }: Error) => {
    assert.match(message, /^PATCH http:.*\?state=REDACTED: 403; the user may not do that there$/);
    return true;
  });
});

Deno.test("uploads are not sent to a private address of another host", async () => {
  await using other = await FakeRegistry.start();
  const port = other.host.split(":")[1];
  for (const host of [`localhost:${port}`, "169.254.169.254", "[::ffff:10.0.0.1]"]) {
    await using registry = await FakeRegistry.start({ uploadsAt: `http://${host}` });
    using client = clientOf(registry);
    await assert.rejects(client.uploadBlob(sourceOf(BLOB)), /another, private host/);
  }
  assert.equal(other.requests.length, 0);
});

Deno.test("a blob is mounted, or the upload that the registry began instead goes on", async () => {
  await using registry = await FakeRegistry.start();
  using client = clientOf(registry, { mountFrom: ["team/other"] });
  const digest = registry.add(BLOB);
  assert.equal(await client.mountBlob(digest, "team/other"), true);
  registry.blobs.clear();
  const location = await client.mountBlob(digest, "team/other");
  assert.ok(location instanceof URL);
  await client.uploadBlob(sourceOf(BLOB), location);
  assert.deepEqual(registry.blobs.get(digest), BLOB);
  assert.equal(registry.count("POST"), 2);
});

Deno.test("a silent registry is given up", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  using client = new RegistryClient(`127.0.0.1:${port}`, "app", {
    userAgent: "test",
    connectTimeout: 50,
    idleTimeout: 50,
    retries: { ...QUICK, attempts: 2 },
  });
  await assert.rejects(client.hasBlob(sha256Of(BLOB)), /it does not answer|silent/);
  listener.close();
});

/** What servers of plain HTTP do with the first bytes of TLS. */
const GREETINGS: Readonly<Record<string, (connection: Deno.Conn) => unknown>> = {
  "an error": (connection) =>
    connection.write(new TextEncoder().encode("HTTP/1.0 400 Bad Request\r\n\r\n")),
  "the end": (connection) => connection.close(),
  "noise": (connection) => connection.write(new Uint8Array(100).fill(65)),
  "nothing": () => {},
};

for (const [name, greet] of Object.entries(GREETINGS)) {
  Deno.test(`a registry on loopback that answers TLS with ${name} is asked without, by HTTP/1.0`, async () => {
    const connections: Deno.Conn[] = [];
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      for await (const connection of listener) {
        connections.push(connection);
        const bytes = new Uint8Array(1 << 16);
        await connection.read(bytes);
        if (bytes[0] === 22) await greet(connection);
        else {
          const answer = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n";
          await connection.write(new TextEncoder().encode(answer));
          connection.close();
        }
      }
    })();
    const { port } = listener.addr as Deno.NetAddr;
    const options = { userAgent: "test", connectTimeout: 100, retries: { attempts: 1 } };
    using client = new RegistryClient(`127.0.0.1:${port}`, "app", options);
    assert.ok(await client.hasBlob(sha256Of(BLOB), 5));
    using strict = new RegistryClient(`127.0.0.1:${port}`, "app", { ...options, tlsVerify: true });
    await assert.rejects(strict.hasBlob(sha256Of(BLOB)), /^HttpError: GET https:/);
    listener.close();
    for (const connection of connections) {
      try {
        connection.close();
      } catch {
        // It is closed.
      }
    }
    await serving;
  });
}

Deno.test("an upload of which nothing has come begins anew, and not after its first byte", async () => {
  let cuts = 0;
  await using registry = await FakeRegistry.start({
    resumable: true,
    fault: ({ method }) => method === "PATCH" && cuts++ === 0 ? { cutAfter: 0 } : undefined,
  });
  using client = new RegistryClient(registry.host, "app", { retries: { ...QUICK, attempts: 2 } });
  const { digest } = await client.uploadBlob(sourceOf(BLOB));
  assert.deepEqual(registry.blobs.get(digest), BLOB);
  assert.equal(registry.count("POST"), 2);
});

Deno.test("a registry that speaks no TLS and cuts the first plain connection is asked again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let plain = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      const bytes = new Uint8Array(1 << 16);
      await connection.read(bytes);
      const answer = bytes[0] === 22
        ? "HTTP/1.0 400 Bad Request\r\n\r\n"
        : plain++ > 0
        ? "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"
        : "";
      await connection.write(new TextEncoder().encode(answer));
      connection.close();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const said: string[] = [];
  using client = new RegistryClient(`127.0.0.1:${port}`, "app", {
    retries: QUICK,
    onRetry: ({ message }) => said.push(message),
  });
  assert.ok(await client.hasBlob(sha256Of(BLOB), 5));
  assert.deepEqual(said, [`GET http://127.0.0.1:${port}/v2/: socket hang up`]);
  listener.close();
  await serving;
});
