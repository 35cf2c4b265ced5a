import assert from "node:assert/strict";
import { ImageError, UsageError } from "../../src/errors.ts";
import { type NamedImage, sha256Of } from "../../src/image/image.ts";
import type { LayerCompression } from "../../src/sinks/layer_bytes.ts";
import { writeOciArchive, writeOciDirectory } from "../../src/sinks/oci_layout.ts";
import { inDirectory } from "../support/directories.ts";
import { imageWith, layerOf, layerWith, storedLayer } from "../support/layers.ts";
import { askPython } from "../support/python.ts";
import { unevenBytes } from "../support/seeded.ts";

const OCI_TAR = "application/vnd.oci.image.layer.v1.tar";
const DOCKER_TAR_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Layout {
  readonly files: readonly string[];
  readonly mtimes: readonly number[];
  readonly index: { readonly mediaType: string; readonly manifests: readonly Descriptor[] };
  readonly images: readonly {
    readonly manifest: {
      readonly schemaVersion: number;
      readonly mediaType: string;
      readonly config: Descriptor;
      readonly layers: readonly Descriptor[];
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly config: { readonly rootfs: { readonly diff_ids: readonly string[] } };
  }[];
  readonly problems: readonly string[];
}

/** What Python finds in layouts, with nothing wrong in them. */
async function inspect(...paths: string[]): Promise<Layout[]> {
  const layouts = await askPython<Layout[]>("inspect_oci.py", paths);
  for (const { problems } of layouts) assert.deepEqual(problems, []);
  return layouts;
}

async function inspectOne(path: string): Promise<Layout> {
  const [layout] = await inspect(path);
  assert.ok(layout);
  return layout;
}

async function sample(): Promise<NamedImage[]> {
  const layers = [
    await layerWith("small", "a"),
    await layerWith("large", unevenBytes(9_000_000)),
    await storedLayer(await layerWith("base", "b"), `${OCI_TAR}+gzip`),
  ];
  return [{ image: imageWith(layers, { variant: "v2" }), repoTags: ["example/app:1.0"] }];
}

for (
  const [layerCompression, suffix] of [["gzip", "+gzip"], ["zstd", "+zstd"], ["none", ""]] as const
) {
  Deno.test(`a layout whose layers are compressed with ${layerCompression} is right in all it says, the same as directory and archive`, async () => {
    await inDirectory(async (directory) => {
      const [plain, archive] = [`${directory}/layout`, `${directory}/layout.tar`];
      const written = [
        await writeOciDirectory(await sample(), plain, { layerCompression }),
        await writeOciArchive(await sample(), archive, { layerCompression, mtime: 1234567890 }),
      ];
      const [first, second] = await inspect(plain, archive);
      assert.ok(first && second);
      assert.deepEqual(second.files.toSorted(), first.files);
      assert.deepEqual(second.index, first.index);
      assert.deepEqual(second.mtimes, [1234567890]);
      assert.equal(first.index.mediaType, "application/vnd.oci.image.index.v1+json");
      const [image] = first.images, [descriptor] = first.index.manifests;
      assert.ok(image && descriptor);
      const { manifest } = image;
      assert.deepEqual([manifest.schemaVersion, manifest.mediaType], [2, MANIFEST]);
      assert.equal(manifest.config.mediaType, "application/vnd.oci.image.config.v1+json");
      assert.deepEqual(
        manifest.layers.map(({ mediaType }) => mediaType),
        [`${OCI_TAR}${suffix}`, `${OCI_TAR}${suffix}`, `${OCI_TAR}+gzip`],
      );
      for (const { images: [told], size } of written) {
        assert.ok(told);
        assert.equal(told.configDigest, manifest.config.digest);
        assert.equal(told.manifestDigest, descriptor.digest);
        assert.deepEqual(told.layers.map((layer) => layer.descriptor), manifest.layers);
        assert.ok(size > 1000);
      }
      assert.equal(written[1]!.size, Deno.statSync(archive).size);
      const name = ({ digest }: Descriptor) => digest.replace(":", "/");
      assert.deepEqual(second.files, [
        "oci-layout",
        ...[...manifest.layers, manifest.config, descriptor].map((blob) => `blobs/${name(blob)}`),
        "index.json",
      ]);
    });
  });
}

Deno.test("layouts have the same bytes whatever the number of processors", async () => {
  await inDirectory(async (directory) => {
    const processors = Object.getOwnPropertyDescriptor(Navigator.prototype, "hardwareConcurrency");
    const made = new Map<LayerCompression, string[]>();
    try {
      for (const count of [1, 2, 7]) {
        Object.defineProperty(Navigator.prototype, "hardwareConcurrency", {
          configurable: true,
          get: () => count,
        });
        assert.equal(navigator.hardwareConcurrency, count);
        for (const layerCompression of ["gzip", "zstd"] as const) {
          const file = `${directory}/${count}-${layerCompression}`;
          await writeOciArchive(await sample(), file, { layerCompression, mtime: 1 });
          const digest = sha256Of(await Deno.readFile(file));
          made.set(layerCompression, [...made.get(layerCompression) ?? [], digest]);
        }
      }
    } finally {
      Object.defineProperty(Navigator.prototype, "hardwareConcurrency", processors!);
    }
    for (const digests of made.values()) assert.equal(new Set(digests).size, 1);
    assert.equal(made.size, 2);
  });
});

Deno.test("layers that images share are read once and stored once, also where that is seen late", async () => {
  await inDirectory(async (directory) => {
    for (const format of ["directory", "archive"] as const) {
      const [shared, own] = [await layerWith("shared", "s"), await layerWith("own", "o")];
      const tar = await new Response(shared.open()).bytes();
      // The same bytes under another identity, which shows only when they have been read.
      const twin = layerOf("twin", tar);
      const images = [
        { image: imageWith([shared, own, shared]), repoTags: ["a:1"] },
        { image: imageWith([shared, twin, own]), repoTags: ["a:2", "b:3"] },
      ];
      shared.opened.tar = 0;
      const target = `${directory}/${format}`;
      const onLayer: string[] = [];
      const options = {
        mtime: 1,
        onLayer: ({ image, index }: { image: number; index: number }) =>
          onLayer.push(`${image}/${index}`),
      };
      await (format === "archive" ? writeOciArchive : writeOciDirectory)(images, target, options);
      assert.deepEqual([shared, own, twin].map(({ opened }) => opened.tar), [1, 1, 1]);
      assert.deepEqual(onLayer, ["0/0", "0/1", "1/1"]);
      const { files, images: [first, second], index } = await inspectOne(target);
      // Two layers, two configs, two manifests, index.json and oci-layout.
      assert.equal(files.length, 8);
      const layers = (image: typeof first) => image!.manifest.layers.map(({ digest }) => digest);
      const [a, b] = layers(first);
      assert.deepEqual(layers(first), [a, b, a]);
      assert.deepEqual(layers(second), [a, a, b]);
      assert.deepEqual(
        index.manifests.map(({ annotations }) => annotations?.["io.containerd.image.name"]),
        ["docker.io/library/a:1", "docker.io/library/a:2", "docker.io/library/b:3"],
      );
    }
  });
});

Deno.test("a base layer's blob is copied as it is, with the OCI name of its media type", async () => {
  await inDirectory(async (directory) => {
    const base = await storedLayer(await layerWith("base", "b"), DOCKER_TAR_GZIP);
    const target = `${directory}/layout`;
    await writeOciDirectory([{ image: imageWith([base]), repoTags: [] }], target, {
      layerCompression: "zstd",
    });
    assert.deepEqual(base.opened, { tar: 0, blob: 1 });
    const { images: [image], index } = await inspectOne(target);
    assert.deepEqual(image!.manifest.layers, [
      { mediaType: `${OCI_TAR}+gzip`, digest: base.blob!.digest, size: base.blob!.size },
    ]);
    assert.equal(index.manifests.length, 1);
    assert.equal(index.manifests[0]!.annotations, undefined);
  });
});

Deno.test("a layer that one image has compressed is not compressed again for another", async () => {
  await inDirectory(async (directory) => {
    const made = await layerWith("base", "b");
    const [plain, compressed] = [
      await storedLayer(made),
      await storedLayer(made, `${OCI_TAR}+gzip`),
    ];
    const target = `${directory}/layout`;
    const images = [plain, compressed].map((layer) => ({
      image: imageWith([layer]),
      repoTags: [],
    }));
    await writeOciDirectory(images, target);
    assert.deepEqual([plain.opened.tar, compressed.opened.tar], [0, 0]);
    const { files } = await inspectOne(target);
    assert.equal(files.length, 5);
  });
});

Deno.test("the manifest and the config that an image came with keep their bytes", async () => {
  await inDirectory(async (directory) => {
    const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
    const layers = [
      await storedLayer(await layerWith("compressed", "b"), DOCKER_TAR_GZIP),
      await storedLayer(await layerWith("plain", "p"), OCI_TAR),
    ];
    const diffIds = layers.map(({ diffId }) => diffId);
    const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value) + "\n\n");
    const config = encode({
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: diffIds },
      unknown: "é",
    });
    const configType = "application/vnd.docker.container.image.v1+json";
    const { digest, size } = layers[0]!.blob!;
    const bytes = encode({
      mediaType,
      config: { mediaType: configType, digest: sha256Of(config), size: config.length },
      layers: [
        { mediaType: DOCKER_TAR_GZIP, digest, size },
        { mediaType: OCI_TAR, digest: diffIds[1], size: await layers[1]!.tarSize() },
      ],
    });
    const original = { config, manifest: { mediaType, bytes } };
    // Another image has the same layer, too, and first.
    const other = {
      image: imageWith([await storedLayer(await layerWith("plain", "p"))]),
      repoTags: ["other:1"],
    };
    const kept = { image: imageWith(layers, { original }), repoTags: ["kept:1"] };
    const target = `${directory}/layout`;
    const { images } = await writeOciDirectory([other, kept], target);
    const { index: { manifests } } = await inspectOne(target);
    assert.equal(manifests[1]!.mediaType, mediaType);
    assert.equal(manifests[1]!.digest, sha256Of(bytes));
    assert.equal(images[1]?.configDigest, sha256Of(config));
    assert.equal(images[1]?.manifestDigest, sha256Of(bytes));
  });
});

Deno.test("a manifest has the image's annotations, and the labels that are named as such", async () => {
  await inDirectory(async (directory) => {
    const config = {
      Labels: {
        "org.opencontainers.image.version": "1",
        "org.opencontainers.image.title": "label",
        other: "x",
      },
    };
    const annotations = { "org.opencontainers.image.title": "annotation", "example.own": "é" };
    const image = imageWith([await layerWith("a", "a")], { config, annotations });
    await writeOciDirectory([{ image, repoTags: [] }], `${directory}/layout`);
    const { images: [found] } = await inspectOne(`${directory}/layout`);
    assert.deepEqual(Object.entries(found!.manifest.annotations!), [
      ["example.own", "é"],
      ["org.opencontainers.image.title", "annotation"],
      ["org.opencontainers.image.version", "1"],
    ]);
  });
});

Deno.test("a layout that can not be made is not there, and says what was wrong", async () => {
  await inDirectory(async (directory) => {
    const failing = {
      ...await layerWith("failing", "f"),
      open() {
        let chunks = 0;
        return new ReadableStream({
          type: "bytes",
          autoAllocateChunkSize: 1 << 16,
          pull(controller) {
            const { byteLength } = controller.byobRequest!.view!;
            if (chunks++ < 100) return controller.byobRequest!.respond(byteLength);
            throw new ImageError("file x changed while it was read");
          },
        });
      },
    };
    const images = [{ image: imageWith([await layerWith("a", "a"), failing]), repoTags: ["a:1"] }];
    for (const layerCompression of ["gzip", "zstd", "none"] as const) {
      for (const write of [writeOciDirectory, writeOciArchive]) {
        await assert.rejects(
          write(images, `${directory}/layout`, { layerCompression, mtime: 1 }),
          (error) => error instanceof ImageError && /file x changed/.test(error.message),
        );
        assert.deepEqual([...Deno.readDirSync(directory)], []);
      }
    }
    await Deno.mkdir(`${directory}/there`);
    const empty = [{ image: imageWith([]), repoTags: [] }];
    await assert.rejects(
      writeOciDirectory(empty, `${directory}/there`),
      new UsageError(`${directory}/there is there already; name a new directory`),
    );
    await assert.rejects(
      writeOciArchive(empty, `${directory}/there`, { mtime: 1 }),
      new UsageError(`${directory}/there is a directory; name a file in it`),
    );
  });
});
