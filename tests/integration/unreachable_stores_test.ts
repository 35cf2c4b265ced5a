/**
 * Stores that can not be reached: what a run says of them, and what it does without.
 * @module
 */

import assert from "node:assert/strict";
import { type CacheFault, CacheServer } from "../support/cache_server.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, runCommand } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { storePath } from "../support/store_paths.ts";
import { writeToldFiles } from "../support/told_paths.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

const PATH = storePath("told");
const CACHE = `${scratch.path}/cache`;
await writeToldFiles(CACHE, [PATH], "text");
const SPEC = scratch.spec({ name: "app", config: { Env: [`TOLD=${PATH}`] } });

/** Its name says that nobody has it (RFC 6761, section 6.4). */
const NOWHERE = "http://cache.invalid";
const env = { XDG_CACHE_HOME: `${scratch.path}/caches`, NIX_SSHOPTS: "-F none -p 9" };

async function run(words: readonly string[], ...stores: string[]) {
  const args = [...words, "--no-check-sigs", ...stores.flatMap((url) => ["--store", url])];
  return await nixImage(args, { env });
}

Deno.test("what one store has is taken from there, with a warning of one that can not be reached", async () => {
  for (
    const [url, said] of [[NOWHERE, /ENOTFOUND/], ["ssh-ng://root@127.0.0.1", /refused/]] as const
  ) {
    const { code, stderr } = await run(["plan", SPEC], url, `file://${CACHE}`);
    assert.equal(code, 0, stderr);
    assert.match(stderr, said);
    assert.equal(stderr.split(`${url} is not asked any more`).length, 2, stderr);
  }
});

Deno.test("what is nowhere else is an error with the path, and why the store can not be reached", async () => {
  const { code, stderr } = await run(["plan", "-q", SPEC], NOWHERE);
  assert.equal(code, 1);
  for (const part of [PATH, `GET ${NOWHERE}/nix-cache-info: `, "ENOTFOUND", "--store"]) {
    assert.ok(stderr.includes(part), stderr);
  }
});

Deno.test("a store that is not needed may be away, but its URL has to be one", async () => {
  const { hello } = await buildFixtures("hello");
  const spec = scratch.spec({ name: "app", contents: [hello] });
  const there = await run(["plan", spec], NOWHERE, "file:///nowhere", "ssh-ng://host.invalid");
  assert.deepEqual([there.code, there.stderr], [0, ""]);
  const wrong = await run(["plan", spec], NOWHERE, "gopher://cache.example");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^nix-image: Not a store that Nix knows/);
  const none = await run(["plan", SPEC], "file:///nowhere", `file://${CACHE}`);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /file:\/\/\/nowhere is no binary cache/);
});

Deno.test("the script that stream writes takes a NAR from another store, too", async () => {
  const faults: CacheFault[] = [];
  await using server = await CacheServer.start(CACHE, { fault: () => faults[0] });
  const args = ["stream", "--script", SPEC];
  const script = await run(args, server.url, `file://${CACHE}`);
  assert.equal(script.code, 0, script.stderr);
  faults.push({ status: 501 });
  const { code, stderr, stdout } = await runCommand([script.text.trim()], { env });
  assert.equal(code, 0, stderr);
  assert.ok(stderr.includes(`501; ${server.url} is not asked any more`), stderr);
  const whole = await run(["stream", "--tar", SPEC], `file://${CACHE}`);
  assert.deepEqual(stdout, whole.stdout);
});
