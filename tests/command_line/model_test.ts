/**
 * The command line as a value, and what is made from it.
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { bashCompletions } from "../../src/command_line/completions/bash.ts";
import { fishCompletions } from "../../src/command_line/completions/fish.ts";
import { zshCompletions } from "../../src/command_line/completions/zsh.ts";
import { manPage } from "../../src/command_line/man_page.ts";
import {
  commandLineModel,
  type OptionModel,
  optionsOf,
  synopsis,
  type VerbModel,
} from "../../src/command_line/model.ts";
import { VERBS } from "../../src/command_line/verbs.ts";
import { listed } from "../../src/command_line/option_values.ts";
import { commandLine } from "../../src/command_line/program.ts";
import { prose } from "../../src/command_line/roff.ts";
import { ENVIRONMENT } from "../../src/command_line/surroundings.ts";
import { verbPages } from "../../src/command_line/verb_pages.ts";
import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import { PROJECT } from "../../tasks/program_command.ts";
import { runCommand } from "../support/program.ts";

const groups = await commandLineModel(VERBS);
const verbs = groups.flatMap((group) => group.verbs);

function verbOf(name: string): VerbModel {
  const verb = verbs.find((verb) => verb.name === name);
  assert.ok(verb, name);
  return verb;
}

function optionOf(verb: string, long: string): OptionModel {
  const option = optionsOf(verbOf(verb)).find((option) => option.long === long);
  assert.ok(option, `${verb} ${long}`);
  return option;
}

Deno.test("options have their kinds of values, choices and defaults", () => {
  const kinds = Object.entries({
    "build --output": "file",
    "layer --output": "directory",
    "plan --against": "file",
    "push --cache-public-key": "file",
    "stream --store-root": "directory",
    "stream --have": "file",
    "push --tls-verify": "choice",
    "plan --strategy": "choice",
    "pull --arch": "word",
    "build --repo-tag": "word",
  });
  for (const [option, kind] of kinds) {
    const [verb = "", long = ""] = option.split(" ");
    assert.equal(optionOf(verb, long).value?.kind, kind, option);
  }
  assert.deepEqual(optionOf("push", "--tls-verify").value?.choices, ["true", "false"]);
  assert.equal(optionOf("pull", "--format").byDefault, "docker-archive");
  const timeout = optionOf("stream", "--vm-timeout");
  assert.equal(timeout.byDefault, "1800");
  assert.doesNotMatch(timeout.description, /default/);
  assert.equal(optionOf("shell", "--no-realise").byDefault, undefined);
  assert.equal(optionOf("push", "--quiet").value, undefined);
});

Deno.test("options may be required, or given several times, or hidden", () => {
  assert.ok(optionOf("pull", "--output").required);
  assert.ok(!optionOf("build", "--output").required);
  assert.ok(optionOf("push", "--mount-from").repeatable);
  assert.ok(optionOf("stream", "--have").repeatable);
  assert.ok(!optionOf("push", "--authfile").repeatable);
  const hidden = optionsOf(verbOf("stream")).filter(({ long }) => /^--(repo_tag|plan)$/.test(long));
  assert.deepEqual(hidden, []);
});

Deno.test("an option that lists its values says that it may be given several times", async () => {
  const all = (await commandLine()).commands.flatMap(({ options }) => options);
  const lists = all.filter(({ parseArg }) => parseArg as unknown === listed);
  assert.ok(lists.length > 0);
  for (const { flags, description } of lists) {
    assert.match(description, /may be given several times/, flags);
  }
});

Deno.test("a synopsis has what must be given", () => {
  assert.equal(synopsis(verbOf("pull")), "nix-image pull [options] --output <file> <name>");
  assert.equal(synopsis(verbOf("plan")), "nix-image plan [options] [spec]");
  assert.equal(synopsis(verbOf("index")), "nix-image index [options] <images|specs...>");
});

Deno.test("each verb says what it prints, and names pages that are there", () => {
  for (const { name, output, pages } of verbs) {
    assert.match(output, /^[A-Z].*\.$/, name);
    for (const page of pages) assert.ok(existsSync(`${PROJECT}/docs/${page}`), page);
  }
});

Deno.test("bash and zsh can parse their scripts", async () => {
  const scripts = { bash: bashCompletions(groups), zsh: zshCompletions(groups) };
  for (const [shell, stdin] of Object.entries(scripts)) {
    const { code, stderr } = await runCommand([shell, "-n", "/dev/stdin"], { stdin });
    assert.deepEqual([code, stderr], [0, ""], shell);
  }
});

Deno.test("no completion starts a program or lists what is hidden", () => {
  const scripts = [bashCompletions(groups), zshCompletions(groups), fishCompletions(groups)];
  for (const script of scripts) {
    assert.doesNotMatch(script, /\$\(nix-image|`nix-image|repo_tag/);
    // Tabs and what is not ASCII look different from terminal to terminal.
    assert.match(script, /^[\n -~]+$/);
  }
});

Deno.test("words in roff are no requests and no escapes", () => {
  assert.equal(prose(".TH 'x'"), "\\&.TH \\(aqx\\(aq");
  assert.equal(prose("a\\b -x ~/y"), "a\\eb \\-x \\(ti/y");
  assert.equal(prose("see --json."), "see \\fB\\-\\-json\\fR.");
  assert.equal(prose("one\n.two"), "one\n\\&.two");
});

Deno.test("the man page names all variables that the program reads", () => {
  const allowed = RUN_OPTIONS.find((option) => option.startsWith("--allow-env="));
  // Deno itself lets any program know of NO_COLOR.
  const names = ["NO_COLOR", ...allowed?.slice("--allow-env=".length).split(",") ?? []];
  assert.ok(names.length > 1);
  assert.deepEqual(ENVIRONMENT.flatMap(([names]) => names).sort(), names.sort());
  const page = manPage(groups, "0");
  for (const name of names) assert.ok(page.includes(`\\fB${name}\\fR`), name);
});

Deno.test("each verb has a page, with its options, arguments and exit status", () => {
  const pages = verbPages(groups);
  assert.deepEqual(
    Object.keys(pages).sort(),
    ["README.md", ...verbs.map(({ name }) => `${name}.md`)].sort(),
  );
  for (const verb of verbs) {
    const page = pages[`${verb.name}.md`] ?? "";
    for (const { long } of optionsOf(verb)) assert.match(page, new RegExp(`\\| \`.*${long}[ \`]`));
    for (const { placeholder } of verb.arguments) {
      assert.ok(page.includes(placeholder.replaceAll("|", "\\|")), placeholder);
    }
    assert.match(page, /\n## Exit status\n\n0/);
    for (const [, link = ""] of page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      assert.ok(link in pages || existsSync(`${PROJECT}/docs/verbs/${link}`), link);
    }
  }
});
