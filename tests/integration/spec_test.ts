/**
 * Specs of others: makes' example; and what the environment says to a spec.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { readImage } from "../support/archive.ts";
import { Docker } from "../support/dockerd.ts";
import { makeFiles } from "../support/directories.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

Deno.test("the example of makes' makeContainerImage prints what its page says", async () => {
  await using scratch = new Scratch();
  const { coreutils } = await buildFixtures("coreutils");
  makeFiles(scratch.path, { "custom-layer/working-dir/my-file": "my-file-contents\n" });
  const add = ["nix-store", "--add", `${scratch.path}/custom-layer`];
  const customLayer = (await succeed(add, { env: nixEnvironment() })).trim();
  const image = await docker.load(scratch.spec({
    name: "container-image",
    tag: "latest",
    contents: [coreutils, customLayer], // its layers
    maxLayers: 65,
    config: { Env: ["EXAMPLE_ENV_VAR=example-value"], WorkingDir: "/working-dir" },
  }));
  assert.equal(image, "container-image:latest");
  assert.equal(await docker.run(image, "sh", "-c", "pwd"), "/working-dir\n");
  assert.equal(await docker.run(image, "ls", "."), "my-file\n");
  assert.equal(await docker.run(image, "cat", "my-file"), "my-file-contents\n");
  assert.match(await docker.run(image, "env"), /^EXAMPLE_ENV_VAR=example-value$/m);
  assert.match(await docker.run(image, "ls", "/"), /^bin\n(?:.*\n)*nix\n(?:.*\n)*working-dir\n$/);
});

Deno.test("SOURCE_DATE_EPOCH of the environment stands for now, and has to be a time", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "now", created: "now", mtime: "now" });
  const archive = `${scratch.path}/image.tar`;
  const env = { SOURCE_DATE_EPOCH: "1234567890" };
  const { code, stderr } = await nixImage(["stream", spec], { env, stdoutFile: archive });
  assert.equal(code, 0, stderr);
  const { config } = await readImage(archive);
  assert.equal(config.created, "2009-02-13T23:31:30+00:00");
  const listing = await succeed(["tar", "--list", "--verbose", "--utc", "--file", archive]);
  assert.match(listing, / 2009-02-13 23:31 manifest\.json$/m);

  const wrong = await nixImage(["plan", spec], { env: { SOURCE_DATE_EPOCH: "today" } });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /SOURCE_DATE_EPOCH in the environment: expected .*, found "today"/);
});
