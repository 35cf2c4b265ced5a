/**
 * Images pushed to Debian's docker-registry, in the hands of the programs that read them there.
 * @module
 */

import assert from "node:assert/strict";
import { Docker } from "../support/dockerd.ts";
import { Podman, skopeoCopy, skopeoFacts, skopeoManifestDigest } from "../support/engines.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, type RunResult, succeed } from "../support/program.ts";
import { htpasswdLine, makeAuthority, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
const scratch = new Scratch();
const registry = await startRegistry();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await registry[Symbol.asyncDispose]();
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

interface Pushed {
  readonly digest: string;
  /** How many blobs were there, mounted, pushed. */
  readonly blobs: readonly number[];
  readonly stderr: string;
}

/** Pushes with a cache of its own, unless it is given. */
async function push(
  args: readonly string[],
  { cache = fresh("cache"), stdin }: { cache?: string; stdin?: string } = {},
): Promise<Pushed> {
  const result = await tryPush(args, { cache, ...stdin === undefined ? {} : { stdin } });
  const { code, text, stderr } = result;
  assert.equal(code, 0, stderr);
  assert.match(text, /^sha256:[0-9a-f]{64}\n$/);
  const counts = /^Blobs: (\d+) there already, (\d+) mounted, (\d+) pushed; /m.exec(stderr);
  return { digest: text.trim(), blobs: counts?.slice(1).map(Number) ?? [], stderr };
}

async function tryPush(
  args: readonly string[],
  { cache = fresh("cache"), stdin }: { cache?: string; stdin?: string } = {},
): Promise<RunResult> {
  const env = { XDG_CACHE_HOME: cache, HOME: fresh("home"), NO_PROXY: "*" };
  return await nixImage(["push", ...args], { env, ...stdin === undefined ? {} : { stdin } });
}

async function layoutDigest(source: readonly string[]): Promise<string> {
  const path = fresh("layout");
  await nixImage(["build", ...source, "--format", "oci", "-o", path]);
  return await skopeoManifestDigest(`oci:${path}`);
}

for (const compression of ["gzip", "zstd", "none"]) {
  Deno.test(`a spec is pushed (${compression}) with the digests of an OCI layout`, async () => {
    const place = `docker://${registry.host}/spec/${compression}:v1`;
    const option = `--layer-compression=${compression}`;
    const { digest } = await push([spec, place, option]);
    assert.equal(digest, await layoutDigest([spec, option]));
    const copy = `oci:${fresh("copy")}:v1`;
    await skopeoCopy(place, copy, "--src-tls-verify=false", "--preserve-digests");
    assert.equal(await skopeoManifestDigest(copy), digest);
  });
}

Deno.test("docker and podman pull what was pushed", async () => {
  const name = `${registry.host}/pulled/app:v1`;
  await push([spec, `docker://${name}`]);
  const layout = fresh("layout");
  await nixImage(["build", spec, "--format", "oci", "-o", layout]);
  const expected = await skopeoFacts(`oci:${layout}`);
  await docker.docker("pull", name);
  const image = await docker.inspect(name);
  assert.deepEqual([image.Id, image.RootFS.Layers], [expected.id, expected.diffIds]);
  assert.equal(await docker.run(name), "Hello, world!\n");
  await docker.docker("rmi", name);
  await using podman = new Podman();
  await podman.run("pull", "--quiet", "--tls-verify=false", name);
  const { id, diffIds } = await podman.facts(name);
  assert.deepEqual({ id, diffIds }, expected);
});

Deno.test("a second push reads no layer; one changed path moves its layer alone", async () => {
  const cache = fresh("cache");
  const place = `docker://${registry.host}/again/app:v1`;
  const first = await push([spec, place], { cache });
  assert.deepEqual(first.blobs.slice(0, 2), [0, 0]);
  const second = await push([spec, place], { cache });
  assert.equal(second.digest, first.digest);
  assert.deepEqual(second.blobs, [first.blobs[2], 0, 0]);

  const more = scratch.spec({
    name: "app",
    contents: [hello, coreutils],
    config: { Cmd: [`${message}/message`] },
  });
  const changed = await push([more, place], { cache });
  assert.equal((changed.blobs[2] ?? 0) <= 2, true, changed.stderr);
  assert.notEqual(changed.digest, first.digest);
});

Deno.test("a damaged cache is noticed, and one that lies is found out", async () => {
  const cache = fresh("cache");
  const { digest } = await push([spec, `docker://${registry.host}/cached/one:v1`], { cache });
  const directory = `${cache}/nix-image/digests`;
  const files = Array.from(Deno.readDirSync(directory), ({ name }) => `${directory}/${name}`);
  assert.ok(files.length > 2);
  for (const [index, file] of files.entries()) {
    const text = Deno.readTextFileSync(file);
    Deno.writeTextFileSync(
      file,
      index % 2 === 0 ? text.slice(0, 50) : text.replace(/sha256:./, "sha256:0"),
    );
  }
  const again = await push([spec, `docker://${registry.host}/cached/two:v1`], { cache });
  assert.equal(again.digest, digest);
  await succeed([
    "skopeo",
    "inspect",
    "--tls-verify=false",
    `docker://${registry.host}/cached/two:v1`,
  ]);
});

Deno.test("blobs are mounted from another repository", async () => {
  const cache = fresh("cache");
  const first = await push([spec, `docker://${registry.host}/mount/one:v1`], { cache });
  const place = `docker://${registry.host}/mount/two:v1`;
  const second = await push([spec, place, "--mount-from", "mount/one"], { cache });
  assert.equal(second.digest, first.digest);
  const [there, mounted, pushed] = second.blobs;
  assert.deepEqual([there, pushed], [0, 0]);
  assert.equal(mounted, first.blobs[2]);
});

Deno.test("an image from elsewhere keeps its digests; an archive gets those of a layout", async () => {
  const layout = fresh("layout");
  await nixImage(["build", spec, "--format", "oci", "-o", layout]);
  const place = `docker://${registry.host}/images/app`;
  const pushed = await push([layout, `${place}:layout`]);
  assert.equal(pushed.digest, await skopeoManifestDigest(`oci:${layout}`));
  const archive = fresh("archive");
  await nixImage(["build", spec, "-o", archive]);
  const config = await skopeoFacts(`oci:${layout}`);
  await push([archive, `${place}:archive`]);
  const copy = `oci:${fresh("copy")}:v1`;
  await skopeoCopy(`${place}:archive`, copy, "--src-tls-verify=false");
  assert.deepEqual(await skopeoFacts(copy), config);
});

Deno.test("a registry with users and TLS: who may push, and what errors tell", async () => {
  const directory = Deno.makeTempDirSync({ dir: scratch.path });
  const { authority, ...tls } = await makeAuthority(directory);
  const htpasswd = `${directory}/users`;
  const password = "not for others";
  Deno.writeTextFileSync(htpasswd, await htpasswdLine("ann", password));
  await using secured = await startRegistry({ htpasswd, tls });
  const place = `docker://${secured.host}/team/app:v1`;
  const login = ["--username", "ann", "--password-stdin"];

  const untrusted = await tryPush([spec, place]);
  assert.equal(untrusted.code, 1);
  assert.match(untrusted.stderr, /^nix-image: GET https:.*--ca-file$/m);

  const nobody = await tryPush([spec, place, "--ca-file", authority]);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /: 401.*; log in/);

  const wrong = await tryPush([spec, place, "--ca-file", authority, ...login], {
    stdin: "wrong-password",
  });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /: 401/);
  assert.doesNotMatch(wrong.stderr, /wrong-password|Basic/);

  const { digest } = await push([spec, place, "--ca-file", authority, ...login], {
    stdin: `${password}\n`,
  });
  const authfile = `${directory}/auth.json`;
  const auth = btoa(`ann:${password}`);
  Deno.writeTextFileSync(authfile, JSON.stringify({ auths: { [secured.host]: { auth } } }));
  const again = await push([spec, place, "--tls-verify=false", "--authfile", authfile]);
  assert.equal(again.digest, digest);
  const byDirectory = await push([spec, place, "--cert-dir", directory, "--authfile", authfile]);
  assert.equal(byDirectory.digest, digest);
  const options = [`--src-cert-dir=${directory}`, `--src-authfile=${authfile}`];
  const copy = `oci:${fresh("copy")}:v1`;
  await skopeoCopy(place, copy, "--preserve-digests", ...options);
  assert.equal(await skopeoManifestDigest(copy), digest);
});

Deno.test("wrong usage is told before anything is done", async () => {
  for (
    const [args, message] of [
      [[spec, "docker://localhost/App"], /names are in lower case/],
      [[spec, "https://localhost/app"], /https:\/\/ is something else/],
      [[spec, "localhost/app", "--username", "ann"], /--password-stdin/],
      [[spec, "localhost/app", "--mount-from", "other:1"], /--mount-from/],
      [[spec, "localhost/app", "--platform", "linux/arm64"], /this is a spec/],
    ] as const
  ) {
    const { code, stderr } = await tryPush(args);
    assert.deepEqual([code, message.test(stderr)], [2, true], stderr);
  }
});
