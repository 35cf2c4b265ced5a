/**
 * Hosts that push to Debian's docker-registry and share digests of layers there.
 * @module
 */

import assert from "node:assert/strict";
import { skopeoCopy, skopeoManifestDigest } from "../support/engines.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, type RunResult, succeed } from "../support/program.ts";
import { htpasswdLine, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
const registry = await startRegistry();
const elsewhere = await startRegistry();
Deno.test.afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const { hello, coreutils, message } = await buildFixtures("hello", "coreutils", "message");
const spec = scratch.spec({
  name: "app",
  tag: "v1",
  contents: [hello, coreutils],
  config: { Cmd: ["hello"] },
});
const fresh = (name: string) => `${Deno.makeTempDirSync({ dir: scratch.path })}/${name}`;

interface Keys {
  readonly secret: string;
  readonly public: string;
}

/** Keys as Nix makes them. */
async function newKeys(name: string): Promise<Keys> {
  const keys = { secret: fresh("secret"), public: fresh("public") };
  await succeed([
    "nix-store",
    "--generate-binary-cache-key",
    name,
    keys.secret,
    keys.public,
  ]);
  return keys;
}

const keys = await newKeys("fleet-1");

/** Pushes as a host that has nothing but what it is given. */
async function tryPush(
  args: readonly string[],
  { env = {}, ...options }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string;
  } = {},
): Promise<RunResult> {
  const host = { XDG_CACHE_HOME: fresh("cache"), HOME: fresh("home"), NO_PROXY: "*" };
  return await nixImage(["push", ...args], { env: { ...host, ...env }, ...options });
}

interface Pushed {
  readonly digest: string;
  /** How many blobs were there, mounted, pushed. */
  readonly blobs: readonly number[];
  /** How many layers were known from the cache, and how many entries were written to it. */
  readonly use: readonly number[];
  readonly warnings: readonly string[];
}

async function push(...[args, options]: Parameters<typeof tryPush>): Promise<Pushed> {
  const { code, text, stderr } = await tryPush(args, options);
  assert.equal(code, 0, stderr);
  assert.match(text, /^sha256:[0-9a-f]{64}\n$/);
  const numbers = (pattern: RegExp) => pattern.exec(stderr)?.slice(1).map(Number) ?? [];
  return {
    digest: text.trim(),
    blobs: numbers(/^Blobs: (\d+) there already, (\d+) mounted, (\d+) pushed; /m),
    use: numbers(/^Cache: (\d+) layers? known from it, (\d+) entr(?:y|ies) written$/m),
    warnings: stderr.split("\n").filter((line) => line.startsWith("nix-image: ")),
  };
}

const place = (name: string, { host } = registry) => `docker://${host}/${name}`;
const cacheAt = (name: string, { host } = registry) => ["--cache-repo", `${host}/${name}`];
const signing = ["--cache-key", keys.secret];
const reading = ["--cache-public-key", keys.public];
let count = 0;
/** A repository that nobody else uses. */
const repository = (kind: string) => `${kind}/${++count}`;

async function tagsOf(name: string, { host } = registry): Promise<string[]> {
  const response = await fetch(`http://${host}/v2/${name}/tags/list`);
  const { tags } = await response.json() as { tags?: string[] | null };
  return tags ?? [];
}

interface Manifest {
  readonly artifactType: string;
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
  readonly annotations: Record<string, string>;
}

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

async function manifestAt(name: string, tag: string, { host } = registry): Promise<Manifest> {
  const headers = { accept: MANIFEST_TYPE };
  const response = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { headers });
  assert.equal(response.status, 200);
  return await response.json();
}

async function putManifest(name: string, tag: string, manifest: Manifest): Promise<void> {
  const response = await fetch(`http://${registry.host}/v2/${name}/manifests/${tag}`, {
    method: "PUT",
    headers: { "content-type": MANIFEST_TYPE },
    body: JSON.stringify(manifest),
  });
  assert.equal(response.status, 201, await response.text());
}

const STATEMENT = "nix-image.layer.statement", SIGNATURES = "nix-image.layer.signatures";

for (const compression of ["gzip", "zstd", "none"]) {
  Deno.test(`what a host has made (${compression}), another one mounts without reading it`, async () => {
    const [one, two, cache] = [repository("one"), repository("two"), repository("cache")];
    const option = `--layer-compression=${compression}`;
    const first = await push([spec, place(one), option, ...cacheAt(cache), ...signing]);
    const layers = (first.blobs[2] ?? 0) - 1;
    assert.ok(layers > 2);
    assert.deepEqual(first.use, [0, layers]);
    assert.equal((await tagsOf(cache)).length, layers);
    const second = await push([spec, place(two), option, ...cacheAt(cache), ...reading]);
    // The config is sent, and no layer.
    assert.deepEqual(second.blobs, [0, layers, 1]);
    assert.deepEqual(second.use, [layers, 0]);
    assert.deepEqual([...first.warnings, ...second.warnings], []);
    assert.equal(second.digest, first.digest);
    const copy = `oci:${fresh("copy")}:v1`;
    await skopeoCopy(place(two), copy, "--src-tls-verify=false", "--preserve-digests");
    assert.equal(await skopeoManifestDigest(copy), first.digest);
  });
}

Deno.test("no file of a layer is opened for what the registry has", async () => {
  const [one, two, cache] = [repository("one"), repository("two"), repository("cache")];
  // Files that nobody can read show who tries to.
  const root = fresh("root");
  const closure = await succeed(["nix-store", "--query", "--requisites", hello]);
  const paths = closure.trim().split("\n");
  await Deno.mkdir(`${root}/nix/store`, { recursive: true });
  await succeed(["cp", "-a", ...paths, `${root}/nix/store`]);
  const graph = fresh("graph.json");
  const info = await Promise.all(paths.map(async (path) => ({
    path,
    narHash: (await succeed(["nix-store", "--query", "--hash", path])).trim(),
    narSize: Number(await succeed(["nix-store", "--query", "--size", path])),
    references: (await succeed(["nix-store", "--query", "--references", path])).trim()
      .split("\n").filter(Boolean),
  })));
  Deno.writeTextFileSync(graph, JSON.stringify(info));
  const small = scratch.spec({ name: "app", contents: [hello], config: { Cmd: ["hello"] } });
  const args = ["--closure", graph, "--store-root", root, ...cacheAt(cache), ...signing];
  const first = await push([small, place(one), ...args]);
  await succeed([
    "sh",
    "-c",
    'find "$1" -type f -exec sh -c \'for f; do chmod u+w "$f"; : >"$f"; done\' sh {} +',
    "sh",
    root,
  ]);
  const second = await push([small, place(two), ...args]);
  assert.equal(second.digest, first.digest);
  assert.equal(second.blobs[2], 1);
});

Deno.test("one changed path is made, and the rest is mounted", async () => {
  const [one, two, cache] = [repository("one"), repository("two"), repository("cache")];
  await push([spec, place(one), ...cacheAt(cache), ...signing]);
  const more = scratch.spec({
    name: "app",
    contents: [hello, coreutils],
    config: { Cmd: [`${message}/message`] },
  });
  const changed = await push([more, place(two), ...cacheAt(cache), ...signing]);
  const [there, mounted = 0, pushed = 0] = changed.blobs;
  assert.equal(there, 0);
  assert.ok(mounted > 1 && pushed <= 3, String(changed.blobs));
  assert.equal(changed.use[1], pushed - 1);
});

Deno.test("entries are artifacts that list their layers, signed as Nix and openssl check it", async () => {
  const [one, cache] = [repository("one"), repository("cache")];
  await push([spec, place(one), ...cacheAt(cache), ...signing]);
  const [name, publicKey = ""] = Deno.readTextFileSync(keys.public).trim().split(":");
  const image = await manifestAt(one, "latest");
  const blobs = new Set(image.layers.map(({ digest }) => digest));
  for (const tag of await tagsOf(cache)) {
    const { artifactType, layers, annotations } = await manifestAt(cache, tag);
    assert.equal(artifactType, "application/vnd.nix-image.layer.v1");
    const { [STATEMENT]: statement = "", [SIGNATURES]: signature = "" } = annotations;
    const [, key, form, digest = ""] = statement.split(";");
    assert.equal(tag, `${key}.${form}`);
    assert.ok(blobs.delete(digest));
    assert.deepEqual(layers.map((layer) => layer.digest), [digest]);
    const head = await fetch(`http://${registry.host}/v2/${cache}/blobs/${digest}`, {
      method: "HEAD",
    });
    assert.equal(head.status, 200);
    const [signer, base64 = ""] = signature.split(":");
    assert.equal(signer, name);
    const directory = fresh("check");
    await Deno.mkdir(directory);
    const der = Uint8Array.from([
      ...Uint8Array.fromHex("302a300506032b6570032100"),
      ...Uint8Array.fromBase64(publicKey),
    ]);
    Deno.writeFileSync(`${directory}/key`, der);
    Deno.writeTextFileSync(`${directory}/text`, statement);
    Deno.writeFileSync(`${directory}/signature`, Uint8Array.fromBase64(base64));
    const options = "-verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature";
    const verify = `cd "$1" && openssl pkeyutl ${options}`;
    assert.match(await succeed(["sh", "-c", verify, "sh", directory]), /Verified Successfully/);
  }
  assert.equal(blobs.size, 0);
});

Deno.test("who has no key that is trusted changes nothing for others", async () => {
  const cache = repository("cache");
  const stranger = await newKeys("stranger");
  const first = await push([
    spec,
    place(repository("one")),
    ...cacheAt(cache),
    "--cache-key",
    stranger.secret,
  ]);
  const ignored = await push([spec, place(repository("two")), ...cacheAt(cache), ...reading]);
  assert.deepEqual(ignored.use, [0, 0]);
  assert.equal(ignored.blobs[1], 0);
  assert.equal(ignored.warnings.length, 1);
  assert.match(ignored.warnings[0]!, /signed by no key that is trusted here, but by stranger;/);
  assert.equal(ignored.digest, first.digest);
  const trusting = ["--cache-public-key", Deno.readTextFileSync(stranger.public).trim()];
  const both = await push([
    spec,
    place(repository("two")),
    ...cacheAt(cache),
    ...reading,
    ...trusting,
  ]);
  assert.equal(both.blobs[2], 1);
});

Deno.test("unsigned entries are for those who say that they trust the repository", async () => {
  const cache = repository("cache");
  const trusting = "--cache-trust-repo";
  const first = await push([spec, place(repository("one")), ...cacheAt(cache), trusting]);
  assert.ok((first.use[1] ?? 0) > 2);
  const [tag = ""] = await tagsOf(cache);
  assert.deepEqual(Object.keys((await manifestAt(cache, tag)).annotations), [STATEMENT]);
  const ignored = await push([spec, place(repository("two")), ...cacheAt(cache), ...reading]);
  assert.deepEqual(ignored.use, [0, 0]);
  assert.match(ignored.warnings.join("\n"), /is not signed; such entries are not used$/);
  const used = await push([spec, place(repository("two")), ...cacheAt(cache), trusting]);
  assert.equal(used.blobs[2], 1);
});

Deno.test("entries that were tampered with are refused", async () => {
  const [one, cache] = [repository("one"), repository("cache")];
  const first = await push([spec, place(one), ...cacheAt(cache), ...signing]);
  const [tag = "", other = ""] = await tagsOf(cache);
  const [right, replayed] = [await manifestAt(cache, tag), await manifestAt(cache, other)];
  const digestIn = ({ annotations }: Manifest) => annotations[STATEMENT]?.split(";")[3] ?? "";
  const swapped = right.annotations[STATEMENT]!.replace(digestIn(right), digestIn(replayed));
  const annotated = (annotations: Record<string, string>) => ({
    ...right,
    layers: replayed.layers,
    annotations: { ...right.annotations, ...annotations },
  });
  for (
    const [manifest, message] of [
      [replayed, /is not about what its tag says/],
      [annotated({ [STATEMENT]: swapped }), /has a wrong signature by fleet-1/],
      [
        annotated({
          [STATEMENT]: swapped,
          [SIGNATURES]: replayed.annotations[SIGNATURES] ?? "",
        }),
        /has a wrong signature by fleet-1/,
      ],
      [annotated({ [SIGNATURES]: "fleet-1:" }), /is not signed/],
    ] as const
  ) {
    await putManifest(cache, tag, manifest);
    const pushed = await push([spec, place(repository("two")), ...cacheAt(cache), ...reading]);
    assert.equal(pushed.digest, first.digest);
    assert.equal(pushed.warnings.length, 1);
    assert.match(pushed.warnings[0]!, message);
    assert.ok(pushed.warnings[0]?.includes(tag));
    assert.equal(pushed.blobs[2], 2);
  }
  const repaired = await push([spec, place(repository("two")), ...cacheAt(cache), ...signing]);
  assert.equal(repaired.use[1], 1);
  assert.deepEqual((await manifestAt(cache, tag)).annotations, right.annotations);
});

Deno.test("a cache in another registry saves no bytes, but hashing where they are there", async () => {
  const cache = repository("cache");
  const first = await push([
    spec,
    place(repository("one")),
    ...cacheAt(cache, elsewhere),
    ...signing,
  ]);
  const [tag = ""] = await tagsOf(cache, elsewhere);
  const { layers } = await manifestAt(cache, tag, elsewhere);
  assert.deepEqual(layers.map(({ mediaType }) => mediaType), ["application/vnd.oci.empty.v1+json"]);
  // The layers are not there: they are made.
  const two = repository("two");
  const second = await push([spec, place(two), ...cacheAt(cache, elsewhere), ...reading]);
  assert.equal(second.digest, first.digest);
  assert.deepEqual(second.blobs, first.blobs);
  assert.equal(second.use[0], (first.blobs[2] ?? 0) - 1);
  const third = await push([spec, place(two), ...cacheAt(cache, elsewhere), ...reading]);
  assert.deepEqual(third.blobs, [first.blobs[2], 0, 0]);
});

Deno.test("without its cache, a push goes on, and says so once", async () => {
  const down = await startRegistry();
  await down[Symbol.asyncDispose]();
  const { warnings, blobs, use } = await push([
    spec,
    place(repository("one")),
    ...cacheAt("cache", down),
    ...signing,
  ]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /cache repository .*\/cache: .*; going on without it$/);
  assert.ok((blobs[2] ?? 0) > 2);
  assert.deepEqual(use, [0, 0]);
});

Deno.test("the registry of the cache has users of its own, and gets no other's password", async () => {
  const htpasswd = fresh("users");
  const password = "of the cache";
  // If bob's password came here, it would do.
  const lines = [htpasswdLine("ann", password), htpasswdLine("bob", "of the registry")];
  Deno.writeTextFileSync(htpasswd, (await Promise.all(lines)).join(""));
  await using secured = await startRegistry({ htpasswd });
  const users = fresh("users");
  Deno.writeTextFileSync(users, await htpasswdLine("bob", "of the registry"));
  await using destination = await startRegistry({ htpasswd: users });
  const login = ["--username", "bob", "--password-stdin"];
  const args = [...cacheAt("cache", secured), ...signing, ...login];
  const stdin = "of the registry";
  const refused = await push([spec, place("one", destination), ...args], { stdin });
  assert.equal(refused.warnings.length, 1);
  assert.match(refused.warnings[0]!, /: 401.*going on without it$/);

  const configured = fresh("config");
  await Deno.mkdir(configured);
  const auths = { [secured.host]: { auth: btoa(`ann:${password}`) } };
  Deno.writeTextFileSync(`${configured}/config.json`, JSON.stringify({ auths }));
  const env = { DOCKER_CONFIG: configured };
  const first = await push([spec, place("two", destination), ...args], { env, stdin });
  assert.deepEqual([first.warnings, (first.use[1] ?? 0) > 2], [[], true]);
  const second = await push([spec, place("two", destination), ...args], { env, stdin });
  assert.deepEqual(second.blobs, [first.blobs[2], 0, 0]);
  assert.equal(second.use[0], first.use[1]);
});

Deno.test("wrong usage is told before anything is done, and no key with it", async () => {
  const secret = Deno.readTextFileSync(keys.secret).trim();
  const cache = cacheAt("cache");
  for (
    const [args, expected, message] of [
      [cache, 2, /--cache-repo: say whom to believe .*--cache-key, .*or --cache-trust-repo/],
      [signing, 2, /for a --cache-repo/],
      [["--cache-trust-repo"], 2, /for a --cache-repo/],
      [["--cache-repo", `${registry.host}/app`, ...signing], 2, /not the destination/],
      [["--cache-repo", `${registry.host}/cache:1`, ...signing], 2, /without tag/],
      [["--cache-repo", `${registry.host}/Cache`, ...signing], 2, /names are in lower case/],
      [[...cache, "--cache-key", secret], 2, /give the file of the key/],
      [[...cache, "--cache-public-key", secret], 1, /this is a secret key/],
      [[...cache, "--cache-public-key", keys.secret], 1, /this is a secret key/],
      [[...cache, "--cache-key", keys.public], 1, /this is a public one/],
      [[...cache, "--cache-key", `${keys.secret}-2`], 1, /secret-2 is not there/],
      [[...cache, "--cache-public-key", "fleet-1:abc"], 1, /expected public keys/],
    ] as const
  ) {
    const { code, stderr, text } = await tryPush([spec, place("app"), ...args]);
    assert.deepEqual([code, message.test(stderr)], [expected, true], stderr);
    assert.equal(`${stderr}${text}`.includes(secret.slice(8, 40)), false);
  }
  assert.deepEqual(await tagsOf("app"), []);
});
