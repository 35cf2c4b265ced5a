/**
 * Pushes to Debian's docker-registry through what goes wrong outside of a test's own process: cut
 * connections, a full disk, wrong certificates.
 * @module
 */

import assert from "node:assert/strict";
import { CuttingProxy } from "../support/cutting_proxy.ts";
import { skopeoCopy, skopeoManifestDigest } from "../support/engines.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, type RunResult } from "../support/program.ts";
import { makeAuthority, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";
import { randomNumbers } from "../support/seeded.ts";
import { sideBySide } from "../support/side_by_side.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

const { hello, coreutils } = await buildFixtures("hello", "coreutils");
const spec = scratch.spec({ name: "app", tag: "v1", contents: [hello, coreutils] });
const fresh = (name: string) => `${Deno.makeTempDirSync({ dir: scratch.path })}/${name}`;

async function push(place: string, ...options: string[]): Promise<RunResult> {
  const env = { XDG_CACHE_HOME: fresh("cache"), HOME: fresh("home"), NO_PROXY: "*" };
  return await nixImage(["push", spec, place, ...options], { env });
}

/** What it says when it gives up: one line, after those of what it tried again. */
function errorOf({ code, text, stderr }: RunResult): string {
  assert.deepEqual([code, text], [1, ""], stderr);
  const lines = stderr.trim().split("\n");
  assert.doesNotMatch(stderr, /^\s+at |Uncaught/m);
  return lines.filter((line) => line.startsWith("nix-image: ") && !line.endsWith("trying again"))
    .join("\n");
}

/** The tags that can be asked for. */
async function tagsOf(host: string, repository: string): Promise<string[]> {
  const response = await fetch(`http://${host}/v2/${repository}/tags/list`);
  const { tags } = await response.json() as { tags?: string[] | null };
  return tags ?? [];
}

/** After how many bytes the connections of a push are cut, and what has to come of it. */
interface Cuts {
  readonly seed: number;
  /** Of the connection with this number, from 1 on. */
  readonly lifeOf: (count: number, random: () => number) => number;
  readonly ends?: "pushed" | "failed";
}

/** In seconds: less than the two minutes after which a connection counts as dead that says nothing. */
const LONGEST = 100;
/** In bytes: more than goes over any of the connections. */
const LONG = 1_500_000;

/**
 * The first connection only shows that the registry speaks no TLS. A cut that meets an upload may cost
 * it two of its six attempts, one where it does not go on.
 */
const few = (count: number, random: () => number) => count > 3 ? Infinity : random() * LONG;

const CUTS: readonly Cuts[] = [
  { seed: 1, lifeOf: (count, random) => count === 2 ? 10 : few(count, random), ends: "pushed" },
  { seed: 2, lifeOf: few, ends: "pushed" },
  { seed: 3, lifeOf: (count, random) => few(count, random) / 100, ends: "pushed" },
  { seed: 4, lifeOf: (_, random) => random() * LONG },
  { seed: 5, lifeOf: (_, random) => random() * LONG / 4 },
  // The largest layer has more than all attempts can send.
  { seed: 6, lifeOf: (_, random) => random() * 3000, ends: "failed" },
];

Deno.test("connections that are cut at random: soon the tag is complete, or is not there", async () => {
  await using registry = await startRegistry();
  const port = Number(registry.host.split(":")[1]);
  const pushCut = async ({ seed, lifeOf, ends }: Cuts) => {
    const random = randomNumbers(seed);
    let count = 0;
    using proxy = new CuttingProxy(port, () => lifeOf(++count, random));
    const repository = `cut/app-${seed}`;
    const start = performance.now();
    const result = await push(`docker://127.0.0.1:${proxy.port}/${repository}:v1`);
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds < LONGEST, `${seconds} s: ${result.stderr}`);
    const end = result.code === 0 ? "pushed" : "failed";
    assert.equal(end, ends ?? end, result.stderr);
    if (seed === 1) assert.match(result.stderr, /; trying again$/m);
    if (end === "pushed") {
      const copy = `oci:${fresh("copy")}:v1`;
      const options = ["--src-tls-verify=false", "--preserve-digests"];
      await skopeoCopy(`docker://${registry.host}/${repository}:v1`, copy, ...options);
      assert.equal(await skopeoManifestDigest(copy), result.text.trim());
    } else {
      assert.match(errorOf(result), /^nix-image: [A-Z]+ http[^\n]*$/);
      assert.deepEqual(await tagsOf(registry.host, repository), []);
    }
  };
  await sideBySide(CUTS, ({ seed }) => `seed ${seed}`, pushCut, CUTS.length);
});

Deno.test("a registry whose disk is full: one error, and no tag", async () => {
  await using registry = await startRegistry({ diskSize: 300_000 });
  const result = await push(`docker://${registry.host}/full/app:v1`);
  // By chance the file of the upload itself, or one that says how far it is, has no room.
  assert.match(
    errorOf(result),
    /^nix-image: [A-Z]+ http:[^\n]*: (?:50\d|404 BLOB_UPLOAD_[^\n]*its disk full)[^\n]*$/,
  );
  assert.deepEqual(await tagsOf(registry.host, "full/app"), []);
});

for (
  const [name, { trusted = true, ...certificate }] of Object.entries<
    { trusted?: boolean; names?: string; days?: number }
  >({
    "of an unknown authority": { trusted: false },
    "of another host": { names: "DNS:other.example" },
    "that has expired": { days: 0 },
  })
) {
  Deno.test(`a certificate ${name} is told at once`, async () => {
    const directory = Deno.makeTempDirSync({ dir: scratch.path });
    const { authority, ...tls } = await makeAuthority(directory, certificate);
    // One that ends in the second it is made in.
    if (certificate.days === 0) await new Promise((resolve) => setTimeout(resolve, 1100));
    await using registry = await startRegistry({ tls });
    const place = `docker://${registry.host}/certificates/app:v1`;
    const result = await push(place, ...trusted ? ["--ca-file", authority] : []);
    assert.match(errorOf(result), /^nix-image: GET https:[^\n]*(?:certificate|altnames)[^\n]*$/i);
    assert.doesNotMatch(result.stderr, /trying again/);
  });
}
