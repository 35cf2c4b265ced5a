/**
 * Descriptions of the verbs, and what is made from them.
 * @module
 */

import assert from "node:assert/strict";
import { commandLine } from "../../src/command_line/program.ts";
import { verbHelp } from "../../src/command_line/verb.ts";
import { VERBS } from "../../src/command_line/verbs.ts";
import { generatedFiles } from "../../tasks/docs.ts";
import { PROJECT } from "../../tasks/program_command.ts";

const names = Object.values(VERBS).flat().map(({ name }) => name);

Deno.test("what is made from the descriptions is up to date (else: deno task docs)", async () => {
  for (const [path, text] of Object.entries(await generatedFiles())) {
    assert.equal(await Deno.readTextFile(`${PROJECT}/${path}`), text, path);
  }
});

Deno.test("a verb alone is the same as among all verbs", async () => {
  const all = await commandLine();
  assert.deepEqual(all.commands.map((command) => command.name()), names);
  for (const name of names) {
    const { commands: [alone, ...others] } = await commandLine(name);
    assert.deepEqual(others, []);
    const among = all.commands.find((command) => command.name() === name);
    assert.equal(alone?.helpInformation(), among?.helpInformation());
  }
});

Deno.test("the help of each verb fits 80 columns", async () => {
  for (const command of (await commandLine()).commands) {
    let help = "";
    command.configureOutput({ writeOut: (text) => help += text, getOutHelpWidth: () => 80 });
    command.outputHelp();
    assert.match(help, /\n\nExamples?:\n {2}\S/);
    for (const line of help.split("\n")) assert.ok(line.length <= 80, line);
  }
});

Deno.test("each verb has a summary, a description and examples of its own", async () => {
  for (const command of (await commandLine()).commands) {
    const name = command.name();
    assert.match(command.summary(), /^[a-z].*[^.]$/, name);
    assert.match(command.description(), /^[A-Z][^]*\.$/, name);
    const { examples } = verbHelp(command);
    assert.ok(examples.length > 0, name);
    for (const example of examples) assert.ok(example.includes(`nix-image ${name}`), example);
    for (const { description, flags, hidden } of command.options) {
      if (!hidden) assert.match(description, /[^.]$/, `${name} ${flags}`);
    }
  }
});
