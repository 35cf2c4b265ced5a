import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { listAuthFiles } from "../../src/registry/auth_file.ts";
import { greetRegistry } from "../../src/registry/greeting.ts";
import { parseRegistry } from "../../src/registry/reference.ts";
import { FakeRegistry, type SeenRequest } from "../support/fake_registry.ts";
import { Scratch } from "../support/scratch.ts";

const OPTIONS = { userAgent: "test", retries: { attempts: 1 } };

Deno.test("parseRegistry takes hosts, and names with their hosts", () => {
  const parsed = (text: string) => {
    const { host, repository } = parseRegistry(text);
    return [host, repository];
  };
  assert.deepEqual(parsed("docker://registry.example"), ["registry.example", undefined]);
  assert.deepEqual(parsed("localhost:5000/"), ["localhost:5000", undefined]);
  assert.deepEqual(parsed("docker.io"), ["docker.io", undefined]);
  assert.deepEqual(parsed("docker://registry.example/team/app:1"), [
    "registry.example",
    "team/app",
  ]);
  for (const wrong of ["docker://alpine", "oci:dir/x", "https://registry.example", ""]) {
    assert.throws(() => parseRegistry(wrong), UsageError, wrong);
  }
});

Deno.test("listAuthFiles names registries and helpers, and no secret", async () => {
  await using scratch = new Scratch();
  const file = (name: string, content: unknown) => {
    const path = `${scratch.path}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  const auth = btoa("ann:open sesame");
  const first = file("run/containers/auth.json", {
    auths: { "a.example": { auth }, "b.example/team": { identitytoken: "hush" }, "c.example": {} },
    credHelpers: { "d.example": "first" },
  });
  const second = file("docker/config.json", { credsStore: "second" });
  const places = {
    runtimeDirectory: `${scratch.path}/run`,
    home: `${scratch.path}/nowhere`,
    dockerConfig: `${scratch.path}/docker`,
  };
  const found = await listAuthFiles(places);
  assert.deepEqual(found, [
    {
      path: first,
      registries: ["a.example", "b.example/team"],
      helpers: { "d.example": "first" },
      store: undefined,
    },
    { path: second, registries: [], helpers: {}, store: "second" },
  ]);
  assert.deepEqual(await listAuthFiles({ home: `${scratch.path}/nowhere` }), []);
  const damaged = await listAuthFiles({ authFile: file("damaged", '{"auths": "open sesame"}') });
  assert.match(`${"error" in damaged[0]! && damaged[0].error}`, /damaged is no auth file/);
  assert.doesNotMatch(`${"error" in damaged[0]! && damaged[0].error}`, /sesame/);
  const missing = await listAuthFiles({ registryAuthFile: `${scratch.path}/none` });
  assert.match(`${"error" in missing[0]! && missing[0].error}`, /Cannot read the auth file/);
});

/** Lets those in that have the token of `ann`, and shows all to those. */
function guarded(request: SeenRequest) {
  const { path, headers } = request;
  if (path.startsWith("/token")) {
    return headers.authorization === `Basic ${btoa("ann:pass")}`
      ? { status: 200, body: JSON.stringify({ token: "secret" }) }
      : { status: 401 };
  }
  if (headers.authorization === "Bearer secret") {
    return path.includes("forbidden") ? { status: 403 } : { status: 200, body: "{}" };
  }
  const challenge = `Bearer realm="http://${headers.host}/token",service="x"`;
  return { status: 401, headers: { "www-authenticate": challenge } };
}

Deno.test("greetRegistry tells who is let in, by a token service", async () => {
  await using registry = await FakeRegistry.start({ fault: guarded });
  const greet = (password: string | undefined, repository?: string) =>
    greetRegistry(registry.host, repository, {
      ...OPTIONS,
      credentials: () =>
        Promise.resolve(password === undefined ? undefined : { username: "ann", password }),
    });
  const allowed = await greet("pass");
  assert.equal(allowed.base.protocol, "http:");
  assert.deepEqual([allowed.wantsLogin, allowed.hasCredentials, allowed.refused], [
    true,
    true,
    undefined,
  ]);
  assert.equal((await greet("pass", "team/app")).refused, undefined);
  assert.equal((await greet("pass", "team/forbidden")).refused?.status, 403);
  assert.equal((await greet("wrong")).refused?.status, 401);
  const stranger = await greet(undefined);
  assert.deepEqual([stranger.hasCredentials, stranger.refused?.status], [false, 401]);
});

Deno.test("greetRegistry changes nothing in a registry that is open", async () => {
  const methods = new Set<string>();
  await using registry = await FakeRegistry.start({
    fault({ method }) {
      methods.add(method);
      return undefined;
    },
  });
  const { wantsLogin, refused } = await greetRegistry(registry.host, "not/there/yet", OPTIONS);
  assert.deepEqual([wantsLogin, refused], [false, undefined]);
  assert.deepEqual([...methods], ["GET"]);
});
