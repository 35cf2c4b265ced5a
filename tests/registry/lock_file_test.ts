import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { lockedImage, lockImage } from "../../src/registry/lock_file.ts";
import { parseReference } from "../../src/registry/reference.ts";
import { inDirectory } from "../support/directories.ts";

function key(name: string, platform = "linux/amd64") {
  const [os = "", architecture = "", variant = null] = platform.split("/");
  return { reference: parseReference(name), platform: { os, architecture, variant } };
}

function digests(digit: string, index: string | null = null) {
  const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
  return { indexDigest: index && digest(index), manifestDigest: digest(digit) };
}

async function picked(file: string, ...names: Parameters<typeof key>) {
  const found = await lockedImage(file, key(...names));
  return found && { indexDigest: found.indexDigest, manifestDigest: found.manifestDigest };
}

Deno.test("the lock file is the same in whatever order it was written", async () => {
  await inDirectory(async (directory) => {
    const entries = [
      [key("b:1"), digests("1")],
      [key("a:2", "linux/arm64"), digests("2", "3")],
      [key("a:2"), digests("4", "3")],
      [key("a:10"), digests("5")],
      [key("host:5000/a:1"), digests("6")],
    ] as const;
    const texts: string[] = [];
    for (const order of [entries, entries.toReversed()]) {
      const file = `${directory}/${texts.length}.lock`;
      for (const [key, digests] of order) await lockImage(file, key, digests);
      texts.push(await Deno.readTextFile(file));
    }
    assert.equal(texts[0], texts[1]);
    const { version, images } = JSON.parse(texts[0] ?? "");
    assert.equal(version, 1);
    assert.deepEqual(
      images.map(({ name, tag, platform }: Record<string, string>) => [name, tag, platform]),
      [
        ["docker.io/library/a", "10", "linux/amd64"],
        ["docker.io/library/a", "2", "linux/amd64"],
        ["docker.io/library/a", "2", "linux/arm64"],
        ["docker.io/library/b", "1", "linux/amd64"],
        ["host:5000/a", "1", "linux/amd64"],
      ],
    );
  });
});

Deno.test("an entry is found by any spelling of its name, and replaced", async () => {
  await inDirectory(async (directory) => {
    const file = `${directory}/nix-image.lock`;
    assert.equal(await lockedImage(file, key("alpine")), undefined);
    await lockImage(file, key("alpine", "linux/arm64/v8"), digests("1", "2"));
    for (const name of ["alpine:latest", "docker.io/library/alpine", "index.docker.io/alpine"]) {
      assert.deepEqual(await picked(file, name, "linux/arm64"), digests("1", "2"), name);
    }
    assert.equal(await lockedImage(file, key("alpine:3", "linux/arm64")), undefined);
    assert.equal(await lockedImage(file, key("alpine", "linux/arm/v8")), undefined);
    await lockImage(file, key("alpine", "linux/arm64"), digests("3"));
    assert.deepEqual(await picked(file, "alpine", "linux/arm64"), digests("3"));
    assert.equal(JSON.parse(await Deno.readTextFile(file)).images.length, 1);
  });
});

Deno.test("many that write to the lock file at once lose nothing", async () => {
  await inDirectory(async (directory) => {
    const file = `${directory}/nix-image.lock`;
    const names = Array.from({ length: 20 }, (_, index) => `app:${index}`);
    await Promise.all(names.map((name) => lockImage(file, key(name), digests("1"))));
    for (const name of names) assert.ok(await lockedImage(file, key(name)), name);
  });
});

Deno.test("what is no lock file is told, and left as it is", async () => {
  await inDirectory(async (directory) => {
    const file = `${directory}/nix-image.lock`;
    const entry = { name: "a", tag: "1", platform: "linux/amd64", ...digests("1") };
    for (
      const [text, message] of [
        ["", /nix-image\.lock: expected JSON/],
        ["[]", /expected an object/],
        ['{"version": 2, "images": []}', /version: expected 1, the only version there is yet/],
        ['{"version": 1}', /images: expected an array, found nothing/],
        [
          JSON.stringify({ version: 1, images: [{ ...entry, manifestDigest: "sha256:1" }] }),
          /images\[0\]\.manifestDigest: expected a digest/,
        ],
      ] as const
    ) {
      await Deno.writeTextFile(file, text);
      const fails = (error: Error) => error instanceof ImageError && message.test(error.message);
      await assert.rejects(lockedImage(file, key("a")), fails);
      await assert.rejects(lockImage(file, key("a"), digests("1")), fails);
      assert.equal(await Deno.readTextFile(file), text);
    }
  });
});
