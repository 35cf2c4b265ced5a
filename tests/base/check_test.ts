import assert from "node:assert/strict";
import { checkImages, type CheckReport } from "../../src/base/check.ts";
import { ImageError } from "../../src/errors.ts";
import { type ImageRecipe, type MadeImage, makeDamagedImages } from "../support/damaged_images.ts";
import { inDirectory, output } from "../support/directories.ts";

const DOCKER: ImageRecipe = { form: "docker-archive" };
const OCI: ImageRecipe = { form: "oci-archive" };
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const ELSEWHERE = "f".repeat(64);

async function check(image: MadeImage, unpacked = false): Promise<CheckReport & { path: string }> {
  let report: CheckReport | undefined, path = "";
  await inDirectory(async (directory) => {
    path = `${directory}/image`;
    await Deno.writeFile(path, image.archive);
    if (unpacked) {
      await Deno.mkdir(path = `${directory}/layout`);
      await output("tar", "-xf", `${directory}/image`, "-C", path);
    }
    report = await checkImages(path);
  });
  assert.ok(report);
  return { ...report, path };
}

const lines = (findings: CheckReport["problems"]) =>
  findings.map(({ where, what }) => `${where}: ${what}`);

/** What is wrong with an archive, and the lines that say so; `PATH` is the archive. */
interface Case {
  readonly what: string;
  readonly recipe: ImageRecipe;
  readonly problems?: readonly string[];
  readonly remarks?: readonly string[];
}

const layerOf = (...members: NonNullable<ImageRecipe["layers"]>[0]["members"]): ImageRecipe => ({
  ...DOCKER,
  layers: [{ members }],
});

const CASES: readonly Case[] = [
  { what: "a docker-archive", recipe: DOCKER },
  { what: "a compressed docker-archive", recipe: { ...DOCKER, compression: "gzip" } },
  {
    what: "a docker-archive with compressed layers",
    recipe: { ...DOCKER, layers: [{ members: [{ name: "a" }], compression: "gzip" }] },
  },
  { what: "an OCI archive", recipe: OCI },
  {
    what: "an OCI archive with plain layers",
    recipe: { ...OCI, layers: [{ members: [{ name: "a" }], compression: "" }] },
  },

  // The archive.
  {
    what: "an archive with something behind it",
    recipe: { ...DOCKER, append: "more" },
    problems: ["PATH: there is something behind the end of the tar archive"],
  },
  {
    what: "an archive that is cut off",
    recipe: { ...OCI, truncate: 1500 },
    problems: [
      "PATH: the tar archive ends too early",
      "PATH: holds no images: there is neither manifest.json nor index.json",
    ],
  },
  {
    what: "an archive that is cut off behind all that it needs",
    recipe: { ...OCI, layers: [], set: [["config", ["history"], []]], truncate: 4 * 1024 },
    remarks: ["PATH: lacks the zeros that end a tar archive"],
  },
  {
    what: "a compressed archive that is cut off",
    recipe: { ...DOCKER, compression: "gzip", truncate: 300 },
    problems: [
      "PATH: cannot be decompressed: unexpected end of file",
      "PATH: holds no images: there is neither manifest.json nor index.json",
    ],
  },
  {
    what: "names that lead out of the archive",
    recipe: { ...DOCKER, files: { "../out": "x" } },
    problems: [
      'PATH: no archive of images has the name "../out", which leads out of it',
    ],
  },

  // docker-archives.
  {
    what: "a config that was changed",
    recipe: { ...DOCKER, files: { "{config}.json": { append: " " } } },
    problems: [
      "{config}.json: has the digest sha256:{found {config}.json}, and its name is another",
    ],
  },
  {
    what: "files that are missing",
    recipe: { ...DOCKER, files: { "{config}.json": null, "{layer1}": null } },
    problems: [
      'manifest.json: [0].Config: names "{config}.json", which is not there',
      'manifest.json: [0].Layers[1]: names "{layer1}", which is not there',
    ],
  },
  {
    what: "a layer that is listed, and has no diff_id",
    recipe: { ...DOCKER, set: [["archive", [0, "Layers", 2], "layer0/layer.tar"]] },
    problems: ["manifest.json: [0].Layers: lists 3 layers, and {config}.json has 2 diff_ids"],
  },
  {
    what: "names that are none, and repositories of another opinion",
    recipe: {
      ...DOCKER,
      set: [
        ["archive", [0, "RepoTags"], ["Some/Image:1", "no-tag", "other:1"]],
        ["repositories", ["some/image", "2"], "0"],
      ],
    },
    problems: [
      'manifest.json: [0].RepoTags[0]: is no NAME:TAG in lower case: "Some/Image:1"',
      'manifest.json: [0].RepoTags[1]: is no NAME:TAG in lower case: "no-tag"',
      'repositories: ["some/image"]["2"]: manifest.json has no image of that name',
      'repositories: ["some/image"]["1.0"]: manifest.json has no image of that name',
      "repositories: lacks Some/Image:1, which manifest.json has",
      "repositories: lacks no-tag, which manifest.json has",
      "repositories: lacks other:1, which manifest.json has",
    ],
  },
  {
    what: "a name of two images",
    recipe: {
      ...DOCKER,
      set: [["archive", [1], {
        Config: "other.json",
        RepoTags: ["docker.io/some/image:1.0"],
        Layers: [],
      }]],
      files: { "other.json": '{"os":"linux","architecture":"arm64","rootfs":{"type":"layers"}}' },
    },
    problems: ["manifest.json: [1].RepoTags[0]: is the name of two images: some/image:1.0"],
  },
  {
    what: "documents that are none",
    recipe: {
      ...DOCKER,
      set: [["archive", [0, "RepoTags"], null]],
      files: { "{config}.json": "{", "repositories": "null" },
    },
    problems: [
      "{config}.json: expected JSON: line 1, column 2: expected a field name in double quotes, found the end of the text",
      "{config}.json: has the digest sha256:{found {config}.json}, and its name is another",
      "repositories: expected an object, found null",
    ],
  },
  {
    what: "documents of another form, whose good parts are used",
    recipe: {
      ...DOCKER,
      set: [
        ["config", ["rootfs", "diff_ids", 0], "sha256:12"],
        ["config", ["os"], 7],
        ["archive", [0, "Layers", 0], 1],
        ["archive", [1], "image"],
      ],
      files: { "{layer1}": { flip: 1024 } },
    },
    problems: [
      "manifest.json: [0].Layers[0]: expected a string, found 1",
      'manifest.json: [1]: expected an object, found "image"',
      "{config}.json: os: expected a string, found 7",
      '{config}.json: rootfs.diff_ids[0]: expected a digest, sha256: and 64 hexadecimal digits, found "sha256:12"',
      "{layer1}: has the diff_id sha256:{found {layer1}}; {config}.json: rootfs.diff_ids[1] is sha256:{tar1}",
    ],
  },

  // OCI layouts.
  {
    what: "versions",
    recipe: {
      ...OCI,
      set: [
        ["layout", ["imageLayoutVersion"], "2.0"],
        ["index", ["schemaVersion"], 1],
        ["manifest", ["schemaVersion"], null],
      ],
    },
    problems: [
      'oci-layout: imageLayoutVersion: expected "1.0.0", found "2.0"',
      "index.json: schemaVersion: expected 2, found 1",
      "blobs/sha256/{manifest}: schemaVersion: expected 2, found nothing",
    ],
  },
  {
    what: "no oci-layout",
    recipe: { ...OCI, files: { "oci-layout": null } },
    problems: ['index.json: names "oci-layout", which is not there'],
  },
  {
    what: "blobs that were changed",
    recipe: {
      ...OCI,
      files: {
        "blobs/sha256/{manifest}": { append: " " },
        "blobs/sha256/{config}": { append: "\n" },
        "{layer0}": { append: "x" },
      },
    },
    problems: [
      "index.json: manifests[0].size: is {size {manifest}}, and blobs/sha256/{manifest} has {size+1 {manifest}} bytes",
      "blobs/sha256/{manifest}: has the digest sha256:{found blobs/sha256/{manifest}}, not sha256:{manifest}",
      "blobs/sha256/{manifest}: config.size: is {size {config}}, and blobs/sha256/{config} has {size+1 {config}} bytes",
      "blobs/sha256/{config}: has the digest sha256:{found blobs/sha256/{config}}, not sha256:{config}",
      "blobs/sha256/{manifest}: layers[0].size: is {size {blob0}}, and {layer0} has {size+1 {blob0}} bytes",
      "{layer0}: cannot be decompressed: unexpected end of file",
      "{layer0}: has the digest sha256:{found {layer0}}, not sha256:{blob0}",
    ],
  },
  {
    what: "blobs that are missing",
    recipe: { ...OCI, files: { "{layer0}": null, "blobs/sha256/{config}": null } },
    problems: [
      "blobs/sha256/{manifest}: config: names the blob sha256:{config}, which is not there",
      "blobs/sha256/{manifest}: layers[0]: names the blob sha256:{blob0}, which is not there",
    ],
  },
  {
    what: "a manifest that is missing",
    recipe: { ...OCI, set: [["index", ["manifests", 0, "digest"], `sha256:${ELSEWHERE}`]] },
    problems: [
      `index.json: manifests[0]: names the blob sha256:${ELSEWHERE}, which is not there`,
    ],
    remarks: [
      "{layer0}: nothing leads to this blob",
      "{layer1}: nothing leads to this blob",
      "blobs/sha256/{config}: nothing leads to this blob",
      "blobs/sha256/{manifest}: nothing leads to this blob",
    ],
  },
  {
    what: "an index whose image is not there",
    recipe: {
      ...OCI,
      set: [
        ["index", ["manifests", 0, "mediaType"], "application/vnd.oci.image.index.v1+json"],
        ["manifest", ["mediaType"], "application/vnd.oci.image.index.v1+json"],
        ["manifest", ["manifests"], [
          { mediaType: MANIFEST_TYPE, digest: `sha256:${ELSEWHERE}`, size: 7 },
        ]],
      ],
    },
    problems: [
      "index.json: leads to no image that is there; blobs/sha256/{manifest}: manifests[0] is not",
    ],
    remarks: [
      "{layer0}: nothing leads to this blob",
      "{layer1}: nothing leads to this blob",
      "blobs/sha256/{config}: nothing leads to this blob",
    ],
  },
  {
    what: "media types, sizes, platform and name of another opinion",
    recipe: {
      ...OCI,
      set: [
        ["manifest", ["mediaType"], "application/json"],
        ["manifest", ["layers", 0, "mediaType"], LAYER_TYPE],
        ["manifest", ["layers", 1, "mediaType"], "text/plain"],
        ["manifest", ["layers", 1, "size"], 5],
        ["manifest", ["config", "size"], 6],
        ["index", ["manifests", 0, "size"], 7],
        ["index", ["manifests", 0, "platform", "architecture"], "arm64"],
        ["index", ["manifests", 0, "annotations", "org.opencontainers.image.ref.name"], "a b"],
      ],
    },
    problems: [
      `index.json: manifests[0]: has a ref.name of another form than OCI's: "a b"`,
      "index.json: manifests[0].size: is 7, and blobs/sha256/{manifest} has {size {manifest}} bytes",
      'blobs/sha256/{manifest}: mediaType: is "application/json", and should be application/vnd.oci.image.manifest.v1+json',
      "blobs/sha256/{manifest}: config.size: is 6, and blobs/sha256/{config} has {size {config}} bytes",
      `blobs/sha256/{manifest}: layers[0].mediaType: "${LAYER_TYPE}" stands for a plain tar, and the layer is a tar compressed by gzip`,
      "blobs/sha256/{manifest}: layers[1].size: is 5, and {layer1} has {size {blob1}} bytes",
      'blobs/sha256/{manifest}: layers[1].mediaType: "text/plain" is the type of no layer',
      "index.json: manifests[0].platform: is linux/arm64, and the image is for linux/amd64",
    ],
  },
  {
    what: "a blob that nothing leads to, whose name is not its digest",
    recipe: { ...OCI, files: { [`blobs/sha256/${ELSEWHERE}`]: "x" } },
    problems: [
      `blobs/sha256/${ELSEWHERE}: has the digest sha256:{found blobs/sha256/${ELSEWHERE}}, not sha256:${ELSEWHERE}`,
    ],
    remarks: [`blobs/sha256/${ELSEWHERE}: nothing leads to this blob`],
  },

  // Layers.
  {
    what: "a layer with another diff_id",
    recipe: { ...DOCKER, set: [["config", ["rootfs", "diff_ids", 1], `sha256:${ELSEWHERE}`]] },
    problems: [
      `{layer1}: has the diff_id sha256:{tar1}; {config}.json: rootfs.diff_ids[1] is sha256:${ELSEWHERE}`,
    ],
  },
  {
    what: "history of another number of layers",
    recipe: { ...OCI, set: [["config", ["history", 0], { empty_layer: true }]] },
    remarks: ["blobs/sha256/{config}: history: tells of 1 layers, and rootfs.diff_ids of 2"],
  },
  {
    what: "a layer that is no tar",
    recipe: { ...DOCKER, layers: [{ members: [] }], files: { "{layer0}": "x".repeat(600) } },
    problems: [
      "{layer0}: not a tar archive, or a broken one: no header at byte 0",
      "{layer0}: has the diff_id sha256:{found {layer0}}; {config}.json: rootfs.diff_ids[0] is sha256:{tar0}",
    ],
  },
  {
    what: "a layer with something behind its end",
    recipe: { ...DOCKER, layers: [{ members: [{ name: "a" }], append: "more" }] },
    problems: ["{layer0}: there is something behind the end of the tar archive"],
  },
  {
    what: "names that lead out of a layer",
    recipe: layerOf({ name: "../../etc/passwd" }, { name: "/a/.." }, { name: "/../b" }),
    problems: [
      "{layer0}: ../../etc/passwd: leads out of the layer",
      "{layer0}: /../b: leads out of the layer",
    ],
  },
  {
    what: "hard links to nothing",
    recipe: layerOf(
      { name: "a", type: "link", linkname: "b" },
      { name: "./b" },
      { name: "/c", type: "link", linkname: "b" },
      { name: "d", type: "link", linkname: "../b" },
    ),
    problems: [
      '{layer0}: a: is a hard link to "b", which its layer has not before it',
      '{layer0}: d: is a hard link to "../b", which leads out of the layer',
    ],
  },
  {
    what: "whiteouts that are none",
    recipe: layerOf(
      { name: "a/.wh.b" },
      { name: ".wh..wh..opq" },
      { name: ".wh..wh.plnk", type: "directory" },
      { name: "a/.wh." },
      { name: ".wh..." },
      { name: "a/.wh.c", content: "c" },
      { name: "a/.wh.d", type: "directory" },
    ),
    problems: [
      "{layer0}: a/.wh.: is a whiteout that names nothing",
      "{layer0}: .wh...: is a whiteout that names nothing",
      "{layer0}: a/.wh.c: is a whiteout, and should be an empty file",
      "{layer0}: a/.wh.d/: is a whiteout, and should be an empty file",
    ],
  },
  {
    what: "members that are there twice",
    recipe: layerOf(
      { name: "d", type: "directory" },
      { name: "d/f" },
      { name: "./d", type: "directory" },
      { name: "/d/f" },
    ),
    remarks: ["{layer0}: /d/f: is there twice; the later one counts"],
  },
  {
    what: "a compressed layer that is broken",
    recipe: { ...OCI, files: { "{layer0}": { flip: 40 } } },
    problems: [
      "{layer0}: cannot be decompressed: invalid literal/lengths set",
      "{layer0}: has the digest sha256:{found {layer0}}, not sha256:{blob0}",
    ],
  },
];

const made = await makeDamagedImages(CASES.map(({ recipe }) => recipe));
for (const [index, { what, problems = [], remarks = [] }] of CASES.entries()) {
  Deno.test(`checkImages() of ${what}: ${problems.length} problems, ${remarks.length} remarks`, async () => {
    const image = made[index]!;
    const { path, ...report } = await check(image);
    const expected = (templates: readonly string[]) =>
      templates.map((template) => image.filled(template).replaceAll("PATH", path));
    assert.deepEqual(lines(report.problems), expected(problems));
    assert.deepEqual(lines(report.remarks), expected(remarks));
    assert.equal(report.problemCount, problems.length);
  });
}

Deno.test("checkImages() gives the digests that it computed", async () => {
  const [image] = await makeDamagedImages([OCI]);
  const { images } = await check(image!);
  const size = Number(image!.filled("{size {blob0}}"));
  const [found, ...others] = images;
  assert.deepEqual(others, []);
  assert.deepEqual({ ...found, layers: found!.layers.slice(0, 1) }, {
    names: ["1.0"],
    platform: { os: "linux", architecture: "amd64", variant: null },
    configDigest: image!.filled("sha256:{config}"),
    manifestDigest: image!.filled("sha256:{manifest}"),
    layers: [{
      location: image!.filled("{layer0}"),
      digest: image!.filled("sha256:{blob0}"),
      diffId: image!.filled("sha256:{tar0}"),
      size,
    }],
  });
});

Deno.test("checkImages() of a layout in a directory: as of its archive", async () => {
  const damaged: ImageRecipe = {
    ...OCI,
    set: [["index", ["schemaVersion"], 3]],
    files: { "{layer0}": { append: "x" }, "blobs/sha256/other": "x" },
  };
  const [good, bad] = await makeDamagedImages([OCI, damaged]);
  const { problems, remarks } = await check(good!, true);
  assert.deepEqual([problems, remarks], [[], []]);
  const [archived, unpacked] = [await check(bad!), await check(bad!, true)];
  assert.equal(archived.problems.length, 5);
  assert.deepEqual(unpacked.problems, archived.problems);
  assert.deepEqual(unpacked.remarks, archived.remarks);
});

Deno.test("checkImages() keeps the first thousand problems, and counts the others", async () => {
  const members = Array.from({ length: 1500 }, (_, index) => ({ name: `../${index}` }));
  const [image] = await makeDamagedImages([layerOf(...members)]);
  const { problems, problemCount } = await check(image!);
  assert.equal(problems.length, 1000);
  assert.equal(problemCount, 1500);
});

Deno.test("checkImages() shows names without what acts on a terminal, and cuts long ones", async () => {
  const [image] = await makeDamagedImages([
    layerOf({ name: "../\x1b[2J\n" }, { name: `../${"n".repeat(1000)}` }),
  ]);
  const [control, long] = lines((await check(image!)).problems);
  assert.equal(control, "layer0/layer.tar: ../\ufffd[2J\ufffd: leads out of the layer");
  assert.ok(long!.length < 500, long);
});

Deno.test("checkImages() fails where there is nothing to check", async () => {
  await assert.rejects(checkImages("/nowhere"), (error) => {
    assert.ok(error instanceof ImageError, String(error));
    assert.match(error.message, /^\/nowhere is not there/);
    return true;
  });
});
