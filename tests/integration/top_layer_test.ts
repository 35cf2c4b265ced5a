/**
 * The layer of links to the contents, against what nixpkgs makes it with: lndir and GNU tar.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const paths = await buildFixtures("farmFirst", "farmSecond", "hello", "nix");

/** symlinkJoin, then the tar of streamLayeredImage's customisation layer. */
const ORACLE = `
set -e; umask 022
mkdir "$1"; farm=$1; shift
for path; do lndir -silent "$path" "$farm"; done
cd "$farm"
tar --sort=name --numeric-owner --owner=0 --group=0 --mtime=@315532800 --hard-dereference -cf - .`;

for (
  const [what, contents] of [
    ["no contents", []],
    ["one path", [paths.nix]],
    ["paths that collide", [paths.farmFirst, paths.farmSecond, paths.hello, paths.nix]],
    ["paths that collide, in another order", [paths.farmSecond, paths.nix, paths.farmFirst]],
  ] as const
) {
  Deno.test(`the top layer is that of lndir and GNU tar: ${what}`, async () => {
    await using scratch = new Scratch();
    const archive = `${scratch.path}/image.tar`;
    const spec = scratch.spec({ name: "farm", contents });
    const { code, stderr } = await nixImage(["stream", spec], { stdoutFile: archive });
    assert.equal(code, 0, stderr);
    const { manifest } = await readImage(archive);
    const topLayer = `${scratch.path}/top.tar`;
    await succeed(
      ["tar", "--extract", "--to-stdout", "--file", archive, manifest.Layers.at(-1) ?? ""],
      { stdoutFile: topLayer },
    );
    const expected = await runCommand([
      "sh",
      "-c",
      ORACLE,
      "sh",
      `${scratch.path}/farm`,
      ...contents,
    ]);
    assert.equal(expected.code, 0, expected.stderr);
    const listing = ["tar", "--list", "--verbose", "--file"];
    const wanted = `${scratch.path}/expected.tar`;
    await Deno.writeFile(wanted, expected.stdout);
    assert.equal(await succeed([...listing, topLayer]), await succeed([...listing, wanted]));
    assert.deepEqual(await Deno.readFile(topLayer), new Uint8Array(expected.stdout));
  });
}
