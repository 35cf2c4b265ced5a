/**
 * What `inspect` and `diff` say of images, against what other programs say.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import type { ImageDescription } from "../../src/image/description.ts";
import type { ImageComparison } from "../../src/image/comparison.ts";
import { builtArchive, dockerBase, mergedUsrRoot } from "../support/base_images.ts";
import { Docker } from "../support/dockerd.ts";
import { skopeoCopy, skopeoFacts, skopeoManifestDigest } from "../support/engines.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
const scratch = new Scratch();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await scratch[Symbol.asyncDispose]();
});

const { hello, coreutils } = await buildFixtures("hello", "coreutils");

// Listings are kept where no other run sees them.
const env = { XDG_CACHE_HOME: `${scratch.path}/cache` };

async function json<T>(...args: string[]): Promise<T> {
  const { code, text, stderr } = await nixImage(args, { env });
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(text);
}

interface Inspected {
  readonly format: string;
  readonly images: readonly ImageDescription[];
}

async function inspectOne(...args: string[]): Promise<ImageDescription> {
  const { images: [image, ...others] } = await json<Inspected>("inspect", "--json", ...args);
  assert.ok(image && others.length === 0);
  return image;
}

/** What skopeo has at a place: the config, and the manifest that it makes where there is none. */
async function skopeoDocuments(place: string) {
  const read = async (...options: string[]) =>
    JSON.parse(await succeed(["skopeo", "inspect", "--raw", ...options, place]));
  return { config: await read("--config"), manifest: await read() };
}

/** Sizes and numbers of members of an image's layers, lowest first. */
async function layersOf(place: string): Promise<{ size: number; files: number }[]> {
  const directory = Deno.makeTempDirSync({ dir: scratch.path });
  await skopeoCopy(place, `dir:${directory}`, "--dest-decompress");
  const manifest = JSON.parse(await Deno.readTextFile(`${directory}/manifest.json`));
  const layers: { size: number; files: number }[] = [];
  for (const { digest } of manifest.layers) {
    const file = `${directory}/${digest.replace("sha256:", "")}`;
    const names = await succeed(["tar", "--list", "--file", file]);
    layers.push({ size: (await Deno.stat(file)).size, files: names.trim().split("\n").length });
  }
  return layers;
}

const paths = (image: ImageDescription) =>
  image.layers.map(({ storePaths }) => storePaths.map(({ path }) => path));

const SPEC = {
  name: "registry.example/some/app",
  tag: "v1",
  contents: [hello, coreutils],
  config: { Cmd: ["hello"], Env: ["PATH=/bin", "A=b"], Labels: { note: "\u001b[31m\u009b1mé" } },
};
const spec = scratch.spec(SPEC);
const plan = await json<{ layers: { paths: string[]; reason: string }[] }>("plan", "--json", spec);
const planned = [...plan.layers.map(({ paths }) => paths), []];

for (const format of ["docker-archive", "oci-archive", "oci"]) {
  for (const compressed of format === "docker-archive" ? [false] : [true, false]) {
    const how = compressed ? "with compressed layers" : "with plain layers";
    Deno.test(`inspect says of ${format} ${how} what skopeo says, and has the store paths of the plan`, async () => {
      const path = `${scratch.path}/${format}-${compressed}`;
      const compression = format === "docker-archive"
        ? ["--compressor", "none"]
        : ["--layer-compression", compressed ? "gzip" : "none"];
      const build = ["build", "--quiet", "--format", format, "-o", path, ...compression, spec];
      assert.equal((await nixImage(build)).code, 0);
      const image = await inspectOne(path);

      const place = `${format}:${path}`;
      const { config, manifest } = await skopeoDocuments(place);
      const { id, diffIds } = await skopeoFacts(place);
      const oci = format !== "docker-archive";
      assert.equal(image.id, id);
      assert.equal(image.manifestDigest, oci ? await skopeoManifestDigest(place) : null);
      assert.equal(image.platform, `${config.os}/${config.architecture}`);
      assert.equal(image.created, config.created);
      assert.deepEqual(image.config, config.config);
      assert.deepEqual(image.layers.map(({ diffId }) => diffId), diffIds);
      assert.deepEqual(
        image.layers.map(({ comment }) => comment),
        config.history.map(({ comment }: { comment: string }) => comment),
      );
      assert.deepEqual(
        image.layers.map(({ blob }) => blob),
        oci ? manifest.layers : diffIds.map(() => null),
      );
      const layers = await layersOf(place);
      assert.deepEqual(image.layers.map(({ size, files }) => ({ size, files })), layers);
      assert.equal(image.size, layers.reduce((sum, { size }) => sum + size, 0));
      assert.deepEqual(paths(image), planned);
      assert.equal(image.names.length, 1);
      assert.match(image.names[0] ?? "", /^registry\.example\/some\/app:v1$/);
    });
  }
}

Deno.test("inspect has the sizes of store paths that their files have", async () => {
  const { layers } = await inspectOne(spec);
  for (const { path, size } of layers.flatMap(({ storePaths }) => storePaths)) {
    const sizes = await succeed(["find", path, "-type", "f", "-printf", "%s\n"]);
    const total = sizes.trim().split("\n").reduce((sum, text) => sum + Number(text), 0);
    assert.equal(size, total, path);
  }
});

Deno.test("inspect of a spec says what it says of the image, on a base as well", async () => {
  const fromImage = await dockerBase(docker, scratch, "below:1", 'ENV BASE="is here"', "USER 7");
  for (const type of ["layered", "single"]) {
    const { contents, ...fields } = SPEC;
    const source = {
      ...fields,
      type,
      name: "on-base",
      fromImage,
      inherit: ["Env", "User"],
      [type === "single" ? "copyToRoot" : "contents"]: contents,
    };
    const archive = await builtArchive(scratch, source);
    const [promised, made] = [await inspectOne(scratch.spec(source)), await inspectOne(archive)];
    assert.deepEqual(promised.config.Env, ["BASE=is here", "PATH=/bin", "A=b"]);
    const { layers, ...facts } = promised;
    assert.deepEqual(
      { ...facts, id: made.id, layers: [] },
      { ...made, layers: [] },
    );
    const base = await docker.inspect("below:1");
    assert.deepEqual(made.layers.slice(0, 1).map(({ diffId }) => diffId), base.RootFS.Layers);
    assert.equal(made.layers.length, type === "single" ? 2 : planned.length + 1);
    for (const [index, layer] of layers.entries()) {
      const { diffId, files, outsideStore, reason, ...same } = layer;
      const { diffId: _, reason: none, ...others } = made.layers[index]!;
      assert.equal(none, null);
      assert.equal(reason === "base image", index === 0);
      assert.equal(diffId === null, index !== 0);
      const known = {
        files: files ?? others.files,
        outsideStore: outsideStore ?? others.outsideStore,
      };
      assert.deepEqual({ ...same, ...known }, others);
    }
  }
});

Deno.test("inspect says of what Docker saved what Docker says, of one image or all", async () => {
  await using own = new Scratch();
  const first = await dockerBase(docker, own, "saved/first:1", "ENV A=1", 'CMD ["sh"]');
  await docker.docker("tag", "saved/first:1", "saved/first:also");
  const root = await mergedUsrRoot(own.path);
  await docker.docker("import", root, "saved/second:2");
  const archive = `${own.path}/both.tar`;
  await docker.docker("save", "-o", archive, "saved/first:1", "saved/first:also", "saved/second:2");
  const { images } = await json<Inspected>("inspect", "--json", archive);
  assert.equal(images.length, 2);
  for (const image of images) {
    const found = await docker.inspect(image.id ?? "");
    assert.equal(image.id, found.Id);
    assert.equal(image.platform, `${found.Os}/${found.Architecture}`);
    assert.equal(image.created, found.Created);
    assert.deepEqual(image.layers.map(({ diffId }) => diffId), found.RootFS.Layers);
    assert.deepEqual(image.config.Env ?? null, found.Config.Env);
    assert.deepEqual(image.config.Cmd ?? null, found.Config.Cmd);
    assert.deepEqual(image.names.toSorted(), found.RepoTags.toSorted());
    const [layer] = image.layers;
    const names = await succeed(["tar", "--list", "--verbose", "--file", root]);
    const files = names.trim().split("\n").filter((line) => line.startsWith("-"));
    const bytes = files.reduce((sum, line) => sum + Number(line.split(/ +/)[2]), 0);
    assert.equal(layer?.outsideStore, bytes);
  }
  const one = await inspectOne(archive, "--name", "saved/first", "--tag", "also");
  assert.equal(one.id, (await docker.inspect("saved/first:1")).Id);
  assert.deepEqual(await inspectOne(first), { ...one, names: ["saved/first:1"] });

  const unclear = await nixImage(["diff", first, archive], { env });
  assert.equal(unclear.code, 1);
  assert.match(unclear.stderr, /both\.tar has 2 images; say which.*\n[^]*saved\/second:2/);
  const diff = ["diff", "--json", "--exit-code", "--name", "saved/first", "--tag", "1"];
  assert.equal((await json<ImageComparison>(...diff, first, archive)).same, true);
});

Deno.test("inspect prints tables without control characters, and takes a spec from standard input", async () => {
  const { code, text } = await nixImage(["inspect", "-"], { stdin: JSON.stringify(SPEC), env });
  assert.equal(code, 0);
  assert.match(text, /^Name +registry\.example\/some\/app:v1\n/);
  assert.match(text, /\nLabels +note=\?\[31m\?1m\?\n/);
  assert.match(text, /\nLAYER +SIZE .* WHY\n +1 /);
  assert.match(
    text,
    /\nregistry\.example\/some\/app:v1: \d+ layers, \d+ store paths, [\d.]+ MB\n$/,
  );
  const { text: raw } = await nixImage(["inspect", "--json", spec], { env });
  assert.doesNotMatch(raw.replaceAll("\n", ""), /\p{Cc}/u);
  assert.deepEqual(JSON.parse(raw).images[0].config, SPEC.config);
});

/** A file in the store. */
async function added(name: string, content: string): Promise<string> {
  const directory = Deno.makeTempDirSync({ dir: scratch.path });
  await Deno.writeTextFile(`${directory}/${name}`, content);
  const path = await succeed(["nix-store", "--add", `${directory}/${name}`], {
    env: nixEnvironment(),
  });
  return path.trim();
}

const [tool1, tool2] = [
  await added("tool-1.9", "one\n"),
  await added("tool-1.10", "the other\n".repeat(1000)),
] as const;

/** A spec with a tool in a version, and other things that differ. */
const version = (tool: string, more: Readonly<Record<string, unknown>>) => ({
  ...SPEC,
  contents: [hello],
  config: { Env: [`TOOL=${tool}`, "A=b"], ...more },
});
const oldSpec = scratch.spec({
  ...version(tool1, {}),
  extraCommands: "mkdir etc; echo 1 > etc/kept; echo 1 > etc/changed; echo 1 > etc/removed",
});
const newSpec = scratch.spec({
  ...version(tool2, { User: "1000" }),
  extraCommands: "mkdir etc; echo 1 > etc/kept; echo 12 > etc/changed; echo 1 > etc/added",
});

for (
  const [format, compression] of [
    ["oci", "gzip"],
    ["oci", "none"],
    ["docker-archive", ""],
  ] as const
) {
  Deno.test(`diff of two versions (${compression || "plain"} ${format}) has what changed, and the bytes to pull`, async () => {
    const [from, to] = ["old", "new"].map((name) =>
      `${scratch.path}/${name}-${format}-${compression}`
    );
    assert.ok(from && to);
    const options = compression ? ["--layer-compression", compression] : ["--compressor", "none"];
    for (const [path, spec] of [[from, oldSpec], [to, newSpec]] as const) {
      const build = ["build", "--quiet", "--format", format, ...options, "-o", path, spec];
      assert.equal((await nixImage(build)).code, 0);
    }
    const diff = await json<ImageComparison>("diff", "--json", from, to);

    assert.deepEqual(diff.storePaths, {
      added: [],
      removed: [],
      changed: [{ from: { path: tool1, size: 4 }, to: { path: tool2, size: 10_000 } }],
    });
    assert.deepEqual(diff.files.added, ["/etc/added"]);
    assert.deepEqual(diff.files.removed, ["/etc/removed"]);
    assert.deepEqual(diff.files.changed.map(({ path, from, to }) => [path, from.size, to.size]), [
      ["/etc/changed", 2, 3],
    ]);
    const config = diff.config.filter(({ path }) => path[0] === "config");
    assert.deepEqual(config, [
      { path: ["config", "Env", "TOOL"], from: tool1, to: tool2 },
      { path: ["config", "User"], from: null, to: "1000" },
    ]);

    // Layers by their digests, sizes from the files of the layout.
    const [old, now] = [`${format}:${from}`, `${format}:${to}`];
    const { diffIds: there } = await skopeoFacts(old);
    const { diffIds } = await skopeoFacts(now);
    const { manifest } = await skopeoDocuments(now);
    let [layers, bytes] = [0, 0];
    for (const [index, diffId] of diffIds.entries()) {
      if (there.includes(diffId)) continue;
      layers++;
      const blob = `${to}/blobs/${manifest.layers[index].digest.replace(":", "/")}`;
      bytes += compression ? (await Deno.stat(blob)).size : (await layersOf(now))[index]!.size;
    }
    assert.ok(layers > 0 && layers < diffIds.length);
    const compressedLayers = compression === "gzip" ? layers : 0;
    assert.deepEqual(diff.pull, { layers, compressedLayers, size: bytes });
    assert.deepEqual(
      diff.layers.shared.map(({ diffId }) => diffId),
      diffIds.filter((diffId) => there.includes(diffId)),
    );
    assert.deepEqual([diff.from.id, diff.to.id], [
      (await skopeoFacts(old)).id,
      (await skopeoFacts(now)).id,
    ]);
  });
}

Deno.test("diff has exit status 0, and 1 with --exit-code for images that differ", async () => {
  const [from, to] = [oldSpec, newSpec].map((spec, index) => {
    const path = `${scratch.path}/status-${index}.tar`;
    return [path, ["build", "--quiet", "--compressor", "none", "-o", path, spec]] as const;
  });
  assert.ok(from && to);
  for (const [, build] of [from, to]) assert.equal((await nixImage([...build])).code, 0);
  const oci = `${scratch.path}/status-oci`;
  await skopeoCopy(`docker-archive:${from[0]}`, `oci:${oci}:v1`, "--dest-compress");
  for (
    const [args, code] of [
      [[from[0], to[0]], 0],
      [["--exit-code", from[0], to[0]], 1],
      [["--exit-code", from[0], from[0]], 0],
    ] as const
  ) {
    const result = await nixImage(["diff", ...args], { env });
    assert.deepEqual([result.code, result.stderr], [code, ""]);
    assert.match(result.text, /^from .*\nto .*\n/);
  }
  const { text } = await nixImage(["diff", from[0], to[0]], { env });
  assert.match(
    text,
    /\nStore paths: 1 changed\n {2}~ {2}tool-1\.9 {2}-> tool-1\.10 {2}4 B -> 10\.0 kB\n/,
  );
  assert.match(text, /\nTo pull: \d of \d layers, [\d.]+ kB, not compressed\n$/);
  // The config that skopeo wrote is another one; what is in the image is the same.
  const diff = await json<ImageComparison>("diff", "--json", from[0], oci);
  assert.deepEqual(diff.pull, { layers: 0, compressedLayers: 0, size: 0 });
  assert.deepEqual(diff.files, { added: [], removed: [], changed: [] });
});

Deno.test("inspect and diff say what is wrong with their arguments", async () => {
  const archive = await builtArchive(scratch, { name: "small" });
  const cases: [args: string[], code: number, message: RegExp][] = [
    [["inspect", `${scratch.path}/none`], 1, /none is not there/],
    [["inspect", "/etc/hostname"], 1, /\/etc\/hostname: not a tar archive/],
    [["inspect", spec, "--tag", "v1"], 2, /--tag is for an image, and this is a spec/],
    [["inspect", archive, "--store-root", "/"], 2, /--store-root is for a spec, and this is an/],
    [["inspect", archive, "--name", "other"], 1, /no image with the name other.*\n +small:/],
    [["inspect", archive, "--platform", "arm64"], 2, /expected OS\/ARCHITECTURE/],
    [["diff", archive, spec], 2, /expected an image, found JSON; nix-image build makes/],
    [["diff", archive], 2, /missing required argument 'b'/],
  ];
  for (const [args, expected, message] of cases) {
    const { code, text, stderr } = await nixImage(args, { env });
    assert.deepEqual([code, text], [expected, ""], stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /defect|\n\s+at /);
  }
});

Deno.test("a second look at an image needs no layers", async () => {
  const directory = `${scratch.path}/kept`;
  const build = ["build", "--quiet", "--format", "oci", "-o", directory, spec];
  assert.equal((await nixImage(build)).code, 0);
  const first = await inspectOne(directory);
  assert.deepEqual(paths(first).flat().toSorted(), (await closureOf(hello, coreutils)).toSorted());
  for (const { blob } of first.layers) {
    const file = `${directory}/blobs/${blob?.digest.replace(":", "/")}`;
    const size = (await Deno.stat(file)).size;
    await succeed(["truncate", "--size", "0", file]);
    await succeed(["truncate", "--size", `${size}`, file]);
  }
  assert.deepEqual(await inspectOne(directory), first);
});
