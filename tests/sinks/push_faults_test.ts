/**
 * Pushes to a registry that fails in every way there is: they end right or in one error, and no tag
 * ever stands for something incomplete.
 * @module
 */

import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { type ClientOptions, RegistryClient } from "../../src/registry/client.ts";
import { sha256Of } from "../../src/image/image.ts";
import { pushImage } from "../../src/sinks/registry.ts";
import { FakeRegistry, type Fault, type SeenRequest } from "../support/fake_registry.ts";
import { assertComplete, imageOfLayers, layersOf } from "../support/pushed_images.ts";
import { randomNumbers } from "../support/seeded.ts";

const SCHEDULES = 200;
const OTHER = sha256Of(new Uint8Array(7));

function clientOf(registry: FakeRegistry, options: Partial<ClientOptions> = {}): RegistryClient {
  const sleep = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
  return new RegistryClient(registry.host, "app", {
    userAgent: "test",
    push: true,
    retries: { delay: 1, sleep },
    ...options,
  });
}

async function push(registry: FakeRegistry, options: Partial<ClientOptions> = {}): Promise<void> {
  using client = clientOf(registry, options);
  await pushImage(imageOfLayers(layersOf(4)), client, "v1", { layerCompression: "none" });
}

type Kind = (random: () => number, request: SeenRequest) => Fault | undefined;

/** What passes, if it is not too often. */
const PASSING: Readonly<Record<string, Kind>> = {
  cut: (random) => ({ cutAfter: Math.floor(random() * 60_000) }),
  error: (random) => ({ status: [500, 502, 503, 504][Math.floor(random() * 4)] ?? 500 }),
  busy: () => ({ status: 429, headers: { "retry-after": "0" } }),
  slow: (random) => ({ slow: Math.ceil(random() * 5) }),
  silent: (random, { method }) =>
    method === "PATCH" ? { silentAfter: Math.floor(random() * 60_000) } : undefined,
  close: () => ({ alter: { connection: "close" } }),
};

/** What does not: lies are told to whoever pushes. */
const LIES: Readonly<Record<string, Kind>> = {
  storedDigest: (_, { method }) =>
    method === "PUT" ? { alter: { "docker-content-digest": OTHER } } : undefined,
  knownDigest: (_, { method }) =>
    method === "HEAD" ? { alter: { "docker-content-digest": OTHER } } : undefined,
  size: (_, { method }) => method === "HEAD" ? { alter: { "content-length": "59999" } } : undefined,
  truncate: (_, { method, path }) =>
    method === "PUT" && path.includes("blobs") ? { truncate: true } : undefined,
};

/** A token service that may be out of order, and tokens that end after some requests. */
function tokens(random: () => number, disorder: number) {
  let left = 0, serial = 0;
  return ({ path, headers }: SeenRequest): Fault | undefined => {
    if (path.startsWith("/token")) {
      const token = JSON.stringify({ token: `token-${++serial}`, expires_in: 300 });
      if (random() < disorder) {
        const kind = Math.floor(random() * 3);
        if (kind === 0) return { status: 200, body: token.slice(0, -8) };
        return kind === 1 ? { status: 503 } : { cutAfter: 0 };
      }
      left = 1 + Math.floor(random() * 12);
      return { status: 200, body: token };
    }
    if (headers.authorization === `Bearer token-${serial}` && left-- > 0) return undefined;
    const challenge = `Bearer realm="http://${headers.host}/token",service="registry"`;
    return { status: 401, headers: { "www-authenticate": challenge } };
  };
}

Deno.test(`${SCHEDULES} schedules of faults: a push ends right, or in an error, and no tag is incomplete`, async () => {
  const outcomes = { pushed: 0, failed: 0 };
  const seen = new Set<string>();
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const random = randomNumbers(seed);
    const often = random() * 0.4;
    const lying = random() < 0.2;
    const withTokens = random() < 0.4 ? tokens(random, random() * 0.3) : undefined;
    const kinds = Object.entries({ ...PASSING, ...lying ? LIES : {} });
    const fault = (request: SeenRequest): Fault | undefined => {
      const refused = withTokens?.(request);
      if (refused) {
        seen.add(`${refused && "status" in refused ? refused.status : "cut"} ${request.method}`);
        return refused;
      }
      if (request.path === "/v2/" || random() > often) return undefined;
      const [name = "", kind] = kinds[Math.floor(random() * kinds.length)] ?? [];
      const found = kind?.(random, request);
      if (found) seen.add(`${name} ${request.method}`);
      return found;
    };
    await using registry = await FakeRegistry.start({ fault, resumable: seed % 2 === 0 });
    try {
      await push(registry, { idleTimeout: 100 });
      assert.ok(registry.manifests.has("v1"), `seed ${seed}`);
      outcomes.pushed++;
    } catch (error) {
      assert.ok(error instanceof ImageError, `seed ${seed}: ${error}`);
      outcomes.failed++;
    }
    assertComplete(registry, "v1");
  }
  assert.ok(outcomes.pushed > 40 && outcomes.failed > 20, JSON.stringify(outcomes));
  for (const name of [...Object.keys(PASSING), ...Object.keys(LIES), "401", "503"]) {
    assert.ok([...seen].some((one) => one.startsWith(`${name} `)), `${name} never happened`);
  }
  for (const one of ["cut PATCH", "cut PUT", "cut HEAD", "401 PATCH", "401 PUT", "error PUT"]) {
    assert.ok(seen.has(one), `${one} never happened`);
  }
});

for (const [name, kind] of Object.entries(LIES)) {
  Deno.test(`a registry that lies (${name}): no tag, and an error that says so`, async () => {
    await using registry = await FakeRegistry.start({ fault: (request) => kind(() => 0, request) });
    await assert.rejects(push(registry), /the registry has (?:stored )?another blob/);
    assert.equal(registry.manifests.size, 0);
  });
}

Deno.test("a registry that reads slowly gets all of it; one that stops is given up", async () => {
  await using slow = await FakeRegistry.start({
    fault: ({ method }) => method === "PATCH" ? { slow: 20 } : undefined,
  });
  await push(slow, { idleTimeout: 200 });
  assertComplete(slow, "v1");
  assert.ok(slow.manifests.has("v1"));

  await using silent = await FakeRegistry.start({
    fault: ({ method }) => method === "PATCH" ? { silentAfter: 10_000 } : undefined,
  });
  await assert.rejects(
    push(silent, { idleTimeout: 100, retries: { attempts: 2, delay: 1 } }),
    /^HttpError: PATCH http:.*: the other side is silent$/,
  );
  assert.equal(silent.manifests.size, 0);
});

Deno.test("a token service that is down is named in the error", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="x"`;
  await using registry = await FakeRegistry.start({
    fault: () => ({ status: 401, headers: { "www-authenticate": challenge } }),
  });
  await assert.rejects(
    push(registry),
    new RegExp(`GET http://127\\.0\\.0\\.1:${port}/token`),
  );
});
