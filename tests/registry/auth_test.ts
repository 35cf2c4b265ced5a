import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { credentialsFromFiles } from "../../src/registry/auth_file.ts";
import { parseChallenge } from "../../src/registry/challenge.ts";
import { type ClientOptions, RegistryClient } from "../../src/registry/client.ts";
import { sha256Of } from "../../src/image/image.ts";
import { FakeRegistry, type Fault, type SeenRequest } from "../support/fake_registry.ts";

const DIGEST = sha256Of(new Uint8Array(1));

function clientOf(registry: FakeRegistry, options: Partial<ClientOptions> = {}): RegistryClient {
  const retries = { delay: 1, attempts: 2 };
  return new RegistryClient(registry.host, "team/app", { userAgent: "test", retries, ...options });
}

/** A registry that takes the newest token of its own token service alone. */
function tokenService(life = 300): {
  fault: (request: SeenRequest) => Fault | undefined;
  expire: () => void;
  asked: SeenRequest[];
} {
  const asked: SeenRequest[] = [];
  let serial = 0;
  const fault = (request: SeenRequest): Fault | undefined => {
    const { path, headers } = request;
    if (path.startsWith("/token")) {
      asked.push(request);
      return {
        status: 200,
        body: JSON.stringify({ token: `token-${++serial}`, expires_in: life }),
      };
    }
    if (serial > 0 && headers.authorization === `Bearer token-${serial}`) return undefined;
    const challenge = `Bearer realm="http://${headers.host}/token",service="the registry"`;
    return { status: 401, headers: { "www-authenticate": challenge } };
  };
  return { fault, asked, expire: () => serial++ };
}

Deno.test("challenges are taken apart", () => {
  assert.deepEqual(parseChallenge('Basic realm="a, b"'), { scheme: "basic" });
  assert.deepEqual(
    parseChallenge('Basic realm="x", Bearer realm="https://a/t?x=\\"1\\"",service=s,scope="a:b"'),
    { scheme: "bearer", realm: 'https://a/t?x="1"', service: "s" },
  );
  assert.deepEqual(parseChallenge('bearer service="s" , realm="r"'), {
    scheme: "bearer",
    realm: "r",
    service: "s",
  });
  for (const other of ["", "Negotiate", "Bearer", 'Digest realm="x"', '"'.repeat(20_000)]) {
    assert.equal(parseChallenge(other), undefined);
  }
});

Deno.test("a token is asked for once for a scope, and again when it is not taken any more", async () => {
  const { fault, asked, expire } = tokenService();
  await using registry = await FakeRegistry.start({ fault });
  const credentials = () => Promise.resolve({ username: "ann", password: "pass" });
  using client = clientOf(registry, { push: true, mountFrom: ["base"], credentials });
  await Promise.all([client.hasBlob(DIGEST), client.hasBlob(DIGEST), client.hasBlob(DIGEST)]);
  assert.equal(asked.length, 1);
  const url = new URL(asked[0]?.path ?? "", "http://x");
  assert.deepEqual(url.searchParams.getAll("scope"), [
    "repository:team/app:pull,push",
    "repository:base:pull",
  ]);
  assert.equal(url.searchParams.get("service"), "the registry");
  assert.equal(asked[0]?.headers.authorization, `Basic ${btoa("ann:pass")}`);
  expire();
  await client.hasBlob(DIGEST);
  assert.equal(asked.length, 2);
});

Deno.test("a token that ends is renewed before it is refused", async () => {
  const { fault, asked } = tokenService(0.05);
  await using registry = await FakeRegistry.start({ fault });
  using client = clientOf(registry);
  await client.hasBlob(DIGEST);
  await new Promise((resolve) => setTimeout(resolve, 60));
  await client.hasBlob(DIGEST);
  assert.equal(asked.length, 2);
  assert.equal(asked[0]?.headers.authorization, undefined);
  assert.equal(registry.count("HEAD"), 2);
});

Deno.test("an upload whose token ends on the way is sent again", async () => {
  const { fault, asked, expire } = tokenService();
  let ended = false;
  await using registry = await FakeRegistry.start({
    fault: (request) => {
      if (request.method === "PATCH" && !ended) {
        ended = true;
        expire();
      }
      return fault(request);
    },
  });
  using client = clientOf(registry, { push: true });
  const bytes = new Uint8Array(300_000);
  const { digest } = await client.uploadBlob({
    name: "layer",
    open: () => new Blob([bytes]).stream(),
  });
  assert.ok(registry.blobs.has(digest));
  assert.equal(asked.length, 2);
});

Deno.test("a refresh token goes to the token service, in a form", async () => {
  const { fault, asked } = tokenService();
  await using registry = await FakeRegistry.start({ fault });
  const credentials = () => Promise.resolve({ refreshToken: "for ever" });
  using client = clientOf(registry, { credentials });
  await client.hasBlob(DIGEST);
  assert.deepEqual([asked[0]?.method, asked[0]?.path], ["POST", "/token"]);
  assert.equal(asked[0]?.headers.authorization, undefined);
});

Deno.test("no error shows a password, a token or the query of a token service", async () => {
  const fault = ({ path, headers }: SeenRequest): Fault => {
    if (path.startsWith("/token")) return { status: 401, body: "no such user" };
    const realm = `http://user:secret1@${headers.host}/token?key=secret2`;
    return { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}"` } };
  };
  await using registry = await FakeRegistry.start({ fault });
  const credentials = () => Promise.resolve({ username: "ann", password: "secret3" });
  using client = clientOf(registry, { credentials });
  await assert.rejects(client.hasBlob(DIGEST), ({ message }: Error) => {
    assert.match(message, /^GET http:.*\/token\?.*: 401; log in/);
    assert.doesNotMatch(message, /secret|c2VjcmV0|YW5u/);
    return true;
  });
});

Deno.test("downloads are redirected, and other hosts get no credentials", async () => {
  const blob = new Uint8Array(1000).fill(7);
  await using store = await FakeRegistry.start();
  const digest = store.add(blob);
  await using registry = await FakeRegistry.start({
    fault: ({ path, headers }) => {
      if (headers.authorization === undefined) {
        return { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } };
      }
      if (!path.includes("/blobs/")) return undefined;
      return { status: 307, headers: { location: `http://${store.host}${path}?signature=x` } };
    },
  });
  const credentials = () => Promise.resolve({ username: "ann", password: "pass" });
  using client = clientOf(registry, { credentials });
  assert.deepEqual(await new Response(client.getBlob(digest)).bytes(), blob);
  assert.equal(store.requests.length, 1);
  assert.equal(store.requests[0]?.headers.authorization, undefined);
});

Deno.test("a circle of redirects comes to an end", async () => {
  await using registry = await FakeRegistry.start({
    fault: ({ path }) => path === "/v2/" ? undefined : { status: 302, headers: { location: path } },
  });
  using client = clientOf(registry);
  await assert.rejects(client.hasBlob(DIGEST), /redirected in a circle/);
  assert.equal(registry.requests.length, 12);
});

Deno.test("auth files: the longest name wins, then the host, in Docker's spelling too", async () => {
  const directory = await Deno.makeTempDir();
  const authFile = `${directory}/auth.json`;
  const write = (value: unknown) => Deno.writeTextFileSync(authFile, JSON.stringify(value));
  const find = (host: string, repository: string) =>
    credentialsFromFiles({ authFile }, host, repository);
  const auth = (user: string) => ({ auth: btoa(`${user}:pass:word`) });
  const user = (username: string) => ({ username, password: "pass:word" });
  write({
    auths: {
      "reg.example": auth("all"),
      "reg.example/team": auth("team"),
      "reg.example/team/app": auth("app"),
      "https://index.docker.io/v1/": auth("hub"),
      "https://old.example:5000/v1/": auth("old"),
      "token.example": { identitytoken: "t" },
    },
  });
  assert.deepEqual(await find("reg.example", "team/app"), user("app"));
  assert.deepEqual(await find("reg.example", "team/application"), user("team"));
  assert.deepEqual(await find("reg.example", "teams/app"), user("all"));
  assert.deepEqual(await find("docker.io", "library/alpine"), user("hub"));
  assert.deepEqual(await find("old.example:5000", "x"), user("old"));
  assert.deepEqual(await find("token.example", "x"), { refreshToken: "t" });
  assert.equal(await find("example", "x"), undefined);
  assert.equal(await find("reg.example:5000", "team/app"), undefined);

  Deno.writeTextFileSync(authFile, '{"auths": {"a": {"auth": "c2VjcmV0"}');
  await assert.rejects(find("a", "x"), ({ message }: Error) => {
    assert.match(message, /is no auth file/);
    assert.doesNotMatch(message, /c2Vj/);
    return true;
  });
  await Deno.remove(directory, { recursive: true });
});

Deno.test("auth files: the first that has something counts, unless one is named", async () => {
  const home = await Deno.makeTempDir();
  const write = (path: string, user: string) => {
    Deno.mkdirSync(`${home}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    const auths = { "reg.example": { auth: btoa(`${user}:x`) } };
    Deno.writeTextFileSync(`${home}/${path}`, JSON.stringify({ auths }));
  };
  const found = async (places: Parameters<typeof credentialsFromFiles>[0]) => {
    const credentials = await credentialsFromFiles(places, "reg.example", "app");
    return credentials && "username" in credentials ? credentials.username : undefined;
  };
  assert.equal(await found({ home }), undefined);
  write(".docker/config.json", "docker");
  assert.equal(await found({ home }), "docker");
  write(".config/containers/auth.json", "config");
  assert.equal(await found({ home }), "config");
  write("run/containers/auth.json", "run");
  const runtimeDirectory = `${home}/run`;
  assert.equal(await found({ home, runtimeDirectory }), "run");
  write("named.json", "named");
  const registryAuthFile = `${home}/named.json`;
  assert.equal(await found({ home, runtimeDirectory, registryAuthFile }), "named");
  await assert.rejects(found({ home, authFile: `${home}/none.json` }), ImageError);
  await Deno.remove(home, { recursive: true });
});
