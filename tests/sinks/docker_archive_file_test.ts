import assert from "node:assert/strict";
import { sha256Of } from "../../src/image/image.ts";
import { dockerArchive } from "../../src/sinks/docker_archive.ts";
import { writeDockerArchive } from "../../src/sinks/docker_archive_file.ts";
import { writeOciArchive, writeOciDirectory } from "../../src/sinks/oci_layout.ts";
import { inDirectory } from "../support/directories.ts";
import { imageWith, layerWith } from "../support/layers.ts";
import { askPython } from "../support/python.ts";
import { randomBytes } from "../support/seeded.ts";

const image = imageWith([
  await layerWith("one", randomBytes(1, 3_000_000)),
  await layerWith("two", "two"),
]);
const images = [{ image, repoTags: ["app:1"] }];

Deno.test("writeDockerArchive() writes what dockerArchive() streams, compressed or not", async () => {
  const archive = await new Response(dockerArchive(images, { mtime: 1 })).bytes();
  await inDirectory(async (directory) => {
    const file = `${directory}/image.tar`;
    let told = 0;
    const onBytes = (count: number) => told += count;
    const plain = await writeDockerArchive(images, file, { mtime: 1, onBytes });
    assert.deepEqual(await Deno.readFile(file), archive);
    assert.equal(plain.size, archive.length);
    assert.equal(told, archive.length);
    const config = new TextDecoder().decode(archive).match(/"Config": "([0-9a-f]{64})\.json"/);
    assert.deepEqual(plain.configDigests, [`sha256:${config?.[1]}`]);

    const { size } = await writeDockerArchive(images, file, { mtime: 1, compressor: "gz" });
    const compressed = await Deno.readFile(file);
    assert.equal(size, compressed.length);
    const { sha256 } = await askPython<{ sha256: string }>(
      "decompress_gzip.py",
      compressed.toBase64(),
    );
    assert.equal(`sha256:${sha256}`, sha256Of(archive));
  });
});

for (const write of [writeDockerArchive, writeOciArchive, writeOciDirectory]) {
  Deno.test(`${write.name}() ends with what a callback throws, and leaves nothing`, async () => {
    await inDirectory(async (directory) => {
      const enough = new Error("enough");
      const onBytes = () => {
        throw enough;
      };
      const writing = write(images, `${directory}/image`, { mtime: 1, onBytes });
      await assert.rejects(writing, (error) => error === enough);
      assert.deepEqual([...Deno.readDirSync(directory)], []);
    });
  });
}
