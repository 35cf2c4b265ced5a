/**
 * Two sources with the same path: told, or with --strict refused.
 * @module
 */

import assert from "node:assert/strict";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const VERBS = ["stream", "build", "layer", "plan"];
const { farmFirst, farmSecond } = await buildFixtures("farmFirst", "farmSecond");

for (
  const [what, specOf] of [
    ["links to store paths", () => ({ contents: [farmFirst, farmSecond] })],
    [
      "links to store paths, with commands",
      () => ({ contents: [farmFirst, farmSecond], extraCommands: "echo done >&2" }),
    ],
    ["directories", (one, two) => ({ contents: [one, two] })],
    ["a single image", (one, two) => ({ type: "single", copyToRoot: [one, two] })],
  ] as readonly (readonly [string, (one: string, two: string) => Record<string, unknown>])[]
) {
  Deno.test(`${what}: a path that two have is told with both names, and refused with --strict`, async () => {
    await using scratch = new Scratch();
    const [one, two] = [`${scratch.path}/one`, `${scratch.path}/two`];
    for (const source of [one, two]) {
      await Deno.mkdir(`${source}/share/both`, { recursive: true });
      await Deno.writeTextFile(`${source}/share/both/same`, source);
    }
    const fields = specOf(one, two);
    const spec = scratch.spec({ name: "clash", ...fields });
    const [first, second] = Object.values(fields).find(Array.isArray) as string[];
    const names = (text: string) =>
      text.split("\n").some((line) =>
        line.includes(`${first}/share/both/same`) && line.includes(`${second}/share/both/same`)
      );
    // Which links there are is not looked at for a plan.
    const verbs = what === "links to store paths" ? ["stream", "build", "layer"] : VERBS;
    for (const verb of verbs) {
      const output = `${scratch.path}/output`;
      const to = verb === "build" || verb === "layer" ? ["-o", output] : [];
      const told = await nixImage([verb, spec, ...to]);
      assert.equal(told.code, 0, told.stderr);
      assert.ok(names(told.stderr), `${verb}: ${told.stderr}`);
      if (to.length > 0) await Deno.remove(output, { recursive: true });

      const quiet = await nixImage([verb, spec, ...to, "--quiet"]);
      assert.deepEqual([quiet.code, quiet.stderr], [0, ""]);
      if (to.length > 0) await Deno.remove(output, { recursive: true });

      for (const more of [["--quiet"], verb === "stream" ? ["--script"] : []]) {
        const strict = await nixImage([verb, spec, ...to, "--strict", ...more]);
        assert.deepEqual([strict.code, strict.text], [1, ""], verb);
        assert.match(strict.stderr, /^nix-image: The same path comes from two sources:$/m);
        assert.ok(names(strict.stderr), `${verb}: ${strict.stderr}`);
        await assert.rejects(Deno.lstat(output), Deno.errors.NotFound);
      }
    }
  });
}
