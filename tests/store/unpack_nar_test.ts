import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { unpackNar } from "../../src/store/unpack_nar.ts";
import { assertSameBytes, streamOf } from "../support/bytes.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { narsOf } from "../support/nars.ts";
import { askPython } from "../support/python.ts";

const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

Deno.test(
  "unpackNar() writes the files that were dumped, as a store has them",
  LEAVES_NOTHING,
  async () => {
    await inDirectory(async (directory) => {
      const from = `${directory}/from`;
      makeFiles(from, {
        "bin/tool": "#!/bin/sh\n",
        "bin/alias": "-> tool",
        "empty": null,
        "empty-file": "",
        "large": "z".repeat(1_000_000),
        "out": "-> /etc/passwd",
        "文": "x",
      });
      Deno.chmodSync(`${from}/bin/tool`, 0o700);
      makeFiles(directory, { file: "alone", link: "-> nowhere" });
      const paths = [from, `${directory}/file`, `${directory}/link`];
      const nars = await narsOf(paths);
      for (const [index, nar] of nars.entries()) {
        const to = `${directory}/to-${index}`;
        await unpackNar(streamOf(nar, 4000), to, { size: nar.length });
        assertSameBytes((await narsOf([to]))[0]!, nar, paths[index]!);
      }
      const to = `${directory}/to-0`;
      for (
        const [name, mode] of [["", 0o555], ["/bin", 0o555], ["/bin/tool", 0o555], [
          "/large",
          0o444,
        ], ["/out", 0o777]] as const
      ) {
        const info = Deno.lstatSync(to + name);
        assert.equal((info.mode ?? 0) & 0o7777, mode, name);
        assert.equal(info.mtime?.getTime(), 1000, name);
      }
    });
  },
);

Deno.test(
  "unpackNar() fails on what is there, is broken, or has names that Deno can't give",
  LEAVES_NOTHING,
  async () => {
    await inDirectory(async (directory) => {
      makeFiles(directory, { "tree/a": "1", "tree/b": "2", "there": "x", "victim": "-> there" });
      const [nar = new Uint8Array(), file = new Uint8Array()] = await narsOf([
        `${directory}/tree`,
        `${directory}/tree/a`,
      ]);
      const fails = async (bytes: Uint8Array, to: string, message: RegExp) => {
        await assert.rejects(unpackNar(streamOf(bytes), to), (error) => {
          assert.ok(error instanceof ImageError, String(error));
          assert.match(error.message, message);
          return true;
        });
      };
      for (const name of ["there", "victim"]) {
        await fails(nar, `${directory}/${name}`, /^Cannot write \S+: .*exists/);
        // A symlink that is there is not followed.
        await fails(file, `${directory}/${name}`, /^Cannot write \S+: .*exists/);
      }
      assert.equal(Deno.readTextFileSync(`${directory}/there`), "x");
      await fails(nar.subarray(0, -16), `${directory}/short`, /^The NAR ends too early$/);
      const answers = await askPython<{ paths: [string] }[]>("random_trees.py", null, [
        `${directory}/r`,
        "5",
        "9",
      ]);
      const wild = await narsOf(answers.map(({ paths: [path] }) => `${directory}/r${path}`));
      let refused = 0;
      for (const [index, bytes] of wild.entries()) {
        await unpackNar(streamOf(bytes, 65536), `${directory}/wild-${index}`).catch((error) => {
          assert.match(
            error.message,
            /^Cannot unpack \S+: the name or target of ".*" in it is not UTF-8$/,
          );
          refused++;
        });
      }
      assert.ok(refused > 0 && refused < wild.length, `${refused}`);
    });
  },
);
