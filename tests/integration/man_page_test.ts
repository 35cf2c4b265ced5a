/**
 * The man page, as man shows it.
 * @module
 */

import assert from "node:assert/strict";
import { commandLineModel, optionsOf } from "../../src/command_line/model.ts";
import { VERBS } from "../../src/command_line/verbs.ts";
import { nixImage, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const ENV = { LC_ALL: "C.UTF-8", MANWIDTH: "80", MANPAGER: "cat", GROFF_NO_SGR: "1" };

async function manPage(scratch: Scratch): Promise<string> {
  const { code, text, stderr } = await nixImage(["man"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const path = `${scratch.path}/nix-image.1`;
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("man has no warnings of the man page", async () => {
  await using scratch = new Scratch();
  const path = await manPage(scratch);
  for (const options of [["-Tutf8", "-Z"], ["-Tascii", "-Z"], ["-Tps", "-Z"]]) {
    const command = ["man", "--warnings", "-E", "UTF-8", "-l", ...options, path];
    const { code, stderr } = await runCommand(command, { env: ENV });
    assert.deepEqual([code, stderr], [0, ""]);
  }
});

Deno.test("the man page fits 80 columns, and has all verbs, options and examples", async () => {
  await using scratch = new Scratch();
  const path = await manPage(scratch);
  // With overstrikes, which are taken out again.
  const shown = (await succeed(["man", "-l", path], { env: ENV }))
    // deno-lint-ignore no-control-regex
    .replace(/.\x08/g, "").replace(/\x1b\[[0-9;]*m/g, "");
  for (const line of shown.split("\n")) assert.ok(line.length <= 80, line);

  const flat = shown.replace(/\s+/g, " ");
  for (const verb of (await commandLineModel(VERBS)).flatMap((group) => group.verbs)) {
    const start = flat.indexOf(` nix-image ${verb.name} nix-image ${verb.name} [options]`);
    assert.ok(start >= 0, verb.name);
    for (const text of [verb.summary, verb.output, ...verb.paragraphs]) {
      assert.ok(flat.includes(text), text);
    }
    for (const { short, long, value, description } of optionsOf(verb)) {
      const names = short === undefined ? long : `${short}, ${long}`;
      const term = value === undefined ? names : `${names} ${value.placeholder}`;
      assert.ok(flat.includes(`${term} ${description}`), `${verb.name} ${term}`);
    }
    for (const line of verb.examples.join("\n").split("\n")) {
      assert.ok(shown.includes(`         ${line}\n`), line);
    }
  }
  const headings = [...shown.matchAll(/^[A-Z][A-Z ]+$/gm)].map(([heading]) => heading);
  assert.deepEqual(headings, [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "COMMANDS",
    "OPTIONS OF SEVERAL COMMANDS",
    "FILES",
    "ENVIRONMENT",
    "EXIT STATUS",
    "EXAMPLES",
    "SEE ALSO",
  ]);
});
