import assert from "node:assert/strict";
import { openCopiedImage } from "../../src/base/copied_image.ts";
import { ImageError } from "../../src/errors.ts";
import { sha256Of } from "../../src/image/image.ts";
import { contentOfBytes, membersOf, type TarMember, tarStream } from "../../src/tar/stream.ts";
import { inDirectory } from "../support/directories.ts";
import { layerWith } from "../support/layers.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function member(name: string, content: Uint8Array | string): TarMember {
  const bytes = typeof content === "string" ? new Uint8Array() : content;
  const fields = { mode: 0o644, uid: 0, gid: 0, mtime: 1, uname: "", gname: "", origin: name };
  if (typeof content === "string") {
    return { name, type: "symlink", size: 0, linkname: content, ...fields };
  }
  const open = () => contentOfBytes(bytes);
  return { name, type: "file", size: bytes.length, linkname: "", open, ...fields };
}

/** Opens an archive with these files, of which some are layers with these contents. */
async function open(
  files: Readonly<Record<string, Uint8Array | string>>,
  layers: Readonly<Record<string, Uint8Array>>,
  check: (opened: ReturnType<typeof openCopiedImage>) => Promise<void>,
): Promise<void> {
  const config = {
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: Object.values(layers).map(sha256Of) },
  };
  const manifest = [{ Config: "config.json", RepoTags: [], Layers: Object.keys(layers) }];
  const all = { ...files, "config.json": encode(config), "manifest.json": encode(manifest) };
  const members = Object.entries(all).map(([name, content]) => member(name, content));
  await inDirectory(async (directory) => {
    const path = `${directory}/image.tar`;
    await Deno.writeFile(path, tarStream(membersOf(members), "pax"));
    await check(openCopiedImage(path));
  });
}

const tar = await new Response((await layerWith("file", "content")).open()).bytes();
const other = await new Response((await layerWith("other", "content")).open()).bytes();

Deno.test("openCopiedImage() refuses a link that leads to no layer: in a copy it would lead nowhere", async () => {
  await open({ "a.tar": tar, "b.tar": "a.tar" }, { "b.tar": tar }, async (opened) => {
    await assert.rejects(opened, (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, /"b\.tar" \(layer 1\) is a link to a file that is no layer/);
      return true;
    });
  });
});

Deno.test("openCopiedImage() gives layers that fail at the end unless they have their diff_ids", async () => {
  await open({ "a.tar": tar, "b.tar": tar }, { "a.tar": tar, "b.tar": other }, async (opened) => {
    using image = await opened;
    const [first, second] = image.layers;
    // The config of the archive has no `config`.
    assert.deepEqual(image.config, {});
    assert.deepEqual(await new Response(first?.open?.()).bytes(), tar);
    await assert.rejects(new Response(second?.open?.()).bytes(), /is damaged or another one/);
  });
});

Deno.test("openCopiedImage() verifies a compressed layer before anything goes out", async () => {
  const gzip = async (bytes: Uint8Array<ArrayBuffer>) =>
    await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")))
      .bytes();
  const packed = await gzip(tar);
  await open({ "a.tar.gz": packed }, { "a.tar.gz": tar }, async (opened) => {
    using image = await opened;
    assert.deepEqual(await new Response(image.layers[0]?.open?.()).bytes(), packed);
  });
  await open({ "a.tar.gz": packed }, { "a.tar.gz": other }, async (opened) => {
    await assert.rejects(opened, /is damaged or another one/);
  });
});

Deno.test("openCopiedImage() wants the archive to have layers under the names of the manifest", async () => {
  await open({ "./a.tar": tar }, { "a.tar": tar }, async (opened) => {
    await assert.rejects(opened, /names layer 1 otherwise than the archive/);
  });
});
