import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import type { ImagePlan } from "../../src/image/image_plan.ts";
import { planImage } from "../../src/image/plan.ts";
import { imageOf } from "../../src/image/planned_image.ts";
import { dockerArchive, type DockerArchiveOptions } from "../../src/sinks/docker_archive.ts";
import type { Layer } from "../../src/layer/layer.ts";
import type { ImageSpec } from "../../src/spec/image_spec.ts";
import { closuresWithin } from "../../src/store/graph_file.ts";
import { assertSameBytes, readWith } from "../support/bytes.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { askPython, runPython } from "../support/python.ts";
import { DEFAULTS, fromStore } from "../support/specs.ts";
import { closureOfNames, storePath } from "../support/store_paths.ts";

const GRAPH = closureOfNames({ app: ["lib", "link"], lib: [], link: ["lib"], file: [] });

const SPEC: ImageSpec = {
  ...DEFAULTS,
  name: "example/App",
  tag: "1.0",
  contents: fromStore(storePath("app"), storePath("link")),
  config: {
    Env: ["GREETING=Grüße, \u{1f600}\x7f"],
    Cmd: [`${storePath("app")}/bin/app`, `${storePath("file")}`],
    Labels: { z: "1", "2": "b", "10": "a" },
    ExposedPorts: {},
  },
  architecture: "arm64",
  created: 1700000000,
  mtime: 1234567890,
  uid: 1000,
  gid: 100,
  uname: "user",
  gname: "gruppe-ä",
  maxLayers: 4,
  layering: "popularity",
};

/** Makes store paths with all that a layer can hold. */
function makeStore(root: string): void {
  const app = root + storePath("app");
  makeFiles(root, {
    [`${storePath("app")}/bin/app`]: "#!/bin/sh\n",
    [`${storePath("app")}/bin/alias`]: "-> app",
    [`${storePath("app")}/share/empty`]: null,
    [`${storePath("app")}/share/naïve/文件`]: "内容",
    [`${storePath("app")}/share/${"long".repeat(30)}`]: "x".repeat(513),
    [`${storePath("lib")}/lib/big`]: "0123456789abcdef".repeat(100_000),
    [`${storePath("lib")}/lib/empty`]: "",
    // Relative, so that lndir finds it in a root that is not /.
    [storePath("link")]: `-> ${storePath("lib").split("/").at(-1)}`,
    [storePath("file")]: "a store path can be a file",
  });
  Deno.linkSync(`${root}${storePath("lib")}/lib/big`, `${root}${storePath("lib")}/lib/again`);
  Deno.chmodSync(`${app}/bin/app`, 0o555);
  Deno.chmodSync(`${app}/share/empty`, 0o555);
}

async function withPlan(use: (plan: ImagePlan, root: string) => Promise<void>): Promise<void> {
  await inDirectory(async (root) => {
    makeStore(root);
    await use(await planImage(SPEC, { source: closuresWithin(GRAPH), storeRoot: root }), root);
  });
}

async function archiveOf(
  plan: ImagePlan,
  options: Partial<DockerArchiveOptions> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { image, mtime } = await imageOf(plan, new Date());
  const archive = dockerArchive([{ image, repoTags: [plan.repoTag] }], { mtime, ...options });
  return await new Response(archive).bytes();
}

/** The archive that nixpkgs' way of streaming makes, with a top layer by lndir and GNU tar. */
async function twoPasses(plan: ImagePlan, root: string): Promise<Uint8Array<ArrayBuffer>> {
  const top = `${root}/top.tar`;
  assert.ok("links" in plan.top);
  await runPython("lndir_tar.py", [root, top, ...plan.top.links]);
  await Deno.writeTextFile(`${root}/plan.json`, JSON.stringify(plan));
  return await runPython("two_pass_streamer.py", [`${root}/plan.json`, top]);
}

interface Inspection {
  readonly members: readonly { readonly name: string; readonly sha256: string }[];
  readonly config: { readonly rootfs: { readonly diff_ids: readonly string[] } };
  readonly manifest: readonly {
    readonly Config: string;
    readonly RepoTags: readonly string[];
    readonly Layers: readonly string[];
  }[];
}

async function inspect(root: string, archive: Uint8Array): Promise<Inspection> {
  await Deno.writeFile(`${root}/archive.tar`, archive);
  return await askPython("inspect_archive.py", `${root}/archive.tar`);
}

Deno.test("dockerArchive() with layerNames digest is nixpkgs' archive, byte for byte", async () => {
  await withPlan(async (plan, root) => {
    assert.equal(plan.layers.length, 3);
    assertSameBytes(
      await archiveOf(plan, { layerNames: "digest" }),
      await twoPasses(plan, root),
      "the whole archive",
    );
  });
});

Deno.test("dockerArchive() differs from nixpkgs' archive in the names of layers alone", async () => {
  await withPlan(async (plan, root) => {
    const ours = await inspect(root, await archiveOf(plan));
    const theirs = await inspect(root, await twoPasses(plan, root));
    const contents = ({ members }: Inspection) => members.map(({ sha256 }) => sha256).slice(0, -1);
    assert.deepEqual(contents(ours), contents(theirs));
    assert.deepEqual(ours.config, theirs.config);
    const [manifest] = ours.manifest, [expected] = theirs.manifest;
    assert.deepEqual({ ...manifest, Layers: [] }, { ...expected, Layers: [] });
    assert.deepEqual(manifest!.RepoTags, ["example/app:1.0"]);

    const layers = ours.members.slice(0, -2);
    assert.deepEqual(manifest!.Layers, layers.map(({ name }) => name));
    assert.equal(new Set(manifest!.Layers).size, 4);
    for (const name of manifest!.Layers) assert.match(name, /^[0-9a-f]{64}\/layer\.tar$/);
    assert.deepEqual(
      ours.config.rootfs.diff_ids,
      layers.map(({ sha256 }) => `sha256:${sha256}`),
    );
    const [config, last] = ours.members.slice(-2);
    assert.equal(config!.name, `${config!.sha256}.json`);
    assert.equal(last!.name, "manifest.json");
  });
});

Deno.test("dockerArchive() gives the same bytes each time, whatever the reader's buffers", async () => {
  await withPlan(async (plan) => {
    const expected = await archiveOf(plan);
    for (const size of [100, 4096, 1 << 20]) {
      const { image, mtime } = await imageOf(plan, new Date());
      const archive = dockerArchive([{ image, repoTags: [plan.repoTag] }], { mtime });
      assertSameBytes(await readWith(archive, size), expected, `buffers of ${size} bytes`);
    }
  });
});

Deno.test("dockerArchive() tells of each layer and of the config", async () => {
  await withPlan(async (plan) => {
    const told: string[] = [];
    const bytes = await archiveOf(plan, {
      onLayer: ({ index, size, layer }) => told.push(`${index} ${size > 0} ${layer.label}`),
      onConfig: ({ digest }, diffIds) => told.push(`${digest} ${diffIds.length}`),
    });
    assert.deepEqual(told.slice(0, 4), [
      ...plan.layers.map(({ paths }, index) =>
        `${index} true ${paths.map((path) => path.slice(44)).join(", ")}`
      ),
      "3 true top layer",
    ]);
    const [digest, count] = told[4]!.split(" ");
    assert.equal(count, "4");
    assert.ok(new TextDecoder("latin1").decode(bytes).includes(`${digest!.slice(7)}.json`));
    assert.equal(told.length, 5);
  });
});

/** Reads until the archive fails; gives the error and what came out. */
async function readToFailure(
  stream: ReadableStream<Uint8Array>,
  onChunk: () => void,
): Promise<{ error: unknown; text: string }> {
  const reader = stream.getReader();
  let text = "";
  for (;;) {
    try {
      const { value, done } = await reader.read();
      if (done) return { error: undefined, text };
      text += new TextDecoder("latin1").decode(value);
    } catch (error) {
      return { error, text };
    }
    onChunk();
  }
}

Deno.test("dockerArchive() has no manifest and names the file that went away or changed", async () => {
  const changes: [change: (file: string) => void, message: RegExp][] = [
    [(file) => Deno.removeSync(file), /lib\/empty is not there: it was removed/],
    [(file) => Deno.writeTextFileSync(file, "x"), /lib\/empty changed while it was read/],
  ];
  for (const [change, message] of changes) {
    for (const layerNames of ["identity", "digest"] as const) {
      await withPlan(async (plan, root) => {
        const { image, mtime } = await imageOf(plan, new Date());
        let changed = false;
        const archive = dockerArchive([{ image, repoTags: ["a:b"] }], { mtime, layerNames });
        const { error, text } = await readToFailure(archive, () => {
          if (!changed) change(`${root}${storePath("lib")}/lib/empty`);
          changed = true;
        });
        assert.ok(error instanceof ImageError, String(error));
        assert.match(error.message, message);
        assert.ok(text.includes("/layer.tar"));
        assert.ok(!text.includes("manifest.json"));
      });
    }
  }
});

Deno.test("dockerArchive() fails if a layer is not what was announced", async () => {
  await withPlan(async (plan) => {
    const { image } = await imageOf(plan, new Date());
    const [first, second] = image.layers;
    let opened = 0;
    // Its bytes are another's the second time.
    const fickle = {
      label: first!.label,
      comment: first!.comment,
      identity: first!.identity,
      tarSize: () => first!.tarSize(),
      open: () => (opened++ === 0 ? first! : second!).open(),
    };
    const archive = dockerArchive([{ image: { ...image, layers: [fickle] }, repoTags: ["a:b"] }], {
      mtime: 1,
      layerNames: "digest",
    });
    const { error, text } = await readToFailure(archive, () => {});
    assert.ok(error instanceof ImageError, String(error));
    assert.equal(error.message, `Layer 1 changed while it was read: ${first!.label}`);
    assert.ok(!text.includes("manifest.json"));
  });
});

Deno.test("dockerArchive() opens nothing before it is read, and closes all when cancelled", async () => {
  let opened = 0, closed = 0;
  const endless: Layer = {
    label: "endless",
    comment: "endless",
    identity: "0".repeat(64),
    tarSize: () => Promise.resolve(1e9),
    open() {
      opened++;
      return new ReadableStream({
        type: "bytes",
        pull: ({ byobRequest }) => byobRequest!.respond(byobRequest!.view!.byteLength),
        cancel: () => {
          closed++;
        },
      });
    },
  };
  const platform = { architecture: "amd64", variant: null, os: "linux" };
  const image = { ...platform, created: "", config: {}, layers: [endless], history: [] };
  const reader = dockerArchive([{ image, repoTags: ["a:b"] }], { mtime: 1 }).getReader();
  assert.equal(opened, 0);
  for (let i = 0; i < 3; i++) await reader.read();
  assert.deepEqual([opened, closed], [1, 0]);
  await reader.cancel();
  assert.deepEqual([opened, closed], [1, 1]);
});
