/**
 * What is fetched of a binary cache: each NAR once, and none that is not needed.
 * @module
 */

import assert from "node:assert/strict";
import { entryManifest, parseEntry } from "../../src/registry/cache_entry.ts";
import { parseSigningKey } from "../../src/signing/keys.ts";
import { BinaryCaches } from "../support/binary_caches.ts";
import { CacheServer } from "../support/cache_server.ts";
import { Podman } from "../support/engines.ts";
import { FakeRegistry } from "../support/fake_registry.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

const { bash, coreutils, farmFirst, farmSecond, hello } = await buildFixtures(
  "bash",
  "coreutils",
  "farmFirst",
  "farmSecond",
  "hello",
);
const caches = await BinaryCaches.create(bash, coreutils, farmFirst, farmSecond, hello);
const scratch = new Scratch();
const server = await CacheServer.start(await caches.cache({ signedBy: "key" }));
const listing = await CacheServer.start(await caches.cache({ signedBy: "key", listings: true }));
Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await listing[Symbol.asyncDispose]();
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const CONTENTS = [hello, farmFirst];
const FIELDS = { name: "app", tag: "1", contents: CONTENTS, config: { Cmd: ["hello"] } };
const CLOSURE = await closureOf(...CONTENTS);

/** A PATH without Nix. */
const PROGRAMS = `${scratch.path}/programs`;
await Deno.mkdir(PROGRAMS);
for (const program of ["sh", "xz", "cat", "chmod", "rm", "cp", "fakeroot", "bash", "setsid"]) {
  await Deno.symlink(`/usr/bin/${program}`, `${PROGRAMS}/${program}`);
}

let hosts = 0;

/** The environment of a host that never ran this before. */
function newHost(path = PROGRAMS): Record<string, string> {
  const directory = `${scratch.path}/host-${++hosts}`;
  for (const name of ["cache", "temporary"]) {
    Deno.mkdirSync(`${directory}/${name}`, { recursive: true });
  }
  return {
    PATH: path,
    XDG_CACHE_HOME: `${directory}/cache`,
    TMPDIR: `${directory}/temporary`,
  };
}

/** Runs the program with the cache as its store; tells what it printed, and fetched. */
async function run(
  args: readonly string[],
  env: Record<string, string>,
  { cache = server, stdoutFile }: {
    readonly cache?: CacheServer;
    readonly stdoutFile?: string;
  } = {},
) {
  cache.requests.length = 0;
  const trusted = ["--store", cache.url, "--trusted-public-keys", caches.key.public];
  const options = { env, ...stdoutFile === undefined ? {} : { stdoutFile } };
  const { code, text, stderr } = await nixImage([...args, ...trusted], options);
  assert.equal(code, 0, stderr);
  assert.deepEqual([...Deno.readDirSync(env.TMPDIR ?? "")], []);
  const nars = cache.requests.map(({ path }) => path).filter((path) => path.startsWith("/nar/"));
  return { text: text.trim(), stderr, nars };
}

/** Each of so many NARs came once. */
function assertOnce(nars: readonly string[], count: number): void {
  assert.deepEqual([nars.length, new Set(nars).size], [count, count]);
}

/** The archive of a spec, as the host's own store gives it. */
async function localArchive(fields: unknown): Promise<string> {
  const archive = `${scratch.path}/local-${crypto.randomUUID()}.tar`;
  const { code, stderr } = await nixImage(["stream", "--tar", "-q", scratch.spec(fields)], {
    stdoutFile: archive,
  });
  assert.equal(code, 0, stderr);
  return archive;
}

for (
  const [what, fields, options] of [
    ["links", {}, []],
    ["links, and layers named by their digests", {}, ["--layer-names=digest"]],
    ["helpers", { helpers: ["binSh"], contents: [bash, ...CONTENTS] }, []],
    ["copies", { type: "single", copyToRoot: CONTENTS, contents: undefined }, ["--docker-v1"]],
  ] as const
) {
  for (const cache of [server, listing]) {
    const listings = cache === listing ? "with" : "without";
    Deno.test(`a root of ${what}, ${listings} listings: each NAR is fetched once`, async () => {
      const spec = { ...FIELDS, ...fields };
      const archive = `${scratch.path}/remote.tar`;
      const args = ["stream", "--tar", "-q", scratch.spec(spec), ...options];
      const { nars } = await run(args, newHost(), { cache, stdoutFile: archive });
      assertOnce(nars, (await closureOf(...CONTENTS, ..."helpers" in fields ? [bash] : [])).length);
      const local = await nixImage(
        ["stream", "--tar", "-q", scratch.spec(spec), ...options],
        { stdoutFile: `${archive}.local` },
      );
      assert.equal(local.code, 0, local.stderr);
      await succeed(["cmp", `${archive}.local`, archive]);
    });
  }
}

Deno.test("commands have all as files, and layers are made of these", async () => {
  const spec = {
    ...FIELDS,
    extraCommands: `cat ${farmFirst}/.hidden || true; echo made > file`,
    fakeRootCommands: "chmod 700 file",
  };
  const archive = `${scratch.path}/commands.tar`;
  const args = ["stream", "--tar", "-q", scratch.spec(spec)];
  const { nars } = await run(args, newHost(), { stdoutFile: archive });
  assertOnce(nars, CLOSURE.length);
  await succeed(["cmp", await localArchive(spec), archive]);
});

Deno.test("what commands have changed of these files is in no layer", async () => {
  const archive = `${scratch.path}/changed.tar`;
  const host = newHost();
  // Where they are at /nix/store, they can't be written to, but they are elsewhere, too.
  const change = `for path in ${CLOSURE.join(" ")}; do
  if chmod -R u+w $path; then exit 1; fi
  set -- ${host.TMPDIR}/*/store$path
  chmod -R u+w "$1"
  if [ -d "$1" ]; then echo more > "$1/more"; else echo changed > "$1"; fi
done`;
  const spec = { ...FIELDS, extraCommands: change };
  const { nars } = await run(["stream", "--tar", "-q", scratch.spec(spec)], host, {
    stdoutFile: archive,
  });
  assertOnce(nars.toSorted().filter((nar, at, all) => nar !== all[at - 1]), CLOSURE.length);
  // Of contents, the NARs were kept.
  assert.equal(nars.length, CLOSURE.length + CLOSURE.length - CONTENTS.length);
  // The root is the same as with a command that changes nothing.
  await succeed(["cmp", await localArchive({ ...spec, extraCommands: ":" }), archive]);
});

Deno.test("a second push fetches nothing, and the links are known without their contents", async () => {
  await using registry = await startRegistry();
  const host = newHost();
  const place = `docker://${registry.host}/app:1`;
  const first = await run(["push", scratch.spec(FIELDS), place], host);
  assertOnce(first.nars, CLOSURE.length);
  const second = await run(["push", scratch.spec(FIELDS), place], host);
  assert.deepEqual([second.nars, second.text], [[], first.text]);
  const more = scratch.spec({ ...FIELDS, contents: [...CONTENTS, farmSecond] });
  const third = await run(["push", more, place], host);
  assertOnce(third.nars, (await closureOf(farmSecond)).filter((p) => !CLOSURE.includes(p)).length);
});

/** Pushes a spec as a host that has a cache of digests and listings in the registry. */
function pushTo(registry: string, believing: readonly string[]) {
  const cache = ["--cache-repo", `${registry}/cache`, ...believing];
  return (fields: unknown, tag: string, host = newHost()) =>
    run(["push", scratch.spec(fields), `docker://${registry}/${tag}`, ...cache], host);
}

Deno.test("what another host has pushed is not fetched, not even for its names", async () => {
  await using registry = await startRegistry();
  const push = pushTo(registry.host, ["--cache-trust-repo"]);
  const first = await push(FIELDS, "one:1");
  assertOnce(first.nars, CLOSURE.length);

  const other = newHost();
  const same = await push(FIELDS, "two:1", other);
  assert.deepEqual([same.nars, same.text], [[], first.text]);

  const similar = { ...FIELDS, contents: [...CONTENTS, farmSecond] };
  const changed = await push(similar, "three:1", other);
  assertOnce(changed.nars, (await closureOf(farmSecond)).length);
  assert.equal(
    changed.text,
    (await nixImage(["push", "-q", scratch.spec(similar), `docker://${registry.host}/four:1`]))
      .text.trim(),
  );
  const again = await push(similar, "three:2", other);
  assert.deepEqual([again.nars, again.text], [[], changed.text]);
});

/** The tag under which a cache of layers has the listing of a path. */
async function listingTag(path: string): Promise<string> {
  return `${(await succeed(["nix-hash", "--type", "sha256", path])).trim()}.listing-1`;
}

Deno.test("names that were not signed are read again each time", async () => {
  await using registry = await FakeRegistry.start();
  const push = pushTo(registry.host, ["--cache-trust-repo"]);
  const first = await push(FIELDS, "one:1");
  const other = newHost();
  assert.deepEqual((await push(FIELDS, "one:1", other)).nars, []);
  for (const path of CONTENTS) assert.ok(registry.manifests.delete(await listingTag(path)));
  // All layers are there: these NARs come for the names alone.
  const again = await push(FIELDS, "one:1", other);
  assertOnce(again.nars, CONTENTS.length);
  assert.ok(CONTENTS.length < CLOSURE.length);
  assert.equal(again.text, first.text);
});

Deno.test("names that another host has signed are believed, and nothing else is", async () => {
  const keys = ["fleet", "stranger"].map((name) => ({
    name,
    secret: `${scratch.path}/${name}.sec`,
    public: `${scratch.path}/${name}.pub`,
  }));
  for (const { name, ...files } of keys) {
    await succeed(["nix-store", "--generate-binary-cache-key", name, files.secret, files.public]);
  }
  const [own, stranger] = keys as [typeof keys[0], typeof keys[0]];
  await using registry = await FakeRegistry.start();
  const signing = pushTo(registry.host, ["--cache-key", own.secret]);
  const reading = pushTo(registry.host, ["--cache-public-key", own.public]);
  const first = await signing(FIELDS, "one:1");

  const other = newHost();
  const same = await reading(FIELDS, "two:1", other);
  assert.deepEqual([same.nars, same.text], [[], first.text]);
  assert.doesNotMatch(same.stderr, /^nix-image:/m);

  const tag = await listingTag(hello);
  const { type, bytes } = registry.manifests.get(tag)!;
  const entry = parseEntry(bytes)!;
  const digest = /sha256:[0-9a-f]{64}/.exec(entry.statement)![0];
  const listing = registry.blobs.get(digest)!;
  const signature = parseSigningKey(Deno.readTextFileSync(stranger.secret), "").sign(
    entry.statement,
  );
  const setEntry = (signatures: readonly string[]) =>
    registry.manifests.set(tag, { type, bytes: entryManifest({ ...entry, signatures }).bytes });
  const damages: [() => void, RegExp][] = [
    [
      () => setEntry([signature]),
      /is signed by no key that is trusted here, but by stranger;/,
    ],
    [() => registry.blobs.set(digest, listing.toReversed()), / is damaged or another one: /],
    [() => registry.blobs.delete(digest), /its content is not there: sha256:/],
  ];
  for (const [damage, message] of damages) {
    damage();
    const { nars, text, stderr } = await reading(FIELDS, "three:1");
    assertOnce(nars, 1);
    assert.equal(text, first.text);
    assert.match(stderr, message);
    assert.equal(stderr.match(/^nix-image:/gm)?.length, 1, stderr);
    registry.manifests.set(tag, { type, bytes });
    registry.blobs.set(digest, listing);
  }

  // It was kept by the host that has read it, and who may write puts it right.
  registry.manifests.delete(tag);
  assert.deepEqual((await reading(FIELDS, "two:1", other)).nars, []);
  assertOnce((await signing(FIELDS, "two:1")).nars, 1);
  assert.deepEqual((await reading(FIELDS, "two:1")).nars, []);
});

Deno.test("stream --have fetches nothing that is there", async () => {
  const host = newHost();
  const have = `${scratch.path}/have.json`;
  const stream = async () => {
    const archive = `${scratch.path}/have.tar`;
    const args = ["stream", "--tar", scratch.spec(FIELDS), "--have", have];
    const { nars } = await run(args, host, { stdoutFile: archive });
    const config = await succeed(["tar", "-xOf", archive, "--wildcards", "*.json"]);
    return { nars, config };
  };
  await Deno.writeTextFile(have, "[]");
  const first = await stream();
  assertOnce(first.nars, CLOSURE.length);
  const diffIds = [...new Set(first.config.match(/sha256:[0-9a-f]{64}/g))];
  await Deno.writeTextFile(have, JSON.stringify([{ RootFS: { Layers: diffIds } }]));
  const second = await stream();
  assert.deepEqual(second, { nars: [], config: first.config });
});

Deno.test("an index fetches what its images share once, and what the registry has not at all", async () => {
  await using registry = await startRegistry();
  const host = newHost();
  const specs = ["amd64", "arm64"].map((architecture) => scratch.spec({ ...FIELDS, architecture }));
  const push = () => run(["index", ...specs, `docker://${registry.host}/app:1`], host);
  const first = await push();
  const names = first.nars.length;
  const second = await push();
  assert.deepEqual([second.nars, second.text], [[], first.text]);
  assert.equal(names, CLOSURE.length);
});

Deno.test("load fetches each NAR once for podman, and nothing that podman has", async () => {
  await using podman = new Podman();
  const host = newHost(`${podman.directoryWithPodman(scratch.path)}:${PROGRAMS}`);
  const load = (fields: unknown) => run(["load", "--engine", "podman", scratch.spec(fields)], host);
  const first = await load({ ...FIELDS, contents: [farmFirst] });
  assertOnce(first.nars, (await closureOf(farmFirst)).length);
  // It has images now, so that digests are read before layers are sent.
  const second = await load(FIELDS);
  assertOnce(second.nars, CLOSURE.length - (await closureOf(farmFirst)).length);
  const third = await load(FIELDS);
  assert.deepEqual([third.nars, third.text], [[], second.text]);
});
