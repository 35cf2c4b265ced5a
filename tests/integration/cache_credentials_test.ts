/**
 * What binary caches know the program by, from the environment: which host gets it, and that nobody
 * else sees it.
 * @module
 */

import assert from "node:assert/strict";
import { type CacheRequest, CacheServer } from "../support/cache_server.ts";
import { nixImage, runCommand, type RunResult } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { storePath } from "../support/store_paths.ts";
import { writeToldFiles } from "../support/told_paths.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

const PATH = storePath("told");
const DIRECTORY = `${scratch.path}/cache`;
await writeToldFiles(DIRECTORY, [PATH], "told");
// It needs no file of the path.
const SPEC = scratch.spec({ name: "app", config: { Env: [`TOLD=${PATH}`] } });
const SECRET = "s3cr3t-T0ken";

function basic(login: string): string {
  return `Basic ${btoa(login)}`;
}

/** A cache for those who are known by this header. */
async function cacheFor(authorization: string): Promise<CacheServer> {
  return await CacheServer.start(DIRECTORY, {
    fault: ({ headers }) =>
      headers.authorization === authorization ? undefined : { status: 401, body: "who?" },
  });
}

let runs = 0;

async function run(
  server: Pick<CacheServer, "url">,
  variables: Record<string, string>,
  args = ["plan", SPEC],
): Promise<RunResult> {
  const cache = `${scratch.path}/run-${++runs}`;
  const env = { XDG_CACHE_HOME: cache, NIX_CONF_DIR: "/nowhere", ...variables };
  const result = await nixImage([...args, "--store", server.url, "--no-check-sigs"], { env });
  assert.ok(!`${result.text}${result.stderr}`.includes(SECRET), result.stderr);
  return result;
}

function netrc(text: string): string {
  const file = `${scratch.path}/netrc-${++runs}`;
  Deno.writeTextFileSync(file, text);
  return file;
}

Deno.test("a password comes from the file that NETRC names, before that of nix.conf", async () => {
  await using server = await cacheFor(basic(`ann:${SECRET}`));
  const right = netrc(`machine 127.0.0.1 login ann password ${SECRET}`);
  const wrong = netrc("machine 127.0.0.1 login bob password guess");
  const inConf = { NIX_CONFIG: `netrc-file = ${wrong}` };
  const good = await run(server, { ...inConf, NETRC: right });
  assert.equal(good.code, 0, good.stderr);
  const refused = await run(server, { NETRC: wrong });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /nix-cache-info: 401; .*--netrc-file.*NETRC/);
  // The option counts more, and one that is empty says nothing.
  const args = ["plan", SPEC, "--netrc-file", right];
  assert.equal((await run(server, { NETRC: wrong }, args)).code, 0);
  assert.equal((await run(server, { NIX_CONFIG: `netrc-file = ${right}`, NETRC: "" })).code, 0);
  const missing = await run(server, { NETRC: `${scratch.path}/none` });
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /Cannot read the netrc file .*\/none \(NETRC\): /);
});

Deno.test("tokens come from NIX_IMAGE_CACHE_TOKENS, whose text is that of a token file", async () => {
  await using server = await cacheFor(`Bearer ${SECRET}`);
  const host = new URL(server.url).host;
  const wrongFile = netrc(`${host} another`);
  for (const tokens of [SECRET, `cache.example other\n${host} ${SECRET}\n`]) {
    const { code, stderr } = await run(server, { NIX_IMAGE_CACHE_TOKENS: tokens });
    assert.equal(code, 0, stderr);
  }
  const lines: [Record<string, string>, args: string[], code: number][] = [
    [{ NIX_IMAGE_CACHE_TOKENS: `cache.example ${SECRET}` }, [], 1],
    [{ NIX_IMAGE_CACHE_TOKENS: "" }, [], 1],
    [{ NIX_IMAGE_CACHE_TOKENS: SECRET }, ["--cache-token-file", wrongFile], 1],
    [{ NIX_IMAGE_CACHE_TOKENS: `${host} ${SECRET} ${SECRET}` }, [], 2],
  ];
  for (const [variables, args, expected] of lines) {
    const { code, stderr } = await run(server, variables, ["plan", SPEC, ...args]);
    assert.equal(code, expected, stderr);
  }
});

Deno.test("a token is for its cache: not for another host, for files that are kept, or for scripts", async () => {
  await using other = await CacheServer.start(DIRECTORY);
  const isTold = ({ headers }: CacheRequest) => headers.authorization === `Bearer ${SECRET}`;
  await using server = await CacheServer.start(DIRECTORY, {
    fault(request) {
      if (!isTold(request)) return { status: 401 };
      const headers = { location: other.url + request.path };
      return /narinfo|nar\//.test(request.path) ? { status: 302, headers } : undefined;
    },
  });
  const kept = `${scratch.path}/kept`;
  const token = { NIX_IMAGE_CACHE_TOKENS: SECRET, XDG_CACHE_HOME: kept };
  const script = await run(server, token, ["stream", "--script", SPEC]);
  assert.equal(script.code, 0, script.stderr);
  const { code, stderr, stdout } = await runCommand([script.text.trim()], { env: token });
  assert.equal(code, 0, stderr);
  assert.ok(stdout.length > 0);
  assert.ok(server.requests.every(isTold));
  assert.deepEqual([other.count(".narinfo"), other.count("/nar/")], [1, 1]);
  assert.ok(other.requests.every(({ headers }) => !("authorization" in headers)));

  const spec = scratch.spec({ name: "app", extraCommands: "env > environment" });
  const archive = await run(server, token, ["stream", "--tar", spec]);
  assert.equal(archive.code, 0, archive.stderr);
  assert.match(archive.text, /PATH=/);
  const found = await runCommand(["grep", "-raF", SECRET, kept]);
  assert.deepEqual([found.code, found.text], [1, ""]);
});
