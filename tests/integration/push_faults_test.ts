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

Deno.test("connections that are cut at random: the tag is complete, or is not there", async () => {
  await using registry = await startRegistry();
  const outcomes = { pushed: 0, failed: 0 };
  for (let seed = 1; seed <= 6; seed++) {
    const random = randomNumbers(seed);
    // The last one never gets far enough.
    const most = seed === 6 ? 3000 : 1_500_000;
    using proxy = new CuttingProxy(
      Number(registry.host.split(":")[1]),
      () => Math.floor(random() * most),
    );
    const repository = `cut/app-${seed}`;
    const result = await push(`docker://127.0.0.1:${proxy.port}/${repository}:v1`);
    if (result.code === 0) {
      outcomes.pushed++;
      const copy = `oci:${fresh("copy")}:v1`;
      const options = ["--src-tls-verify=false", "--preserve-digests"];
      await skopeoCopy(`docker://${registry.host}/${repository}:v1`, copy, ...options);
      assert.equal(await skopeoManifestDigest(copy), result.text.trim());
    } else {
      outcomes.failed++;
      assert.match(errorOf(result), /^nix-image: [A-Z]+ http[^\n]*$/);
      assert.deepEqual(await tagsOf(registry.host, repository), []);
    }
  }
  assert.ok(outcomes.pushed >= 3 && outcomes.failed >= 1, JSON.stringify(outcomes));
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
