import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { dumpNar } from "../../src/store/dump_nar.ts";
import { assertSameBytes } from "../support/bytes.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { narsOf } from "../support/nars.ts";
import { succeed } from "../support/program.ts";

const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

Deno.test("dumpNar() gives the NARs that Python writes", LEAVES_NOTHING, async () => {
  await inDirectory(async (directory) => {
    const from = `${directory}/from`;
    makeFiles(from, {
      "bin/tool": "#!/bin/sh\n",
      "bin/alias": "-> tool",
      "a/b": "in a directory",
      "a.b": "sorts before a/ in a listing of paths",
      "a-": "and so does this",
      "empty": null,
      "empty-file": "",
      "eight": "12345678",
      "large": "z".repeat(2_000_003),
      "out": "-> /etc/passwd",
      "dangling": "-> ../nowhere/é",
      "文": "x",
      "\u{1f600}": "beyond U+FFFF",
      "\ue000": "before it",
      "\ufffd": "what stands for others",
    });
    Deno.chmodSync(`${from}/bin/tool`, 0o500);
    Deno.chmodSync(`${from}/large`, 0o455);
    makeFiles(directory, { file: "alone", link: "-> nowhere" });
    const paths = [from, `${directory}/file`, `${directory}/link`, `${from}/empty`];
    const nars = await narsOf(paths);
    for (const [index, path] of paths.entries()) {
      assertSameBytes(await new Response(dumpNar(path)).bytes(), nars[index]!, path);
    }
  });
});

Deno.test("dumpNar() can be left, and fails for what no NAR has", LEAVES_NOTHING, async () => {
  await inDirectory(async (directory) => {
    makeFiles(directory, { "a/file": "x".repeat(3_000_000) });
    const reader = dumpNar(`${directory}/a`).getReader({ mode: "byob" });
    await reader.read(new Uint8Array(1000));
    await reader.cancel();
    await assert.rejects(new Response(dumpNar(`${directory}/b`)).bytes(), ImageError);
    await succeed(["mkfifo", `${directory}/a/fifo`]);
    await assert.rejects(new Response(dumpNar(`${directory}/a`)).bytes(), /neither a file, /);
  });
});
