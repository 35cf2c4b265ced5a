/**
 * Indexes of images for several platforms, in the hands of the programs that read them.
 * @module
 */

import assert from "node:assert/strict";
import { sha256Of } from "../../src/image/image.ts";
import { Docker } from "../support/dockerd.ts";
import {
  type ImageFacts,
  Podman,
  skopeoCopy,
  skopeoFacts,
  skopeoManifestDigest,
} from "../support/engines.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, type RunResult, succeed } from "../support/program.ts";
import { htpasswdLine, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";
import { onTerminal } from "../support/terminal.ts";

const docker = new Docker();
const scratch = new Scratch();
const registry = await startRegistry();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await registry[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const { hello, coreutils } = await buildFixtures("hello", "coreutils");
const specFor = (platform: object, contents: readonly string[] = [hello, coreutils]) =>
  scratch.spec({ name: "app", tag: "v1", contents, config: { Cmd: ["hello"] }, ...platform });
const host = specFor({ architecture: "amd64" });
const arm64 = specFor({ architecture: "arm64" });
const armv7 = specFor({ architecture: "arm", variant: "v7" }, [hello]);
const specs = [host, arm64, armv7];
const fresh = (name: string) => `${Deno.makeTempDirSync({ dir: scratch.path })}/${name}`;
const PLAIN = "--src-tls-verify=false";

async function tryIndex(args: readonly string[], stdin?: string): Promise<RunResult> {
  const env = { XDG_CACHE_HOME: fresh("cache"), HOME: fresh("home"), NO_PROXY: "*" };
  return await nixImage(["index", ...args], { env, ...stdin === undefined ? {} : { stdin } });
}

async function index(...args: readonly string[]): Promise<RunResult> {
  const result = await tryIndex(args);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

/** What is expected of a spec: as `build --format oci` makes it. */
async function built(spec: string): Promise<{ digest: string; facts: ImageFacts }> {
  const path = fresh("built");
  await nixImage(["build", spec, "--format", "oci", "-o", path]);
  const place = `oci:${path}`;
  return { digest: await skopeoManifestDigest(place), facts: await skopeoFacts(place) };
}

interface IndexDocument {
  readonly mediaType: string;
  readonly manifests: readonly {
    readonly digest: string;
    readonly size: number;
    readonly mediaType: string;
    readonly platform: Readonly<Record<string, unknown>>;
  }[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The index at a place such as `oci:DIRECTORY:TAG`, as skopeo gets it. */
async function rawIndex(place: string, ...options: string[]): Promise<IndexDocument> {
  return JSON.parse(await succeed(["skopeo", "inspect", ...options, "--raw", place]));
}

const platforms = ({ manifests }: IndexDocument) =>
  manifests.map(({ platform: { os, architecture, variant } }) =>
    [os, architecture, variant].filter((part) => part !== undefined).join("/")
  );

Deno.test("a layout has one index, sorted by platform, with the manifests that build makes", async () => {
  const path = fresh("layout");
  const { stderr } = await index(...specs, "-o", path);
  const document = await rawIndex(`oci:${path}:v1`);
  assert.equal(document.mediaType, "application/vnd.oci.image.index.v1+json");
  assert.deepEqual(platforms(document), ["linux/amd64", "linux/arm/v7", "linux/arm64"]);
  const expected = [await built(host), await built(armv7), await built(arm64)];
  assert.deepEqual(document.manifests.map(({ digest }) => digest), expected.map((e) => e.digest));
  for (const { digest, size } of document.manifests) {
    assert.equal(Deno.statSync(`${path}/blobs/sha256/${digest.slice(7)}`).size, size);
  }
  const { manifests: [entry, ...others] } = JSON.parse(
    Deno.readTextFileSync(`${path}/index.json`),
  );
  assert.deepEqual(others, []);
  assert.equal(entry.annotations["org.opencontainers.image.ref.name"], "v1");
  assert.ok(stderr.endsWith(`, index ${entry.digest}\n`), stderr);
  for (const [number, [arch, variant]] of [["amd64"], ["arm", "v7"], ["arm64"]].entries()) {
    const place = `oci:${fresh("copy")}:v1`;
    const options = ["--override-arch", arch ?? "", "--override-variant", variant ?? ""];
    await succeed([
      ...["skopeo", "--insecure-policy", ...options, "copy", "--quiet"],
      ...[`oci:${path}:v1`, place],
    ]);
    assert.deepEqual(await skopeoFacts(place), expected[number]?.facts);
  }
});

Deno.test("the bytes do not depend on the order of the arguments; an archive has the same", async () => {
  const [one, other, archive] = [fresh("one"), fresh("other"), fresh("index.tar")];
  await index(...specs, "-o", one);
  await index(...specs.toReversed(), "-o", other);
  await succeed(["diff", "-r", one, other]);
  await index(...specs, "-o", archive);
  const unpacked = fresh("unpacked");
  Deno.mkdirSync(unpacked);
  await succeed(["tar", "-xf", archive, "-C", unpacked]);
  await succeed(["diff", "-r", one, unpacked]);
  const again = fresh("again.tar");
  await index(...specs.toReversed(), "-o", again, "--format=oci-archive");
  await succeed(["cmp", archive, again]);
});

Deno.test("check finds nothing wrong, inspect and the other commands find all images", async () => {
  const path = fresh("layout");
  await index(...specs, "-o", path, "-t", "team/other:2", "--layer-compression=zstd");
  const { code, text } = await nixImage(["check", "--json", path]);
  assert.equal(code, 0, text);
  const inspected = await nixImage(["inspect", "--json", path]);
  const { images } = JSON.parse(inspected.text) as {
    images: { names: string[]; architecture: string }[];
  };
  assert.deepEqual(images.map(({ names }) => names), Array(3).fill(["docker.io/team/other:2"]));
  const exported = fresh("root.tar");
  const platform = ["--platform", "linux/arm64"];
  assert.equal((await nixImage(["export", path, ...platform, "-o", exported])).code, 0);
});

Deno.test("a registry has the same index as a layout; a shared blob is sent once", async () => {
  const name = `${registry.host}/index/app:v1`;
  const { text, stderr } = await index(...specs, `docker://${name}`);
  const path = fresh("layout");
  await index(...specs, "-o", path);
  assert.equal(text.trim(), await skopeoManifestDigest(`oci:${path}:v1`));
  const raw = await succeed([
    "skopeo",
    "inspect",
    "--tls-verify=false",
    "--raw",
    `docker://${name}`,
  ]);
  assert.equal(sha256Of(new TextEncoder().encode(raw)), text.trim());
  const { manifests } = JSON.parse(raw) as IndexDocument;
  const blobs = new Set(manifests.flatMap(({ digest }) => {
    const manifest = JSON.parse(Deno.readTextFileSync(`${path}/blobs/sha256/${digest.slice(7)}`));
    return [manifest.config, ...manifest.layers].map((blob: { digest: string }) => blob.digest);
  }));
  const [, there, mounted, pushed] =
    /^Blobs: (\d+) there already, (\d+) mounted, (\d+) pushed/m.exec(stderr) ?? [];
  assert.deepEqual([there, mounted, pushed].map(Number), [0, 0, blobs.size]);
  assert.match(stderr, /^layer 1\/\d+: pushed, .*: linux\/amd64: /m);

  const copy = `oci:${fresh("copy")}:v1`;
  await skopeoCopy(`docker://${name}`, copy, "--all", "--preserve-digests", PLAIN);
  assert.equal(await skopeoManifestDigest(copy), text.trim());
  const elsewhere = `docker://${registry.host}/index/copied:v1`;
  const options = ["--all", "--preserve-digests", "--dest-tls-verify=false"];
  await skopeoCopy(`oci:${path}:v1`, elsewhere, ...options);
  const copied = await rawIndex(elsewhere, "--tls-verify=false");
  assert.deepEqual(copied.manifests, manifests);
});

Deno.test("docker and podman pull their platform, and so does pull --arch", async () => {
  const name = `${registry.host}/index/pulled:v1`;
  await index(...specs, `docker://${name}`);
  const [ofHost, ofArm] = [await built(host), await built(arm64)];
  await docker.docker("pull", name);
  const image = await docker.inspect(name);
  assert.deepEqual([image.Id, image.RootFS.Layers], [ofHost.facts.id, ofHost.facts.diffIds]);
  assert.equal(await docker.run(name), "Hello, world!\n");
  await docker.docker("rmi", name);
  await using podman = new Podman();
  await podman.run("pull", "--quiet", "--tls-verify=false", "--arch=arm64", name);
  const { id, diffIds } = await podman.facts(name);
  assert.deepEqual({ id, diffIds }, ofArm.facts);

  const path = fresh("pulled");
  const { code, stderr } = await nixImage(
    ["pull", name, "--tls-verify=false", "--arch=aarch64", "--format=oci", "-o", path],
    { env: { XDG_CACHE_HOME: fresh("cache"), HOME: fresh("home") } },
  );
  assert.equal(code, 0, stderr);
  assert.equal(await skopeoManifestDigest(`oci:${path}`), ofArm.digest);
});

Deno.test("archives, layouts and indexes are taken over with their manifests", async () => {
  const [archive, layout, both, all] = [
    fresh("amd64.tar"),
    fresh("arm64"),
    fresh("both"),
    fresh("all"),
  ];
  await nixImage(["build", host, "--compressor=none", "-o", archive]);
  await nixImage(["build", arm64, "--format=oci", "--layer-compression=zstd", "-o", layout]);
  await index(archive, layout, "-o", both);
  await index(armv7, both, "-o", all);
  const document = await rawIndex(`oci:${all}:v1`);
  assert.deepEqual(platforms(document), ["linux/amd64", "linux/arm/v7", "linux/arm64"]);
  assert.deepEqual(document.manifests.map(({ digest }) => digest), [
    (await built(host)).digest,
    (await built(armv7)).digest,
    await skopeoManifestDigest(`oci:${layout}`),
  ]);
  const one = fresh("one");
  await index(all, "--platform", "linux/arm/v7", "-o", one);
  assert.deepEqual(platforms(await rawIndex(`oci:${one}:v1`)), ["linux/arm/v7"]);
});

Deno.test("an image with a manifest of Docker's keeps it, in a layout and in a registry", async () => {
  const layout = fresh("layout"), pulled = fresh("schema2"), path = fresh("index");
  await nixImage(["build", host, "--format=oci", "-o", layout]);
  const name = `${registry.host}/index/schema2`;
  await skopeoCopy(
    ...[`oci:${layout}`, `docker://${name}:v1`] as const,
    ...["--format=v2s2", "--dest-tls-verify=false"],
  );
  const env = { XDG_CACHE_HOME: fresh("cache"), HOME: fresh("home") };
  await nixImage(["pull", `${name}:v1`, "--tls-verify=false", "--format=oci", "-o", pulled], {
    env,
  });
  const place = `docker://${name}:all`;
  const { text } = await index(pulled, armv7, place);
  await index(pulled, armv7, "-o", path, "-t", "app:all");
  assert.equal(await skopeoManifestDigest(`oci:${path}:all`), text.trim());
  const { manifests: [first] } = await rawIndex(place, "--tls-verify=false");
  assert.equal(first?.mediaType, "application/vnd.docker.distribution.manifest.v2+json");
  assert.equal((await nixImage(["check", path])).code, 0);
  await docker.docker("pull", `${name}:all`);
  assert.equal(await docker.run(`${name}:all`), "Hello, world!\n");
});

Deno.test("what an index says of platforms is carried over", async () => {
  const from = fresh("from"), to = fresh("to");
  await index(arm64, "-o", from);
  const file = `${from}/index.json`;
  const outer = JSON.parse(Deno.readTextFileSync(file));
  const place = (digest: string) => `${from}/blobs/sha256/${digest.slice(7)}`;
  const inner = JSON.parse(Deno.readTextFileSync(place(outer.manifests[0].digest)));
  const platform = {
    architecture: "arm64",
    os: "linux",
    "os.version": "10.0.14393.1066",
    "os.features": ["one", "two"],
    variant: "v8",
  };
  inner.manifests[0].platform = platform;
  const bytes = new TextEncoder().encode(JSON.stringify(inner));
  const digest = sha256Of(bytes);
  Deno.writeFileSync(place(digest), bytes);
  Object.assign(outer.manifests[0], { digest, size: bytes.length });
  Deno.writeTextFileSync(file, JSON.stringify(outer));
  await index(from, host, "-o", to, "--annotation", "b=2=x", "--annotation", "a=1");
  const document = await rawIndex(`oci:${to}:v1`);
  assert.deepEqual(document.manifests[1]?.platform, platform);
  assert.deepEqual(document.manifests[0]?.platform, { architecture: "amd64", os: "linux" });
  assert.deepEqual(Object.entries(document.annotations ?? {}), [["a", "1"], ["b", "2=x"]]);
});

Deno.test("two images of one platform are refused, by their sources, before anything is written", async () => {
  const second = specFor({ architecture: "amd64" }, [hello]);
  const path = fresh("none");
  const { code, stderr } = await tryIndex([host, arm64, second, "-o", path]);
  assert.equal(code, 1);
  assert.ok(
    stderr.includes(`linux/amd64  ${host}\n`) && stderr.includes(`linux/amd64  ${second}\n`),
  );
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);

  const usual = specFor({ architecture: "arm64", variant: "v8" });
  const same = await tryIndex([arm64, usual, `docker://${registry.host}/index/none:v1`]);
  assert.equal(same.code, 1);
  assert.match(same.stderr, /linux\/arm64 {2}.*\n {2}linux\/arm64\/v8 {2}/);
});

Deno.test("with an image that can not be sent, there is no tag", async () => {
  const htpasswd = fresh("users");
  Deno.writeTextFileSync(htpasswd, await htpasswdLine("ann", "password"));
  await using secured = await startRegistry({ htpasswd });
  const place = `docker://${secured.host}/app:v1`;
  const refused = await tryIndex([...specs, place]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /: 401/);
  const layout = fresh("damaged");
  await nixImage(["build", arm64, "--format=oci", "--layer-compression=zstd", "-o", layout]);
  const blobs = Array.from(Deno.readDirSync(`${layout}/blobs/sha256`), ({ name }) => name)
    .map((name) => `${layout}/blobs/sha256/${name}`)
    .toSorted((a, b) => Deno.statSync(b).size - Deno.statSync(a).size);
  const bytes = Deno.readFileSync(blobs[0]!);
  bytes[bytes.length >> 1]! ^= 1;
  Deno.writeFileSync(blobs[0]!, bytes);
  const login = ["--username", "ann", "--password-stdin"];
  const damaged = await tryIndex([host, layout, place, ...login], "password");
  assert.equal(damaged.code, 1, damaged.stderr);
  assert.equal(damaged.text, "");
  assert.match(damaged.stderr, /pushed, .*: linux\/amd64: [^]*^nix-image: .*damaged/m);
  const tags = await fetch(`http://${secured.host}/v2/app/tags/list`, {
    headers: { authorization: `Basic ${btoa("ann:password")}` },
  });
  assert.equal((await tags.json()).tags?.length ?? 0, 0);
  assert.equal((await tryIndex([host, armv7, place, ...login], "password")).code, 0);
});

Deno.test("on a terminal, push, index and pull show how far they are, and leave the summary", async () => {
  const directory = fresh("large");
  Deno.mkdirSync(directory);
  await succeed(["sh", "-c", `head -c 50000000 /dev/urandom >"$1/file"`, "sh", directory]);
  const large = scratch.spec({
    ...{ type: "single", name: "app", tag: "v1", architecture: "arm64" },
    copyToRoot: directory,
  });
  const name = `${registry.host}/terminal/app:v1`;
  const env = { XDG_CACHE_HOME: fresh("cache"), HOME: fresh("home"), NO_PROXY: "*", NO_COLOR: "1" };
  const shown = async (...args: string[]) => {
    const text = await onTerminal([...nixImageCommand(), ...args], { columns: 100, env });
    const end = text.lastIndexOf("\x1b[") + "\x1b[K".length;
    return [text.slice(0, end), text.slice(end)];
  };
  const summary = /^127.*layers?.*\r\nBlobs: .*\r\n$/;
  const [pushing = "", pushed = ""] = await shown("push", large, `docker://${name}`);
  assert.match(pushing, /Alayer 1\/1 {2}pushing {2}\d+\.\d MB .*\r+\n0\/1 layers {2}1 pushing/);
  assert.match(pushed, summary);
  const [indexing = "", indexed = ""] = await shown("index", host, large, `docker://${name}`);
  assert.match(indexing, /pushing .* linux\/amd64: /);
  assert.match(indexed, summary);
  for (const format of ["docker-archive", "oci"]) {
    const options = ["--tls-verify=false", "--arch=arm64", `--format=${format}`, "-o", fresh("x")];
    const [pulling = "", pulled = ""] = await shown("pull", name, ...options);
    assert.match(pulling, /pulling {2}\d+\.\d MB/);
    assert.match(pulled, /^Written to .*\r\n$/);
  }
});

Deno.test("wrong usage is told before anything is done", async () => {
  const place = `docker://${registry.host}/index/wrong:v1`;
  for (
    const [args, message] of [
      [[host, arm64], /name a destination/],
      [[host, place, "-o", "x"], /give one of them/],
      [[host, place, arm64, "-o", "x"], /is the last argument/],
      [[place], /give specs or images/],
      [[host, "-o", "-"], /name a file/],
      [[host, "-o", "x", "--mount-from", "a"], /--mount-from is for a registry/],
      [[host, place, "-t", "a:b"], /--repo-tag is for --output/],
      [[host, place, "--format", "oci"], /--format is for --output/],
      [[host, "-o", "x", "-t", "A"], /--repo-tag: expected NAME:TAG/],
      [[host, "-o", "x", "--annotation", "a"], /--annotation: expected KEY=VALUE/],
      [[host, arm64, "-o", "x", "--platform", "linux/arm64"], /--platform is for an image/],
      [["-", "-", "-o", "x"], /can be given once/],
    ] as const
  ) {
    const { code, stderr, text } = await tryIndex(args);
    assert.deepEqual([code, text, message.test(stderr)], [2, "", true], stderr);
  }
  const missing = await tryIndex([host, "no-such-file", "-o", fresh("x")]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no-such-file/);
});
