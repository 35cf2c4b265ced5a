/**
 * The documented ways to use `stream` on a shell's command line, as they are written.
 * @module
 */

import assert from "node:assert/strict";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { directoryWithProgram, runCommand } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const { hello } = await buildFixtures("hello");

for (const shell of ["bash", "dash", "zsh", "busybox sh"]) {
  Deno.test(`stream works in ${shell} as $(nix-image stream spec.json) | docker load, and as a pipe`, async () => {
    await using scratch = new Scratch();
    const spec = { name: "in-shell", contents: [hello], config: { Cmd: ["hello"] } };
    for (
      const [tag, line] of [
        ["substitution", "$(nix-image stream spec.json) | docker load"],
        ["pipe", "nix-image stream spec.json | docker load"],
        ["redirect", "nix-image stream spec.json > image.tar && docker load < image.tar"],
      ] as const
    ) {
      Deno.writeTextFileSync(`${scratch.path}/spec.json`, JSON.stringify({ ...spec, tag }));
      const env = {
        ...docker.env,
        PATH: `${directoryWithProgram(scratch.path)}:${Deno.env.get("PATH")}`,
        XDG_CACHE_HOME: `${scratch.path}/cache`,
      };
      const options = { env, cwd: scratch.path };
      const { code, text, stderr } = await runCommand([...shell.split(" "), "-c", line], options);
      assert.equal(code, 0, stderr);
      assert.equal(text, `Loaded image: in-shell:${tag}\n`);
      assert.equal(await docker.run(`in-shell:${tag}`), "Hello, world!\n");
    }
  });
}

Deno.test("stream --script prints a script whose image is the one that --tar writes", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "scripted", contents: [hello] });
  const env = {
    PATH: `${directoryWithProgram(scratch.path)}:${Deno.env.get("PATH")}`,
    XDG_CACHE_HOME: `${scratch.path}/cache`,
  };
  const line = `script=$(nix-image stream --script ${spec}) && rm ${spec} && $script | sha256sum`;
  const fromTar = await runCommand(["sh", "-c", `nix-image stream --tar ${spec} | sha256sum`], {
    env,
  });
  const fromScript = await runCommand(["sh", "-c", line], { env });
  assert.equal(fromScript.code, 0, fromScript.stderr);
  assert.equal(fromScript.text, fromTar.text);
  assert.notEqual(fromTar.text, "");
});
