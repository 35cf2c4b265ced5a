/**
 * What verbs print with `--json`, against what other programs find.
 * @module
 */

import assert from "node:assert/strict";
import { Derivations } from "../support/derivations.ts";
import { Docker } from "../support/dockerd.ts";
import { skopeoFacts, skopeoManifestDigest } from "../support/engines.ts";
import { LoadableStore } from "../support/loadable.ts";
import { nixImage, succeed } from "../support/program.ts";
import { startRegistry } from "../support/registries.ts";
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

const store = new LoadableStore(scratch.path);
const source = store.image("results", ["one", "two"]);
const LAYERS = 4;
const NAME = "results:1";
const PLAIN = "--tls-verify=false";
const fresh = (name: string) => `${Deno.makeTempDirSync({ dir: scratch.path })}/${name}`;
const env = () => ({ ...docker.env, XDG_CACHE_HOME: fresh("cache"), NO_PROXY: "*" });

// deno-lint-ignore no-explicit-any -- what is printed, which the tests are to tell
type Printed = any;

/** Runs a verb with `--json`; all of standard output has to be one object. */
async function printed(
  args: readonly string[],
  options: { readonly env?: Record<string, string> } = {},
): Promise<Printed> {
  const { code, text, stderr } = await nixImage([...args, "--json"], { env: env(), ...options });
  assert.equal(code, 0, stderr);
  assert.ok(text.startsWith("{\n  ") && text.endsWith("\n}\n"), text);
  return JSON.parse(text);
}

/** The sum of the sizes of a directory's files, as find has them. */
async function sizeOf(directory: string): Promise<number> {
  const sizes = await succeed(["find", directory, "-type", "f", "-printf", "%s\n"]);
  return sizes.trim().split("\n").reduce((sum, size) => sum + Number(size), 0);
}

async function manifestAt(place: string, ...options: string[]): Promise<Printed> {
  return JSON.parse(await succeed(["skopeo", "inspect", "--raw", ...options, place]));
}

/** As the manifest lists them. */
function blobsOf(layers: readonly Printed[]): Printed[] {
  return layers.map(({ blob }) => blob);
}

const archive = fresh("image.tar");
const built = await printed(["build", ...source, "--compressor", "none", "-o", archive]);

Deno.test("build tells of a docker-archive what docker and skopeo find", async () => {
  const { path, format, size, name, id, manifestDigest, layers, ...others } = built;
  assert.deepEqual(others, {});
  assert.deepEqual([path, format, name], [archive, "docker-archive", NAME]);
  assert.equal(size, Deno.statSync(archive).size);
  assert.equal(manifestDigest, null);
  const facts = await skopeoFacts(`docker-archive:${archive}`);
  assert.equal(id, facts.id);
  assert.deepEqual(layers.map(({ diffId }: Printed) => diffId), facts.diffIds);
  // skopeo tells of the tars in there what they have of bytes.
  const manifest = await manifestAt(`docker-archive:${archive}`);
  assert.deepEqual(
    layers.map(({ size }: Printed) => size),
    manifest.layers.map(({ size }: Printed) => size),
  );
  assert.equal(layers.length, LAYERS);
  await docker.docker("load", "--input", archive);
  const { Id } = await docker.inspect(NAME);
  assert.equal(id, Id);
});

for (const format of ["oci", "oci-archive"]) {
  for (const compression of ["gzip", "none"]) {
    Deno.test(`build tells of an ${format} (${compression}) what skopeo finds`, async () => {
      const output = fresh("layout");
      const options = ["--format", format, "--layer-compression", compression];
      const result = await printed(["build", ...source, "-o", output, ...options]);
      const place = `${format}:${output}`;
      assert.equal(result.path, output);
      assert.equal(result.format, format);
      const size = format === "oci" ? await sizeOf(output) : Deno.statSync(output).size;
      assert.equal(result.size, size);
      assert.equal(result.manifestDigest, await skopeoManifestDigest(place));
      const manifest = await manifestAt(place);
      assert.equal(result.id, manifest.config.digest);
      assert.deepEqual(blobsOf(result.layers), manifest.layers);
      const { diffIds } = await skopeoFacts(place);
      assert.deepEqual(result.layers.map(({ diffId }: Printed) => diffId), diffIds);
      const tars = built.layers.map(({ size }: Printed) => size);
      assert.deepEqual(result.layers.map(({ size }: Printed) => size), tars);
    });
  }
}

Deno.test("load tells what went to docker, and what was there", async () => {
  const variables = env();
  const first = await printed(["load", ...source, "--engine", "docker"], { env: variables });
  const { Id, RootFS } = await docker.inspect(NAME);
  assert.deepEqual([first.engine, first.names, first.id], ["docker", [NAME], Id]);
  assert.deepEqual(first.layers.map(({ diffId }: Printed) => diffId), RootFS.Layers);
  assert.ok(first.sent > 0);
  const again = await printed(["load", ...source, "--engine", "docker"], { env: variables });
  assert.equal(again.id, Id);
  assert.deepEqual(
    again.layers.map(({ outcome }: Printed) => outcome),
    Array.from({ length: LAYERS }, () => "exists"),
  );
  assert.ok(again.sent < first.sent / 2 || first.layers[0].outcome === "exists");
  const plain = await nixImage(["load", ...source, "--engine", "docker", "-q"], { env: variables });
  assert.equal(plain.text, `${NAME}\n`);
});

Deno.test("push tells what the registry has then, what it was sent and what it had", async () => {
  const variables = env();
  const push = (name: string, ...options: string[]) =>
    printed(["push", ...source, `docker://${registry.host}/${name}`, PLAIN, ...options], {
      env: variables,
    });
  const first = await push("first:v1");
  const place = `docker://${registry.host}/first:v1`;
  const raw = await succeed(["skopeo", "inspect", "--raw", PLAIN, place]);
  const manifest = JSON.parse(raw);
  assert.equal(first.destination, `${registry.host}/first:v1@${first.manifestDigest}`);
  const inspected = JSON.parse(await succeed(["skopeo", "inspect", PLAIN, place]));
  assert.equal(first.manifestDigest, inspected.Digest);
  assert.equal(first.mediaType, manifest.mediaType);
  assert.equal(first.id, manifest.config.digest);
  assert.deepEqual(blobsOf(first.layers), manifest.layers);
  const sizes = [manifest.config, ...manifest.layers].map(({ size }: Printed) => size);
  assert.equal(first.size, sizes.reduce((sum, size) => sum + size, raw.length));
  assert.equal(first.sent, first.size);
  assert.deepEqual(first.blobs, { exists: 0, mounted: 0, pushed: LAYERS + 1 });
  assert.equal(first.cache, null);
  const outcomes = ({ layers }: Printed) => new Set(layers.map(({ outcome }: Printed) => outcome));
  assert.deepEqual(outcomes(first), new Set(["pushed"]));
  const again = await push("first:v1");
  assert.deepEqual({ ...again, layers: 0, blobs: 0, sent: 0 }, {
    ...first,
    layers: 0,
    blobs: 0,
    sent: 0,
  });
  assert.equal(again.sent, raw.length);
  assert.deepEqual(outcomes(again), new Set(["exists"]));
  const mounted = await push("other:v1", "--mount-from", "first");
  assert.deepEqual(outcomes(mounted), new Set(["mounted"]));
  assert.deepEqual(blobsOf(mounted.layers), manifest.layers);
});

Deno.test("index tells of a layout and of a registry what skopeo finds", async () => {
  const output = fresh("index");
  const written = await printed(["index", archive, "-o", output]);
  assert.deepEqual([written.path, written.format], [output, "oci"]);
  assert.equal(written.size, await sizeOf(output));
  assert.equal(written.digest, await skopeoManifestDigest(`oci:${output}`));
  const destination = `docker://${registry.host}/index:v1`;
  const pushed = await printed(["index", archive, destination, PLAIN]);
  const index = await manifestAt(destination, PLAIN);
  const inspected = await succeed(["skopeo", "inspect", "--raw", PLAIN, destination]);
  assert.equal(pushed.mediaType, index.mediaType);
  const computed = await succeed(["sha256sum"], { stdin: inspected });
  assert.equal(pushed.digest, `sha256:${computed.split(" ")[0]}`);
  assert.equal(pushed.destination, `${registry.host}/index:v1@${pushed.digest}`);
  for (const { images } of [written, pushed]) {
    const [{ platform, id, manifestDigest }] = images;
    assert.equal(manifestDigest, index.manifests[0].digest);
    const { os, architecture } = index.manifests[0].platform;
    assert.equal(platform, `${os}/${architecture}`);
    assert.equal(id, built.id);
  }
  assert.equal(pushed.layers.length, LAYERS);
});

Deno.test("pull tells what there is then", async () => {
  const { manifestDigest } = await printed([
    ...["push", ...source, `docker://${registry.host}/pulled:v1`, PLAIN],
  ]);
  const file = fresh("pulled.tar");
  const pull = ["pull", `${registry.host}/pulled:v1`, PLAIN, "-o"];
  const pulled = await printed([...pull, file]);
  assert.deepEqual([pulled.path, pulled.format], [file, "docker-archive"]);
  assert.equal(pulled.size, Deno.statSync(file).size);
  const hash = await succeed(["nix-hash", "--type", "sha256", "--flat", file]);
  const sri = btoa(String.fromCharCode(...Uint8Array.fromHex(hash.trim())));
  assert.equal(pulled.hash, `sha256-${sri}`);
  assert.equal(pulled.manifestDigest, manifestDigest);
  assert.equal(pulled.id, built.id);
  assert.equal(pulled.name, `${registry.host}/pulled:v1`);
  const layout = fresh("pulled");
  const inLayout = await printed([...pull, layout, "--format", "oci"]);
  assert.equal(inLayout.manifestDigest, await skopeoManifestDigest(`oci:${layout}`));
  assert.deepEqual([inLayout.hash, inLayout.id], [null, built.id]);
  assert.equal(inLayout.size, await sizeOf(layout));
});

Deno.test("merge, export and layer tell what they have written", async () => {
  const output = fresh("merged.tar");
  const merged = await printed(["merge", archive, "--compressor", "none", "-o", output]);
  assert.deepEqual(merged, {
    path: output,
    format: "docker-archive",
    size: Deno.statSync(output).size,
    images: [{ names: [NAME], id: built.id, manifestDigest: null }],
  });
  const layout = fresh("merged");
  const { images } = await printed(["merge", archive, "--format", "oci", "-o", layout]);
  assert.equal(images[0].manifestDigest, await skopeoManifestDigest(`oci:${layout}`));

  const rootfs = fresh("rootfs.tar");
  assert.deepEqual(await printed(["export", archive, "-o", rootfs]), {
    path: rootfs,
    size: Deno.statSync(rootfs).size,
    names: [NAME],
    id: built.id,
  });

  const directory = fresh("layer");
  const spec = scratch.spec({ name: "own", extraCommands: "echo content >file" });
  const layer = await printed(["layer", spec, "-o", directory]);
  const sum = await succeed(["sha256sum", `${directory}/layer.tar`]);
  assert.deepEqual(layer, {
    path: directory,
    diffId: `sha256:${sum.split(" ")[0]}`,
    size: Deno.statSync(`${directory}/layer.tar`).size,
  });
});

Deno.test("shell tells of the spec that it has written", async () => {
  const derivations = await Derivations.prepare();
  const drv = await derivations.instantiate("hello");
  const output = fresh("spec.json");
  const result = await printed(["shell", drv, "-o", output]);
  const { name } = JSON.parse(Deno.readTextFileSync(output));
  assert.deepEqual(result, { path: output, name, tag: null });
});

Deno.test("--json where standard output is taken is wrong usage", async () => {
  for (
    const args of [["export", archive], ["export", archive, "-o", "-"], ["stream", source[0] ?? ""]]
  ) {
    const { code, text } = await nixImage([...args, "--json"]);
    assert.deepEqual([code, text], [2, ""]);
  }
});
