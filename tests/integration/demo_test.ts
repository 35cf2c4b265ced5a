/**
 * What a newcomer runs first.
 * @module
 */

import assert from "node:assert/strict";
import { PROJECT } from "../../tasks/program_command.ts";
import { Docker } from "../support/dockerd.ts";
import { runCommand } from "../support/program.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const DEMO = [Deno.execPath(), "task", "demo"];

Deno.test("deno task demo builds, streams, loads and runs an image", async () => {
  const { code, text, stderr } = await runCommand(DEMO, { cwd: PROJECT, env: docker.env });
  assert.equal(code, 0, stderr);
  assert.match(text, /^ {2}digest +sha256:[0-9a-f]{64}$/m);
  assert.match(text, /docker run says: Hello from the Nix store/);
});

Deno.test("deno task demo ends well where no Docker daemon answers", async () => {
  const env = { DOCKER_HOST: "unix:///nonexistent.sock" };
  const { code, text, stderr } = await runCommand(DEMO, { cwd: PROJECT, env });
  assert.equal(code, 0, stderr);
  assert.match(text, /No Docker daemon answers/);
});
