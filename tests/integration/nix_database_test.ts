/**
 * The Nix database of an image, read by the real nix-store.
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { PROJECT } from "../../tasks/program_command.ts";
import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import type { RootTree } from "../../src/rootfs/root_tree.ts";
import type { Closure, PathInfo } from "../../src/store/closure.ts";
import { nixDatabase } from "../../src/rootfs/nix_database.ts";
import { storeDatabase } from "../../src/store/nix_store.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";
import { contentOf } from "../support/entry_content.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { succeed } from "../support/program.ts";
import { writeTree } from "../support/root_trees.ts";
import { Scratch } from "../support/scratch.ts";

const fixtures = await buildFixtures("hello", "itself", "symlink");
const hello = parseStorePath(fixtures.hello);
const symlink = parseStorePath(fixtures.symlink);
const itself = parseStorePath(fixtures.itself);
const roots = [itself, symlink];

const closure = await storeDatabase("").closureOf(roots);

/** Makes a database in `scratch` and gives its tree. */
async function databaseIn(scratch: Scratch, of: Closure = closure): Promise<RootTree> {
  const work = await Deno.makeTempDir({ dir: scratch.path });
  return await nixDatabase(of, roots, work, "");
}

async function digestOf(tree: RootTree): Promise<string> {
  const database = tree.get("nix/var/nix/db/db.sqlite")!;
  return createHash("sha256").update(await contentOf(database)).digest("hex");
}

/** What `nix-store --dump-db` says of paths, without derivers, which are not for an image. */
function withoutDerivers(dump: string): string {
  return dump.replace(/^(\d+\n)\/nix\/store\/.*\.drv\n/gm, "$1\n");
}

/** A root with the closure and its database, and nix-store on it. */
async function rootIn(scratch: Scratch) {
  const root = `${scratch.path}/root`;
  await writeTree(await databaseIn(scratch), root);
  await Deno.mkdir(`${root}/nix/store`, { recursive: true });
  await succeed(["cp", "-a", ...closure.keys(), `${root}/nix/store`]);
  const nixStore = (...args: string[]) =>
    succeed(["nix-store", "--store", `local?root=${root}`, ...args]);
  return { root, nixStore };
}

Deno.test("scenarios 11, 35, 52, 53: nix-store knows the paths of an image with a database", async () => {
  await using scratch = new Scratch();
  const { nixStore } = await rootIn(scratch);
  const host = (...args: string[]) => succeed(["nix-store", ...args]);
  await nixStore("--verify", "--check-contents");
  for (const query of ["-qR", "--references", "--referrers-closure"]) {
    const args = query === "-qR" ? [query, itself] : ["--query", query, hello];
    const known = (text: string) =>
      text.trim().split("\n").filter((path) => closure.has(path as StorePath)).sort();
    assert.deepEqual(known(await nixStore(...args)), known(await host(...args)), query);
  }
  const all = [...closure.keys()].sort();
  const dumped = withoutDerivers(await host("--dump-db", ...all));
  assert.equal(await nixStore("--dump-db", ...all), dumped);
  assert.ok(dumped.split("\n").filter((line) => line === itself).length === 2, dumped);
});

Deno.test("nix-store finds the paths where a container has them, and keeps those of the image", async () => {
  await using scratch = new Scratch();
  const { root } = await rootIn(scratch);
  // As in a container, the store is at /nix, and there are no settings.
  const script = `
    set -e
    mount --bind "$1/nix" /nix
    export NIX_CONF_DIR=/nowhere NIX_REMOTE= NIX_CONFIG="build-users-group ="
    nix-store --verify --check-contents
    nix-store -qR "$2"
    nix-store --gc --print-dead
    echo extra > "$1/extra"
    nix-store --add "$1/extra"`;
  const printed = await succeed([
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    script,
    "sh",
    root,
    itself,
  ]);
  const lines = printed.trim().split("\n");
  const added = lines.pop() ?? "";
  assert.match(added, /^\/nix\/store\/.*-extra$/);
  assert.ok(!closure.has(added as StorePath));
  const own = [...(await storeDatabase("").closureOf([itself])).keys()];
  assert.deepEqual(lines.sort(), own.sort());
});

Deno.test("nixDatabase() gives the same bytes for the same closure", async () => {
  await using scratch = new Scratch();
  const [first, second] = [
    await databaseIn(scratch),
    await databaseIn(scratch, new Map([...closure].reverse())),
  ];
  assert.deepEqual([...second.keys()], [...first.keys()]);
  assert.equal(await digestOf(second), await digestOf(first));
  const other = await databaseIn(scratch, await storeDatabase("").closureOf([hello]));
  assert.notEqual(await digestOf(other), await digestOf(first));
  const database = first.get("nix/var/nix/db/db.sqlite")!;
  const file = `${scratch.path}/first.sqlite`;
  await Deno.writeFile(file, await contentOf(database));
  const script = "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute(" +
    "'SELECT DISTINCT registrationTime, deriver, ultimate, sigs, ca FROM ValidPaths'): print(row)";
  const rows = await succeed(["/usr/bin/python3", "-c", script, file]);
  assert.equal(rows, "(315532800, None, None, None, None)\n");
});

Deno.test("nixDatabase() gives the same bytes to another user with other settings, and leaves the host alone", async () => {
  await using scratch = new Scratch();
  const expected = await digestOf(await databaseIn(scratch));
  const before = await succeed(["nix-store", "--dump-db"]);
  // Another user may not be allowed to read the project's directory, nor where Deno is.
  const theirs = `${scratch.path}/theirs`;
  const file = "tests/integration/nix_database_probe.ts";
  await Deno.mkdir(`${theirs}/tests/integration`, { recursive: true });
  await succeed(["cp", "-r", `${PROJECT}/src`, theirs]);
  await Deno.copyFile(`${PROJECT}/${file}`, `${theirs}/${file}`);
  await Deno.copyFile(Deno.execPath(), `${theirs}/deno`);
  const graph = `${theirs}/graph.json`;
  const records = [...closure].map(([path, { references, refersToItself, ...info }]) => ({
    path,
    ...info,
    references: refersToItself ? [...references, path] : references,
  }));
  await Deno.writeTextFile(graph, JSON.stringify(records));
  // All that has a meaning in an address or a shell, behind a symlink.
  const temporary = `${theirs}/a b?c=d&e%20f+é'"#`;
  await Deno.mkdir(temporary);
  await Deno.symlink(temporary, `${theirs}/link`);
  await Deno.chmod(scratch.path, 0o755);
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  for (const user of Deno.uid() === 0 ? [[], nobody] : [[]]) {
    if (user.length > 0) await succeed(["chown", "-R", "65534:65534", theirs]);
    const printed = await succeed(
      [...user, `${theirs}/deno`, "run", ...RUN_OPTIONS, `${theirs}/${file}`, graph, ...roots],
      {
        env: {
          DENO_DIR: `${theirs}/cache`,
          HOME: theirs,
          LD_LIBRARY_PATH: "/nowhere",
          NIX_CONFIG: "use-sqlite-wal = true\nextra-experimental-features = ca-derivations",
          NIX_LOG_DIR: "/nowhere/log",
          TMPDIR: `${theirs}/link`,
          USER: "somebody",
        },
      },
    );
    assert.equal(printed.trim(), expected);
  }
  assert.deepEqual([...Deno.readDirSync(temporary)], []);
  assert.equal(await succeed(["nix-store", "--dump-db"]), before);
});

Deno.test("nixDatabase() registers derivations with their outputs", async () => {
  await using scratch = new Scratch();
  const drv = parseStorePath((await succeed(["nix-store", "-q", "--deriver", itself])).trim());
  const tree = await databaseIn(scratch, await storeDatabase("").closureOf([drv, itself]));
  const root = `${scratch.path}/root`;
  await writeTree(tree, root);
  const script = "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute(" +
    "'SELECT p.path, o.id, o.path FROM DerivationOutputs o JOIN ValidPaths p ON p.id = o.drv " +
    "ORDER BY 1'): print(*row)";
  const database = `${root}/nix/var/nix/db/db.sqlite`;
  const outputs = await succeed(["/usr/bin/python3", "-c", script, database]);
  assert.ok(outputs.split("\n").includes(`${drv} out ${itself}`), outputs);
});

Deno.test("nixDatabase() takes hashes as all of Nix's programs write them", async () => {
  await using scratch = new Scratch();
  const expected = await digestOf(await databaseIn(scratch));
  const base16 = [...closure.values()].map(({ narHash = "" }) => narHash.slice("sha256:".length));
  const base32 = (await succeed(["nix-hash", "--type", "sha256", "--to-base32", ...base16]))
    .trim().split("\n");
  const base64 = base16.map((digits) => Buffer.from(digits, "hex").toString("base64"));
  const sri = base64.map((digits) => `sha256-${digits}`);
  const tagged = (texts: readonly string[]) => texts.map((text) => `sha256:${text}`);
  for (const notation of [base16, tagged(base16), base32, tagged(base32), tagged(base64), sri]) {
    const rewritten = new Map<StorePath, PathInfo>(
      Array.from(closure, ([path, info], n) => [path, { ...info, narHash: notation[n]! }]),
    );
    assert.equal(await digestOf(await databaseIn(scratch, rewritten)), expected, notation[0]);
  }
});
