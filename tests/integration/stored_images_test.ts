/**
 * Images as Docker, skopeo, podman and umoci store them are read as these programs describe them.
 */

import assert from "node:assert/strict";
import { chooseImage } from "../../src/base/choose_image.ts";
import { openImages } from "../../src/base/open_images.ts";
import type { OpenedImages, StoredFormat } from "../../src/base/stored_image.ts";
import { sha256Of } from "../../src/image/image.ts";
import { StreamBytes } from "../../src/tar/byte_source.ts";
import { readTar } from "../../src/tar/read.ts";
import { Docker } from "../support/dockerd.ts";
import { runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { bytesOf } from "../support/stored_images.ts";

const docker = new Docker();
const scratch = new Scratch();
const { path: directory } = scratch;

/** Of which `two` has a layer twice. Docker saves none without layers. */
const DOCKERFILES: Readonly<Record<string, string>> = {
  "one:1": "FROM scratch\nCOPY a /a\nCOPY b /b/c\nENV A=1\n",
  "two:2": "FROM one:1\nCOPY b /b/c\nCOPY a /d\nLABEL x=ü\n",
  "three:3": "FROM scratch\nCOPY b /b\n",
};

Deno.test.beforeAll(async () => {
  await docker.start();
  await Deno.mkdir(`${directory}/context`);
  await Deno.writeTextFile(`${directory}/context/a`, "a");
  await Deno.writeTextFile(`${directory}/context/b`, "b".repeat(100_000));
  for (const [name, text] of Object.entries(DOCKERFILES)) {
    await Deno.writeTextFile(`${directory}/context/Dockerfile`, text);
    await docker.docker("build", "--quiet", "--tag", name, `${directory}/context`);
  }
  await docker.docker("tag", "one:1", "host.example:5000/a/one:latest");
});
Deno.test.afterAll(async () => {
  await docker.stop();
  await scratch[Symbol.asyncDispose]();
});

/** What a program says of an image. */
interface Described {
  readonly names: readonly string[];
  readonly config: string;
  readonly manifest?: string | undefined;
  readonly diffIds: readonly string[];
}

/** What the reader makes of it; the layers' bytes are those of their digests, or this fails. */
async function described({ images }: OpenedImages): Promise<Described[]> {
  const found: Described[] = [];
  for (const { names, configDigest, manifestDigest, layers, original } of images) {
    assert.equal(sha256Of(original.config), configDigest);
    const diffIds: string[] = [];
    for (const layer of layers) {
      diffIds.push(sha256Of(await bytesOf(layer)));
      let members = 0;
      const bytes = new StreamBytes(layer.open());
      for await (const _ of readTar(bytes, layer.label)) members++;
      await bytes.cancel();
      assert.ok(members > 0);
      if (layer.blob) assert.equal(sha256Of(await bytesOf(layer.blob)), layer.blob.digest);
    }
    found.push({
      names: names.toSorted(),
      config: configDigest,
      ...manifestDigest === undefined ? {} : { manifest: manifestDigest },
      diffIds,
    });
  }
  return found.sort((a, b) => a.config < b.config ? -1 : 1);
}

async function reads(path: string, format: StoredFormat, expected: Described[]): Promise<void> {
  await using opened = await openImages(path);
  assert.equal(opened.format, format);
  const sorted = expected.map((image) => ({ ...image, names: image.names.toSorted() }))
    .sort((a, b) => a.config < b.config ? -1 : 1);
  assert.deepEqual(await described(opened), sorted);
}

/** What Docker says. */
async function inDocker(name: string, ...names: string[]): Promise<Described> {
  const { Id, RepoTags, RootFS } = await docker.inspect(name);
  return { names: names.length > 0 ? names : RepoTags, config: Id, diffIds: RootFS.Layers ?? [] };
}

/** What skopeo says of an image that it finds at `reference`. */
async function bySkopeo(reference: string, ...names: string[]): Promise<Described> {
  const ask = async (...options: string[]) =>
    (await runCommand(["skopeo", "inspect", "--raw", ...options, reference])).stdout;
  const [manifest, config] = [await ask(), await ask("--config")];
  const document = JSON.parse(new TextDecoder().decode(config)) as {
    readonly rootfs: { readonly diff_ids?: readonly string[] | null };
  };
  return {
    names,
    config: sha256Of(config),
    manifest: sha256Of(manifest),
    diffIds: document.rootfs.diff_ids ?? [],
  };
}

async function skopeoCopy(name: string, target: string, ...options: string[]): Promise<void> {
  const host = `--src-daemon-host=${docker.env.DOCKER_HOST}`;
  const copy = ["skopeo", "--insecure-policy", "copy", "--quiet", host, ...options];
  await succeed([...copy, `docker-daemon:${name}`, target]);
}

Deno.test("docker save: one image, and several with names and layers that they share", async () => {
  const one = `${directory}/docker-one.tar`;
  await docker.docker("save", "--output", one, "one:1");
  await reads(one, "docker-archive", [await inDocker("one:1", "one:1")]);

  const all = `${directory}/docker-all.tar`;
  const names = ["one:1", "host.example:5000/a/one:latest", "two:2", "three:3"];
  await docker.docker("save", "--output", all, ...names);
  const expected = [await inDocker("one:1"), await inDocker("two:2"), await inDocker("three:3")];
  assert.equal(expected[1]!.diffIds.length, 4);
  await reads(all, "docker-archive", expected);

  await using opened = await openImages(all);
  const chosen = (name: string | null, tag: string | null) =>
    chooseImage(opened, { name, tag }).configDigest;
  assert.equal(chosen("host.example:5000/a/one", null), expected[0]!.config);
  assert.equal(chosen("docker.io/library/two", "2"), expected[1]!.config);
  assert.equal(chosen(null, "3"), expected[2]!.config);

  for (const program of ["gzip", "zstd"]) {
    const script = '"$1" --stdout "$2" >"$3"';
    await succeed(["sh", "-c", script, "sh", program, all, `${all}.${program}`]);
    await reads(`${all}.${program}`, "docker-archive", expected);
  }

  const byId = `${directory}/docker-id.tar`;
  await docker.docker("save", "--output", byId, expected[1]!.config);
  await reads(byId, "docker-archive", [{ ...expected[1]!, names: [] }]);
});

Deno.test("skopeo: docker-archive, with one name and with two", async () => {
  const one = `${directory}/skopeo-one.tar`;
  await skopeoCopy("two:2", `docker-archive:${one}:host.example/x:y`);
  await reads(one, "docker-archive", [await inDocker("two:2", "host.example/x:y")]);

  const named = `${directory}/skopeo-named.tar`;
  await skopeoCopy(
    "one:1",
    `docker-archive:${named}:one:1`,
    "--additional-tag=host.example/other:5",
  );
  const { Tags } = JSON.parse(
    await succeed(["skopeo", "list-tags", `docker-archive:${named}`]),
  ) as {
    readonly Tags: readonly string[];
  };
  assert.equal(Tags.length, 2);
  await reads(named, "docker-archive", [await inDocker("one:1", ...Tags)]);
  await using opened = await openImages(named);
  for (const name of ["one", "docker.io/library/one", "host.example/other"]) {
    assert.equal(chooseImage(opened, { name }), opened.images[0]);
  }
});

Deno.test("skopeo: OCI layouts and archives, in all compressions", async () => {
  const layout = `${directory}/skopeo-oci`;
  await skopeoCopy("one:1", `oci:${layout}:1`);
  await skopeoCopy("two:2", `oci:${layout}:host.example/two:2`, "--dest-compress-format=zstd");
  await skopeoCopy("three:3", `oci:${layout}:3`);
  const plain = "--dest-oci-accept-uncompressed-layers";
  await skopeoCopy("one:1", `oci:${layout}:plain`, plain);
  const expected = [
    await bySkopeo(`oci:${layout}:host.example/two:2`, "host.example/two:2"),
    await bySkopeo(`oci:${layout}:3`, "3"),
  ];
  // One image, compressed or not.
  const [one, same] = [
    await bySkopeo(`oci:${layout}:1`, "1"),
    await bySkopeo(`oci:${layout}:plain`),
  ];
  await reads(layout, "oci", [
    ...expected,
    ...one.config === same.config ? [{ ...one, names: ["1", "plain"] }] : [
      one,
      { ...same, names: ["plain"] },
    ],
  ]);

  const archive = `${directory}/skopeo-oci.tar`;
  for (const [name, options] of [["gzip", []], ["plain", [plain]]] as const) {
    await skopeoCopy("two:2", `oci-archive:${archive}-${name}:v`, ...options);
    await reads(`${archive}-${name}`, "oci-archive", [
      await bySkopeo(`oci-archive:${archive}-${name}`, "v"),
    ]);
  }
  assert.equal(expected[0]!.diffIds.length, 4);
});

Deno.test("podman save: docker-archive, with several images, and oci-archive", async () => {
  const state = ["--root", `${directory}/podman`, "--runroot", `${directory}/podman-run`];
  const podman = ["podman", ...state, "--storage-driver=vfs"];
  const from = `${directory}/for-podman.tar`;
  await docker.docker("save", "--output", from, "one:1", "two:2");
  await succeed([...podman, "load", "--quiet", "--input", from]);
  const inPodman = async (name: string): Promise<Described> => {
    const [image] = JSON.parse(await succeed([...podman, "inspect", name])) as {
      readonly Id: string;
      readonly RepoTags: readonly string[];
      readonly RootFS: { readonly Layers: readonly string[] };
    }[];
    return {
      names: image!.RepoTags,
      config: `sha256:${image!.Id}`,
      diffIds: image!.RootFS.Layers,
    };
  };
  const save = async (format: string, path: string, ...names: string[]) => {
    await succeed([...podman, "save", "--quiet", "--format", format, "--output", path, ...names]);
  };
  const archive = `${directory}/podman.tar`;
  await save("docker-archive", archive, "one:1");
  await reads(archive, "docker-archive", [await inPodman("one:1")]);
  const several = `${directory}/podman-several.tar`;
  await save("docker-archive", several, "--multi-image-archive", "one:1", "two:2");
  await reads(several, "docker-archive", [await inPodman("one:1"), await inPodman("two:2")]);
  for (const [format, stored] of [["oci-archive", "oci-archive"], ["oci-dir", "oci"]] as const) {
    const path = `${directory}/podman-${format}`;
    await save(format, path, "two:2");
    const reference = `${stored}:${path}`;
    const { diffIds } = await inPodman("two:2");
    const expected = await bySkopeo(reference, ...(await namesInIndex(path)));
    assert.deepEqual(expected.diffIds, diffIds);
    await reads(path, stored, [expected]);
  }
});

/** The names that the index of a layout or archive has, as jq or an eye would find them. */
async function namesInIndex(path: string): Promise<string[]> {
  const script = 'if [ -d "$1" ]; then cat "$1/index.json"; else tar -xOf "$1" index.json; fi';
  const { manifests } = JSON.parse(await succeed(["sh", "-c", script, "sh", path])) as {
    readonly manifests: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
  };
  return manifests.flatMap(({ annotations }) =>
    annotations?.["org.opencontainers.image.ref.name"] ?? []
  );
}

Deno.test("umoci: an image without layers, and one with them", async () => {
  const layout = `${directory}/umoci`;
  await succeed(["umoci", "init", "--layout", layout]);
  await assert.rejects(openImages(layout), {
    name: "ImageError",
    message: `${layout} holds no images: index.json names none`,
  });
  await succeed(["umoci", "new", "--image", `${layout}:empty`]);
  await reads(layout, "oci", [await bySkopeo(`oci:${layout}:empty`, "empty")]);

  await succeed(["umoci", "tag", "--image", `${layout}:empty`, "full"]);
  const insert = ["umoci", "insert", "--image", `${layout}:full`];
  await succeed([...insert, `${directory}/context/a`, "/a"]);
  await succeed([...insert, `${directory}/context`, "/context"]);
  await succeed(["umoci", "config", "--image", `${layout}:full`, "--config.env", "A=1"]);
  await succeed(["umoci", "tag", "--image", `${layout}:full`, "also"]);
  const full = await bySkopeo(`oci:${layout}:full`, "full", "also");
  assert.equal(full.diffIds.length, 2);
  await reads(layout, "oci", [await bySkopeo(`oci:${layout}:empty`, "empty"), full]);

  await using opened = await openImages(layout);
  assert.equal(chooseImage(opened, { tag: "also" }).configDigest, full.config);
  const { config } = chooseImage(opened, { tag: "full" });
  assert.deepEqual(config.Env, ["A=1"]);
});
