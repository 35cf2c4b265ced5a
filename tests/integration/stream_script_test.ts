/**
 * The script of `$(nix-image stream spec.json)` for images with a top layer that was made.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { directoryWithProgram, nixImage, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const { hello } = await buildFixtures("hello");

for (
  const fields of [
    { contents: [hello], extraCommands: "mkdir made; echo $((1 + 1)) >made/two" },
    { type: "single", copyToRoot: [hello] },
    { contents: ["source"], permissions: [{ path: "/file", uid: 5 }] },
  ]
) {
  const [what] = Object.keys(fields).slice(-1);
  Deno.test(`${fields.type ?? "layered"} with ${what}: the script streams what --tar does, twice, when all else is gone`, async () => {
    await using scratch = new Scratch();
    const temporary = `${scratch.path}/temporary`;
    for (const path of [temporary, `${scratch.path}/source`]) await Deno.mkdir(path);
    await Deno.writeTextFile(`${scratch.path}/source/file`, "content");
    const env = {
      PATH: `${directoryWithProgram(scratch.path)}:${Deno.env.get("PATH")}`,
      XDG_CACHE_HOME: `${scratch.path}/cache`,
      TMPDIR: temporary,
    };
    const spec = scratch.spec({ name: "scripted", ...fields });
    const tar = `${scratch.path}/image.tar`;
    const { code, stderr } = await nixImage(["stream", "--tar", spec], { env, stdoutFile: tar });
    assert.equal(code, 0, stderr);
    const captured = await succeed(["sh", "-c", `echo "$(nix-image stream ${spec})"`], { env });
    const asked = await succeed(["nix-image", "stream", "--script", spec], { env });
    assert.equal(captured, asked);
    const script = asked.trim();
    assert.deepEqual([...Deno.readDirSync(temporary)], []);
    await Deno.remove(spec);
    await Deno.remove(`${scratch.path}/source`, { recursive: true });
    for (let time = 0; time < 2; time++) {
      await succeed(["sh", "-c", '"$1" | cmp - "$2"', "sh", script, tar], { env });
    }

    const named = `${scratch.path}/named.tar`;
    const renamed = await runCommand([script, "--repo-tag", "other/name:tag"], {
      env,
      stdoutFile: named,
    });
    assert.equal(renamed.code, 0, renamed.stderr);
    const [image, other] = [await readImage(tar), await readImage(named)];
    assert.deepEqual(other.manifest, { ...image.manifest, RepoTags: ["other/name:tag"] });
    assert.deepEqual(other.config, image.config);
  });
}

Deno.test("a script that was asked for quietly is quiet", async () => {
  await using scratch = new Scratch();
  const env = { XDG_CACHE_HOME: `${scratch.path}/cache` };
  const spec = scratch.spec({ name: "quiet", contents: [hello] });
  for (const quiet of [false, true]) {
    const options = quiet ? ["--quiet"] : [];
    const script = (await nixImage(["stream", "--script", ...options, spec], { env })).text.trim();
    const stdoutFile = `${scratch.path}/image.tar`;
    const { code, stderr } = await runCommand([script], { env, stdoutFile });
    assert.equal(code, 0, stderr);
    assert.equal(stderr === "", quiet, stderr);
  }
});
