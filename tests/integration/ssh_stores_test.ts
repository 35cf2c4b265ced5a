/**
 * Stores behind ssh: what a spec may say of them, and what the other side does.
 * @module
 */

import assert from "node:assert/strict";
import { CacheServer } from "../support/cache_server.ts";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { startSshServer } from "../support/ssh_server.ts";
import { storePath } from "../support/store_paths.ts";
import { writeToldPaths } from "../support/told_paths.ts";

const PATH = storePath("told");
const FIELDS = { name: "app", config: { Env: [`TOLD=${PATH}`] } };

Deno.test("a spec starts no program by the URL of a store, here or there", async () => {
  await using scratch = new Scratch();
  const mark = `${scratch.path}/mark`;
  for (
    const [url, message] of [
      [`ssh-ng://-oProxyCommand=touch\${IFS}${mark}`, /which host\?/],
      [`ssh://root@127.0.0.1?remote-program=touch%20${mark}`, /"remote-program".*--store/s],
      ["ssh-ng://root@127.0.0.1?compress=true&remote-store=/tmp", /"remote-store"/],
      ["ssh-ng://root@127.0.0.1?ssh-key=/etc/passwd", /"ssh-key"/],
      ["ssh-ng://root@127.0.0.1?base64-ssh-public-host-key=AAAA", /"base64-ssh-public-host-key"/],
      [`local?root=/&state=${scratch.path}`, /"state"/],
      [`s3://bucket?region=eu&secret-key=${mark}`, /"secret-key"/],
    ] as const
  ) {
    const spec = scratch.spec({ ...FIELDS, store: ["file:///nowhere", url] });
    const { code, stderr } = await nixImage(["plan", spec]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  await assert.rejects(Deno.stat(mark), Deno.errors.NotFound);
});

Deno.test("who names a store with --store says which program runs on the other side", async () => {
  await using scratch = new Scratch();
  const mark = `${scratch.path}/mark`;
  await using server = await startSshServer({ NIX_CONFIG: "substituters =" });
  const url = `ssh://${server.host}?remote-program=touch%20${mark};nix-store`;
  const { code, stderr } = await nixImage(
    ["plan", scratch.spec({ ...FIELDS, store: url }), "--store", url],
    { env: { NIX_SSHOPTS: server.options } },
  );
  assert.equal(code, 1);
  assert.ok(stderr.includes(PATH), stderr);
  assert.ok((await Deno.stat(mark)).isFile);
});

Deno.test("the other side of ssh-ng asks its substituters, and fetches nothing", async () => {
  await using scratch = new Scratch();
  writeToldPaths(`${scratch.path}/cache`, { [PATH]: [] });
  await using cache = await CacheServer.start(`${scratch.path}/cache`);
  await using server = await startSshServer({
    NIX_CONFIG: `substituters = ${cache.url}`,
    XDG_CACHE_HOME: scratch.path,
  });
  const args = ["plan", scratch.spec(FIELDS), "--store", `ssh-ng://${server.host}`];
  const { code, stderr } = await nixImage(args, { env: { NIX_SSHOPTS: server.options } });
  assert.equal(code, 1);
  assert.ok(stderr.includes(PATH), stderr);
  assert.equal(cache.count("/nar/"), 0);
  assert.ok(cache.count(".narinfo") > 0);
});
