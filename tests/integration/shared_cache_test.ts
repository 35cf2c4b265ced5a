/**
 * One cache directory for several programs at once, and what becomes of one that is damaged, or can
 * not be written.
 * @module
 */

import assert from "node:assert/strict";
import { mergedUsrRoot } from "../support/base_images.ts";
import { skopeoManifestDigest } from "../support/engines.ts";
import { LoadableStore } from "../support/loadable.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { type Registry, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";
import { randomNumbers } from "../support/seeded.ts";

const scratch = new Scratch();
const store = new LoadableStore(scratch.path);
const image = store.image("app", ["one", "two", "three"]);
const random = randomNumbers(1);
let registry: Registry, base = "", onBase = "";
/** A cache that has all. */
const full = fresh();
const expected = { pushed: "", pulled: "", built: "" };

Deno.test.beforeAll(async () => {
  registry = await startRegistry();
  base = `${registry.host}/base:1`;
  const root = await mergedUsrRoot(scratch.path);
  const architecture = "amd64";
  const baseSpec = scratch.spec({ name: "base", tag: "1", architecture, contents: [root] });
  expected.pulled = await succeed([...nixImageCommand(), "push", "-q", baseSpec, base], {
    env: environment(full),
  }).then((text) => text.trim());
  const fromImage = { registry: `${base.replace(":1", "")}@${expected.pulled}`, tlsVerify: false };
  onBase = scratch.spec({ name: "on", tag: "1", architecture, fromImage });
  expected.pushed = await push(full, "first");
  expected.built = await build(full);
  await all(full);
});

Deno.test.afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

function fresh(): string {
  return `${scratch.path}/${crypto.randomUUID()}`;
}

function environment(cache: string): Record<string, string> {
  return { XDG_CACHE_HOME: cache, NO_PROXY: "*" };
}

/** A copy of the cache that has all. */
async function copyOfFull(): Promise<string> {
  const cache = fresh();
  await succeed(["cp", "-a", full, cache]);
  return cache;
}

/** The arguments of a push, a pull and a build on the base. */
const pushArgs = (name: string) => ["push", ...image, `${registry.host}/${name}:1`];
const pullArgs = (output: string) => [
  ...["pull", "-q", "--tls-verify=false", "--arch", "amd64", "--format", "oci"],
  ...["-o", output, base],
];
const buildArgs = (output: string) => ["build", "-q", "--format", "oci", "-o", output, onBase];

/** The digest of what was pushed. */
async function push(cache: string, name: string): Promise<string> {
  return (await pushed(cache, name)).digest;
}

/** That, and how many blobs were there already, and how many were sent. */
async function pushed(cache: string, name: string) {
  const { code, text, stderr } = await nixImage(pushArgs(name), { env: environment(cache) });
  assert.equal(code, 0, stderr);
  const [, there, sent] = /^Blobs: (\d+) there already, .* (\d+) pushed;/m.exec(stderr) ?? [];
  return { digest: text.trim(), there: Number(there), sent: Number(sent) };
}

/** The digest of the layout that a command writes. */
async function written(cache: string, args: (output: string) => string[]): Promise<string> {
  const output = fresh();
  const { code, stderr } = await nixImage(args(output), { env: environment(cache) });
  assert.equal(code, 0, stderr);
  return await skopeoManifestDigest(`oci:${output}`);
}

const pull = (cache: string) => written(cache, pullArgs);
const build = (cache: string) => written(cache, buildArgs);

/** All of these at once. */
async function all(cache: string): Promise<void> {
  const digests = await Promise.all([
    push(cache, "one"),
    push(cache, "two"),
    pull(cache),
    build(cache),
  ]);
  assert.deepEqual(digests, [expected.pushed, expected.pushed, expected.pulled, expected.built]);
}

Deno.test("two pushes, a pull and a build share a cache, empty or full", async () => {
  for (let round = 0; round < 2; round++) {
    const cache = fresh();
    await all(cache);
    await all(cache);
    const images = [...Deno.readDirSync(`${cache}/nix-image/images`)].map(({ name }) => name);
    const hex = expected.pulled.slice("sha256:".length);
    assert.deepEqual(images.sort(), [hex, `${hex}.lock`]);
    const digests = [...Deno.readDirSync(`${cache}/nix-image/digests`)];
    // The form that was pushed, and the tar.
    assert.equal(digests.length, 2 * 5);
    for (const { name } of digests) assert.match(name, /^[0-9a-f]{64}\.(tar|gz-[^/]*\d)$/);
  }
});

Deno.test("what a push has learnt of layers serves an engine, too", async () => {
  const cache = fresh();
  await push(cache, "learnt");
  const place = `docker://${registry.host}/learnt:1`;
  const config = await succeed(["skopeo", "inspect", "--tls-verify=false", "--config", place]);
  const { rootfs: { diff_ids: Layers } } = JSON.parse(config);
  const have = `${scratch.path}/have.json`;
  Deno.writeTextFileSync(have, JSON.stringify([{ RootFS: { Layers } }]));
  const args = ["stream", ...image, "--tar", "-q", "--have", have];
  const { code, stdout, stderr } = await nixImage(args, { env: environment(cache) });
  assert.equal(code, 0, stderr);
  // The documents alone; the program in the image has 700 kB.
  assert.ok(stdout.length < 50_000, `${stdout.length} bytes`);
});

Deno.test("programs that are killed leave a cache that the next ones can use", async () => {
  const cache = fresh();
  const [program = "", ...words] = nixImageCommand();
  for (let round = 0; round < 5; round++) {
    const running = [pushArgs(`killed-${round}`), pullArgs(fresh()), buildArgs(fresh())]
      .map((args) =>
        new Deno.Command(program, {
          args: [...words, ...args],
          env: environment(cache),
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn()
      );
    await Promise.all(running.map(async (child) => {
      await new Promise((done) => setTimeout(done, 150 + random() * 1200));
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await child.status;
    }));
  }
  await all(cache);
});

/** What can happen to a file. */
const DAMAGE: Readonly<Record<string, (file: string) => void>> = {
  empty: (file) => Deno.truncateSync(file),
  "cut off": (file) => Deno.truncateSync(file, Math.floor(Deno.statSync(file).size / 2)),
  flipped: (file) => {
    const bytes = Deno.readFileSync(file);
    bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
    Deno.writeFileSync(file, bytes);
  },
  "a directory": (file) => {
    Deno.removeSync(file);
    Deno.mkdirSync(file);
  },
  gone: (file) => Deno.removeSync(file),
};

function filesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${directory}/${name}`) : [`${directory}/${name}`]
  );
}

for (const [name, damage] of Object.entries(DAMAGE)) {
  Deno.test(`files of the cache that are ${name} are made again`, async () => {
    const cache = await copyOfFull();
    for (const kind of ["digests", "layers"]) {
      for (const file of filesIn(`${cache}/nix-image/${kind}`)) damage(file);
    }
    await all(cache);
    const { digest, there, sent } = await pushed(cache, "one");
    // The layers, the config; where a file can not be made again, it is known of no layer.
    const known = name === "a directory" ? [1, 5] : [6, 0];
    assert.deepEqual([digest, there, sent], [expected.pushed, ...known]);

    const images = `${cache}/nix-image/images`;
    for (const file of filesIn(images).filter((file) => !file.endsWith(".lock"))) {
      damage(file);
      // Of a layer it is noticed when that is read: it has its size.
      const output = fresh();
      const { code, stderr } = await nixImage(buildArgs(output), { env: environment(cache) });
      if (code !== 0) assert.match(stderr, /is damaged or another one|decompress/);
      const built = code === 0 ? await skopeoManifestDigest(`oci:${output}`) : await build(cache);
      assert.equal(built, expected.built, file);
    }
    assert.equal(await build(cache), expected.built);
    assert.equal(await pull(cache), expected.pulled);
  });
}

/** Runs the program where the cache is a file system of its own, of that size. */
async function withCache(
  { size = "8m", access = "rw", from = "" },
  args: readonly string[],
) {
  const cache = fresh();
  Deno.mkdirSync(cache);
  const script = 'mount -t tmpfs -o size="$2" none "$1"; [ -z "$4" ] || cp -a "$4/." "$1"; ' +
    'mount -o "remount,$3" "$1"; shift 4; exec "$@"';
  return await runCommand(
    [
      ...["unshare", "--mount", "sh", "-ec", script, "sh", cache, size, access, from],
      ...nixImageCommand(),
      ...args,
    ],
    { env: environment(cache) },
  );
}

Deno.test("a cache that can not be written is none; what is in it serves", async () => {
  const access = "ro";
  const { code, text, stderr } = await withCache({ access }, pushArgs("read-only"));
  assert.deepEqual([code, text.trim()], [0, expected.pushed], stderr);
  const refused = await withCache({ access }, buildArgs(fresh()));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^nix-image: Cannot keep images in .*Read-only file system/m);

  const again = await withCache({ access, from: full }, pushArgs("one"));
  assert.match(again.stderr, /Blobs: 6 there already, 0 mounted, 0 pushed/);
  const output = fresh();
  const built = await withCache({ access, from: full }, buildArgs(output));
  assert.equal(built.code, 0, built.stderr);
  assert.equal(await skopeoManifestDigest(`oci:${output}`), expected.built);
});

Deno.test("a cache without room keeps nothing", async () => {
  const { code, text, stderr } = await withCache({ size: "4k" }, pushArgs("full"));
  assert.deepEqual([code, text.trim()], [0, expected.pushed], stderr);
  const refused = await withCache({ size: "64k" }, buildArgs(fresh()));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^nix-image: .*[Nn]o space left on device/m);
});
