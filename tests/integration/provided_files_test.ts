/** What planning reads of store paths that are elsewhere: the plans are those with all of them on the disk. */

import assert from "node:assert/strict";
import { imageOf } from "../../src/image/planned_image.ts";
import { planImage } from "../../src/image/plan.ts";
import { checkSpec } from "../../src/spec/load.ts";
import type { JsonObject } from "../../src/spec/image_spec.ts";
import { verifiedNar } from "../../src/store/nar_stream.ts";
import { storeDatabase } from "../../src/store/nix_store.ts";
import { enclosingStorePath, type StorePath } from "../../src/store/store_path.ts";
import { nixStore } from "../../src/stores/nix_driven.ts";
import { PartialStore } from "../../src/stores/partial_store.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const FIXTURES = await buildFixtures(
  "bash",
  "cacert",
  "coreutils",
  "farmFirst",
  "farmSecond",
  "hello",
  "message",
  "symlink",
);
const { bash, cacert, coreutils, farmFirst, farmSecond, hello, message, symlink } = FIXTURES;
const CLOSURE = await storeDatabase().closureOf(Object.values(FIXTURES) as StorePath[]);
const DERIVATION = (await succeed(["nix-store", "--query", "--deriver", hello])).trim();

/** How much is elsewhere: all, or but for these what is on the disk. */
type IsHere = (path: StorePath) => boolean;

/** Plans an image whose store paths are elsewhere; tells which of them became files. */
async function planned(spec: JsonObject, isHere: IsHere) {
  await using scratch = new Scratch();
  const source = storeDatabase();
  const closure = new Map([...CLOSURE, ...await source.closureOf([DERIVATION as StorePath])]);
  const store = nixStore("local");
  const files = new PartialStore({
    storeRoot: isHere === nothing ? `${scratch.path}/none` : "",
    directory: () => Promise.resolve(`${scratch.path}/partial`),
    narOf: (path) => {
      const info = closure.get(path);
      if (info?.narHash === undefined || isHere(path)) return undefined;
      const { narSize, narHash } = info;
      const expected = { path, from: "test", narSize, narHash };
      return {
        narSize,
        narHash,
        open: () => verifiedNar(store.open(path, { ...info, narHash, signatures: [] }), expected),
        from: "a test",
        entries: () => Promise.resolve(undefined),
      };
    },
  });
  await Deno.mkdir(`${scratch.path}/partial`);
  const there = await topOf(spec, { source, scratch: `${scratch.path}/there` });
  const elsewhere = await topOf(spec, { source, scratch: `${scratch.path}/elsewhere`, files });
  assert.deepEqual(elsewhere, there);
  if ([...Deno.readDirSync(`${scratch.path}/partial`)].length === 0) return [];
  const fetched = ["nars", "nix/store"].flatMap((directory) =>
    Array.from(Deno.readDirSync(`${scratch.path}/partial/${directory}`), ({ name }) => name)
  );
  return [...new Set(fetched)].map((name) => `/nix/store/${name}`).sort();
}

const nothing: IsHere = () => false;

async function topOf(
  json: JsonObject,
  { source, scratch, files }: {
    source: ReturnType<typeof storeDatabase>;
    scratch: string;
    files?: PartialStore;
  },
) {
  await Deno.mkdir(scratch);
  const { spec } = await checkSpec({ name: "test", ...json });
  const plan = await planImage(spec, {
    source,
    searchPath: Deno.env.get("PATH") ?? "",
    workDirectory: () => Promise.resolve(scratch),
    files,
  });
  const { top } = plan;
  if (!("links" in top)) return { tag: plan.repoTag, digest: top.digest, notices: top.notices };
  // The layers below are not read.
  const elsewhere = files && {
    files,
    nars: () => undefined,
    spool: () => Promise.resolve(scratch),
  };
  const { image, notices, clashes } = await imageOf(plan, new Date(0), undefined, elsewhere);
  const bytes = await new Response(image.layers.at(-1)!.open()).bytes();
  return { tag: plan.repoTag, bytes, notices, clashes };
}

Deno.test("links alone take the contents, and what their symlinks lead to", async () => {
  assert.deepEqual(
    await planned({ contents: [farmFirst, farmSecond, symlink] }, nothing),
    [farmFirst, farmSecond, symlink, Deno.readLinkSync(symlink)]
      .map((path) => enclosingStorePath(path)!).sort(),
  );
});

Deno.test("copies and helpers take no more than they look at", async () => {
  assert.deepEqual(
    await planned({ type: "single", copyToRoot: [hello, farmFirst] }, nothing),
    // A symlink there leads to the message, which might be a directory.
    [hello, farmFirst, message].sort(),
  );
  const helpers = ["usrBinEnv", "binSh", "caCertificates", "fakeNss"];
  const contents = [bash, coreutils, cacert];
  const fetched = await planned({ contents, helpers }, nothing);
  for (const path of contents) assert.ok(fetched.includes(path), path);
});

Deno.test("a database takes the derivations that it registers", async () => {
  const contents = [hello, DERIVATION];
  const fetched = await planned({ contents, includeNixDB: true }, nothing);
  assert.ok(fetched.includes(DERIVATION));
  assert.ok(fetched.filter((path) => !path.endsWith(".drv")).every((path) => path === hello));
});

Deno.test("scripts see all that may be in the image, wherever it is", async () => {
  const spec = {
    contents: [hello, bash, coreutils],
    shell: `${bash}/bin/bash`,
    enableFakechroot: true,
    fakeRootCommands: `/bin/hello > /said; ls ${hello} > /listed`,
  };
  const closure = [
    ...(await storeDatabase().closureOf([hello, bash, coreutils] as StorePath[])).keys(),
  ];
  assert.deepEqual(await planned(spec, nothing), closure.sort());
  const partly = await planned(spec, (path) => path !== hello);
  assert.deepEqual(partly, closure.sort());
});
