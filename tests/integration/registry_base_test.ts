/**
 * Images that are made on an image in a registry, which is pulled once and kept.
 * @module
 */

import assert from "node:assert/strict";
import { sha256Of } from "../../src/image/image.ts";
import { mergedUsrRoot } from "../support/base_images.ts";
import { startRegistry, type TestRegistry } from "../support/docker_registry.ts";
import { nixImage, nixImageCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
let registry: TestRegistry;
let layout = "", digest = "", indexDigest = "";

Deno.test.beforeAll(async () => {
  registry = await startRegistry();
  const spec = scratch.spec({
    name: "base",
    tag: "1",
    contents: [await mergedUsrRoot(scratch.path)],
    architecture: "amd64",
    config: { Env: ["FROM_BASE=yes"] },
  });
  layout = `${scratch.path}/base.oci`;
  await succeed([...nixImageCommand(), "build", "-q", "--format", "oci", "-o", layout, spec]);
  await succeed([
    ...["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"],
    ...[`oci:${layout}:1`, `docker://${registry.host}/base:1`],
  ]);
  const { manifests } = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
  digest = manifests[0].digest;
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const platform = { os: "linux", architecture: "amd64" };
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    manifests: [{ ...manifests[0], annotations: undefined, platform }],
  });
  indexDigest = sha256Of(new TextEncoder().encode(index));
  const response = await fetch(`http://${registry.host}/v2/base/manifests/all`, {
    method: "PUT",
    headers: { "content-type": mediaType },
    body: index,
  });
  // Else it ends when memory is collected: in a test that did not begin it.
  await response.body?.cancel();
  assert.equal(response.status, 201);
});

Deno.test.afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

/** A spec of an image on that of a registry. */
function specOn(name: string): string {
  const fromImage = { registry: `${registry.host}/${name}`, tlsVerify: false };
  return scratch.spec({ name: "app", tag: "1", architecture: "amd64", fromImage });
}

/** An environment in which nothing is kept yet. */
function fresh(): { readonly XDG_CACHE_HOME: string } {
  return { XDG_CACHE_HOME: `${scratch.path}/cache-${crypto.randomUUID()}` };
}

/** A directory whose skopeo says that it was started, and starts the real one. */
async function countingSkopeo(): Promise<{ path: string; starts(): Promise<string[]> }> {
  const directory = await Deno.makeTempDir({ dir: scratch.path });
  const log = `${directory}/log`;
  const real = (await succeed(["sh", "-c", "command -v skopeo"])).trim();
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\nexec '${real}' "$@"\n`;
  await Deno.writeTextFile(log, "");
  await Deno.writeTextFile(`${directory}/skopeo`, script, { mode: 0o755 });
  return {
    path: `${directory}:${Deno.env.get("PATH")}`,
    starts: async () => (await Deno.readTextFile(log)).split("\n").slice(0, -1),
  };
}

async function build(
  spec: string,
  env: Record<string, string>,
): Promise<{ output: string; stderr: string }> {
  const output = `${scratch.path}/app-${crypto.randomUUID()}.tar.gz`;
  const { code, stderr } = await nixImage(["build", spec, "-o", output], { env });
  assert.equal(code, 0, stderr);
  return { output, stderr };
}

Deno.test("an image on one of a registry is the one on its archive", async () => {
  const env = fresh();
  const local = scratch.spec({ name: "app", tag: "1", architecture: "amd64", fromImage: layout });
  const expected = await Deno.readFile((await build(local, env)).output);
  for (const name of [`base@${digest}`, `base@${indexDigest}`, "base:all"]) {
    const { output } = await build(specOn(name), env);
    assert.deepEqual(await Deno.readFile(output), expected, name);
  }
});

Deno.test("an image that is kept needs neither skopeo nor the registry", async () => {
  for (const name of [`base@${digest}`, `base@${indexDigest}`]) {
    const skopeo = await countingSkopeo();
    const env = { ...fresh(), PATH: skopeo.path };
    await build(specOn(name), env);
    const first = await skopeo.starts();
    assert.equal(
      first.filter((args) => args.includes(" copy ") || args.startsWith("copy ")).length,
      1,
    );
    const { stderr } = await build(specOn(name), env);
    assert.deepEqual(await skopeo.starts(), first);
    assert.doesNotMatch(stderr, /may stand for another image/);
  }
});

Deno.test("an index that came after its image is kept as well", async () => {
  const skopeo = await countingSkopeo();
  const env = { ...fresh(), PATH: skopeo.path };
  await build(specOn(`base@${digest}`), env);
  await build(specOn(`base@${indexDigest}`), env);
  const starts = await skopeo.starts();
  assert.equal(starts.filter((args) => args.includes("copy")).length, 1);
  await build(specOn(`base@${indexDigest}`), env);
  assert.deepEqual(await skopeo.starts(), starts);
});

Deno.test("several programs that want one image at once get it once", async () => {
  const skopeo = await countingSkopeo();
  const env = { ...fresh(), PATH: skopeo.path };
  const spec = specOn(`base@${indexDigest}`);
  const outputs = await Promise.all([1, 2, 3, 4].map(() => build(spec, env)));
  const built = await Promise.all(outputs.map(({ output }) => Deno.readFile(output)));
  for (const bytes of built) assert.deepEqual(bytes, built[0]);
  const copies = (await skopeo.starts()).filter((args) => args.includes("copy"));
  assert.equal(copies.length, 1);
  const names = [...Deno.readDirSync(`${env.XDG_CACHE_HOME}/nix-image/images`)]
    .map(({ name }) => name).sort();
  const hex = digest.slice("sha256:".length);
  assert.deepEqual(names, [hex, `${hex}.lock`]);
});

Deno.test("a kept image that is damaged is pulled again", async () => {
  const env = fresh();
  const spec = specOn(`base@${digest}`);
  const { output } = await build(spec, env);
  const kept = `${env.XDG_CACHE_HOME}/nix-image/images/${digest.slice("sha256:".length)}`;
  const { manifests } = JSON.parse(await Deno.readTextFile(`${kept}/index.json`));
  const blob = `${kept}/blobs/sha256/${manifests[0].digest.slice("sha256:".length)}`;
  const bytes = await Deno.readFile(blob);
  for (
    const damage of [
      () => Deno.truncateSync(blob, 10),
      () => Deno.writeFileSync(blob, bytes.map((byte, index) => index === 50 ? byte ^ 1 : byte)),
      () => Deno.removeSync(`${kept}/index.json`),
      () => Deno.removeSync(`${kept}/blobs`, { recursive: true }),
    ]
  ) {
    damage();
    const again = await build(spec, env);
    assert.match(again.stderr, /^Pulling /m);
    assert.deepEqual(await Deno.readFile(again.output), await Deno.readFile(output));
  }
});

Deno.test("a tag is a warning, unless the lock file beside the spec has it", async () => {
  const env = fresh();
  const spec = specOn("base:all");
  const { stderr } = await build(spec, env);
  assert.match(stderr, /base:all may stand for another image next time/);
  const lock = `${scratch.path}/nix-image.lock`;
  const name = `${registry.host}/base:all`;
  await succeed([
    ...[...nixImageCommand(), "prefetch", "-q", "--lock", lock, "--tls-verify=false"],
    ...["--arch", "amd64", name],
  ]);
  const skopeo = await countingSkopeo();
  const locked = await build(spec, { ...env, PATH: skopeo.path });
  assert.doesNotMatch(locked.stderr, /may stand for another image/);
  assert.deepEqual(await skopeo.starts(), []);
  const { output } = await build(specOn(`base@${digest}`), env);
  assert.deepEqual(await Deno.readFile(locked.output), await Deno.readFile(output));
  await Deno.remove(lock);
});

Deno.test("an image that is not to be had is told, and nothing is kept of it", async () => {
  const env = fresh();
  const output = `${scratch.path}/none.tar.gz`;
  for (const name of ["base:none", `base@sha256:${"0".repeat(64)}`]) {
    const { code, stderr } = await nixImage(["build", specOn(name), "-o", output], { env });
    assert.equal(code, 1);
    assert.match(stderr, /^nix-image: Cannot get .* from its registry: .*manifest unknown/m);
    assert.deepEqual([...Deno.readDirSync(`${env.XDG_CACHE_HOME}/nix-image/images`)], []);
  }
});
