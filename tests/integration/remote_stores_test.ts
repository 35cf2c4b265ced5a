/**
 * Images straight from binary caches: the same bytes as from the store.
 * @module
 */

import assert from "node:assert/strict";
import { BareRoot } from "../support/bare_root.ts";
import { BinaryCaches } from "../support/binary_caches.ts";
import { CacheServer } from "../support/cache_server.ts";
import { debianClosure } from "../support/debian_closure.ts";
import { executable } from "../support/executable.ts";
import { nixImage, runCommand, succeed } from "../support/program.ts";
import { startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

const [bash = ""] = await debianClosure(["bash"]);
const caches = await BinaryCaches.create(bash);
const scratch = new Scratch();
Deno.test.afterAll(async () => {
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const FIELDS = { name: "app", tag: "1", contents: [bash], config: { Cmd: ["/usr/bin/bash"] } };

/** A PATH without Nix, with what decompresses. */
const WITHOUT_NIX = `${scratch.path}/programs`;
await Deno.mkdir(WITHOUT_NIX);
for (const program of ["sh", "zstd", "xz", "bzip2", "cat"]) {
  await Deno.symlink(`/usr/bin/${program}`, `${WITHOUT_NIX}/${program}`);
}

let runs = 0;

/** An environment with nothing in it from before. */
async function freshEnvironment(): Promise<Record<string, string>> {
  const directory = `${scratch.path}/run-${++runs}`;
  for (const name of ["cache", "temporary"]) {
    await Deno.mkdir(`${directory}/${name}`, { recursive: true });
  }
  return {
    PATH: WITHOUT_NIX,
    XDG_CACHE_HOME: `${directory}/cache`,
    TMPDIR: `${directory}/temporary`,
  };
}

const trusted = ["--trusted-public-keys", caches.key.public];

/** The archive of a spec, as the host's own store gives it. */
async function localArchive(spec: string): Promise<string> {
  const archive = `${spec}.local.tar`;
  const { code, stderr } = await nixImage(["stream", "--tar", "-q", spec], { stdoutFile: archive });
  assert.equal(code, 0, stderr);
  return archive;
}

for (const compression of ["none", "gzip", "xz", "bzip2", "zstd", "br"] as const) {
  for (const listings of [true, false]) {
    const with_ = listings ? "with" : "without";
    Deno.test(`a cache of ${compression}, ${with_} listings, gives the archive that the store does`, async () => {
      const spec = scratch.spec(FIELDS);
      const local = await localArchive(spec);
      await using server = await CacheServer.start(
        await (compression === "br"
          ? caches.quickBrotli({ listings, signedBy: "key" })
          : caches.cache({ compression, listings, signedBy: "key" })),
      );
      const env = await freshEnvironment();
      const archive = `${spec}.tar`;
      const { code, stderr } = await nixImage(
        ["stream", "--tar", "-v", spec, "--store", server.url, ...trusted],
        { env, stdoutFile: archive },
      );
      assert.equal(code, 0, stderr);
      await succeed(["cmp", local, archive]);
      assert.match(
        stderr,
        new RegExp(`closure: ${caches.paths.length} store paths.* from ${server.url}`),
      );
      assert.equal(stderr.includes("it is put into a file"), !listings);
      assert.deepEqual([...Deno.readDirSync(env.TMPDIR ?? "")], []);
    });
  }
}

for (
  const [what, fields] of [
    ["a single image", { type: "single", copyToRoot: [bash], contents: undefined }],
    ["helpers and a file", {
      helpers: ["binSh"],
      files: [{ path: "/a", type: "file", text: "b" }],
    }],
    ["a command", { extraCommands: "echo made > file" }],
  ] as const
) {
  Deno.test(`${what}: all layers are those of the store`, async () => {
    const directory = await caches.cache({ compression: "zstd", listings: true, signedBy: "key" });
    const spec = scratch.spec({ ...FIELDS, ...fields });
    const local = await localArchive(spec);
    const remote = scratch.spec({ ...FIELDS, ...fields, store: `file://${directory}` });
    const archive = `${remote}.tar`;
    const { code, stderr } = await nixImage(["stream", "--tar", "-q", remote, ...trusted], {
      env: await freshEnvironment(),
      stdoutFile: archive,
    });
    assert.equal(code, 0, stderr);
    await succeed(["cmp", local, archive]);
  });
}

Deno.test("the script that stream gives to a shell fetches what was decided on", async () => {
  const directory = await caches.copy({ compression: "zstd", signedBy: "key" });
  const spec = scratch.spec(FIELDS);
  const env = await freshEnvironment();
  const store = ["--store", `file://${directory}`, ...trusted];
  const { code, text, stderr } = await nixImage(["stream", "--script", spec, ...store], { env });
  assert.equal(code, 0, stderr);
  // Nobody is asked again what the paths are.
  for (const { name } of Deno.readDirSync(directory)) {
    if (!name.endsWith(".narinfo")) continue;
    const path = `${directory}/${name}`;
    const signed = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, signed.replace(/^Sig: .*\n/gm, ""));
  }
  const archive = `${spec}.tar`;
  const streamed = await runCommand([text.trim()], { env, stdoutFile: archive });
  assert.equal(streamed.code, 0, streamed.stderr);
  await succeed(["cmp", await localArchive(spec), archive]);
});

Deno.test("push spools nothing, and fetches no NAR of a layer that the registry has", async () => {
  await using registry = await startRegistry();
  await using server = await CacheServer.start(await caches.cache({ signedBy: "key" }));
  const env = await freshEnvironment();
  const push = async () => {
    server.requests.length = 0;
    const { code, text, stderr } = await nixImage(
      ["push", "-v", scratch.spec(FIELDS), `docker://${registry.host}/app:1`]
        .concat(["--store", server.url, ...trusted]),
      { env },
    );
    assert.equal(code, 0, stderr);
    assert.ok(!stderr.includes("put into a file"));
    return {
      digest: text.trim(),
      nars: server.requests.filter(({ path }) => path.startsWith("/nar/")).length,
    };
  };
  const first = await push();
  assert.equal(first.nars, caches.paths.length);
  const second = await push();
  assert.equal(second.digest, first.digest);
  // The links of the root are made of the names in the contents, which were kept.
  assert.equal(second.nars, 0);
  const place = `docker://${registry.host}/app:1`;
  const raw = await succeed(["skopeo", "inspect", "--tls-verify=false", "--raw", place]);
  const local = await nixImage([
    "push",
    "-q",
    scratch.spec(FIELDS),
    `docker://${registry.host}/app:2`,
  ]);
  assert.equal(local.text.trim(), first.digest);
  assert.ok(raw.length > 0);
});

Deno.test("the executable needs no Nix, no store and no shell for a cache of gzip", async () => {
  const directory = await caches.cache({ compression: "gzip", signedBy: "key" });
  const spec = scratch.spec(FIELDS);
  await using own = new Scratch();
  const root = await BareRoot.create(own.path);
  await root.addProgram(await executable(), "nix-image");
  await root.add(directory);
  await root.add(spec);
  const { code, stdout, stderr } = await root.run(
    ["nix-image", "stream", "--tar", "-q", spec, "--store", `file://${directory}`, ...trusted],
  );
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  const local = await Deno.readFile(await localArchive(spec));
  assert.ok(local.length === stdout.length && local.every((byte, at) => stdout[at] === byte));
});

Deno.test("inspect does not fetch what is to be looked at", async () => {
  const directory = await caches.cache({ signedBy: "key" });
  const store = `file://${directory}?trusted=true`;
  const spec = scratch.spec({ ...FIELDS, store });
  const { code, stderr } = await nixImage(["inspect", spec], { env: await freshEnvironment() });
  assert.equal(code, 2);
  assert.match(stderr, /are not on this host.*nix-image plan shows its layers/);
});
