/**
 * Images that the Nix functions make, built by the real Nix in its sandbox and run by a real Docker.
 * @module
 */

import assert from "node:assert/strict";
import { Docker } from "../support/dockerd.ts";
import { NixImages } from "../support/nix_functions.ts";
import { runCommand, succeed } from "../support/program.ts";

const docker = new Docker();
const images = await NixImages.prepare();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

/** `docker load` of the archive or the script that this attribute is; the name of what it loaded. */
async function load(attribute: string): Promise<string> {
  const [path = ""] = await images.build(attribute);
  const script = 'set -o pipefail; { if [ -x "$1" ]; then "$1"; else ' +
    'zstd -dcq "$1" 2>/dev/null || cat "$1"; fi; } | docker load';
  const { code, text, stderr } = await runCommand(["bash", "-c", script, "bash", path], {
    env: docker.env,
  });
  const loaded = /^Loaded image: (.*)$/m.exec(text)?.[1];
  if (code !== 0 || loaded === undefined) throw new Error(`Not loaded: ${text}${stderr}`);
  return loaded;
}

Deno.test("scenario 1, from Nix: $(nix-build) | docker load, and the image prints its greeting", async () => {
  const image = await load("streamed");
  assert.equal(image, await images.evaluate('with images.streamed; "${imageName}:${imageTag}"'));
  assert.equal(await docker.run(image), "Hello, world!\n");
});

Deno.test("scenario 21, from Nix: a layered image with extraCommands", async () => {
  const image = await load("layered");
  assert.equal(image, "layered:latest");
  assert.equal(await docker.run(image), "Hello, world!\n");
  assert.equal(await docker.run(image, "cat", "/made"), 'made (by a "script")\n');
});
