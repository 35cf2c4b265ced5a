/**
 * Completion, typed at real shells.
 * @module
 */

import assert from "node:assert/strict";
import { commandLineModel, optionsOf } from "../../src/command_line/model.ts";
import { VERBS } from "../../src/command_line/verbs.ts";
import { directoryWithProgram, nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import {
  INSERT_ALL,
  type ShellPlace,
  typeAtBash,
  typeAtZsh,
  type Typed,
} from "../support/shells_at_work.ts";

const TAB = "\t";
const verbs = (await commandLineModel(VERBS)).flatMap((group) => group.verbs);
const names = verbs.map(({ name }) => name);

async function completions(shell: string): Promise<string> {
  const { code, text, stderr } = await nixImage(["completions", shell]);
  assert.deepEqual([code, stderr], [0, ""]);
  return text;
}

/** A home, and a directory with two files and a directory. */
async function placeIn(scratch: Scratch): Promise<ShellPlace> {
  const place = { home: `${scratch.path}/home`, cwd: `${scratch.path}/work` };
  await Deno.mkdir(place.home);
  await Deno.mkdir(`${place.cwd}/roots`, { recursive: true });
  await Deno.writeTextFile(`${place.cwd}/my spec.json`, "{}");
  await Deno.writeTextFile(`${place.cwd}/other.json`, "{}");
  return place;
}

/** What the line is after a TAB, by what was typed before. */
const AFTER_TAB: Readonly<Record<string, string>> = {
  "nix-image bui": "nix-image build ",
  "nix-image build --outp": "nix-image build --output",
  "nix-image build --format oci-": "nix-image build --format oci-archive ",
  "nix-image build --format=oci-": "nix-image build --format=oci-archive ",
  'nix-image build --format "oci-': "nix-image build --format oci-archive ",
  "nix-image build my": "nix-image build my\\ spec.json ",
  'nix-image build "my': 'nix-image build "my spec.json" ',
  "nix-image build --output=oth": "nix-image build --output=other.json ",
  "nix-image build -o oth": "nix-image build -o other.json ",
  "nix-image build -- oth": "nix-image build -- other.json ",
  "nix-image layer --store-root ": "nix-image layer --store-root roots/",
  "nix-image push -q other.json dock": "nix-image push -q other.json docker://",
  "nix-image push other.json docker:": "nix-image push other.json docker://",
  "nix-image push other.json docker://h:5000/a --tls-verify f":
    "nix-image push other.json docker://h:5000/a --tls-verify false ",
  "nix-image push --tls-verify=f": "nix-image push --tls-verify=false ",
  "nix-image merge a b oth": "nix-image merge a b other.json ",
  "nix-image helper ": "nix-image helper shadow-setup ",
  "nix-image completions b": "nix-image completions bash ",
  "nix-image pull oth": "nix-image pull oth",
  "nix-image schema oth": "nix-image schema oth",
  "nix-image schema > oth": "nix-image schema > other.json ",
};

function assertAfterTab(typed: readonly Typed[], words: (line: string) => string): void {
  assert.deepEqual(
    typed.map(({ line }, index) => [Object.keys(AFTER_TAB)[index], words(line)]),
    Object.entries(AFTER_TAB).map(([keys, line]) => [keys, words(line)]),
  );
}

/** Shells differ in what they put behind a word, and in whether they take quotes away. */
function plain(line: string): string {
  return line.replaceAll('"', "").replace(/[=/ ]+$/, "");
}

Deno.test("bash completes verbs, options, choices and files", async () => {
  await using scratch = new Scratch();
  const place = await placeIn(scratch);
  const script = await completions("bash");
  const keys = Object.keys(AFTER_TAB).map((line) => line + TAB);
  assertAfterTab(await typeAtBash(script, keys, place), plain);
});

Deno.test("zsh completes verbs, options, choices and files", async () => {
  await using scratch = new Scratch();
  const place = await placeIn(scratch);
  const script = await completions("zsh");
  const keys = Object.keys(AFTER_TAB).map((line) => line + TAB);
  assertAfterTab(await typeAtZsh(script, keys, place), plain);
});

Deno.test("bash offers all verbs, and all options of each", async () => {
  await using scratch = new Scratch();
  const place = await placeIn(scratch);
  const lines = ["nix-image ", ...names.map((name) => `nix-image ${name} -`)];
  const keys = lines.map((line) => line + INSERT_ALL);
  const [first, ...others] = await typeAtBash(await completions("bash"), keys, place);
  assert.deepEqual(wordsAfter("nix-image ", first), [...names].sort());
  for (const [index, typed] of others.entries()) {
    const verb = verbs[index];
    assert.ok(verb);
    const options = optionsOf(verb)
      .flatMap(({ short, long }) => short === undefined ? [long] : [short, long]);
    assert.deepEqual(wordsAfter(`nix-image ${verb.name} `, typed), options.sort());
  }
});

function wordsAfter(start: string, typed: Typed | undefined): string[] {
  assert.ok(typed);
  assert.ok(typed.line.startsWith(start), typed.line);
  return typed.line.slice(start.length).trim().split(" ").sort();
}

Deno.test("bash offers an option again if it may be given several times, or else not", async () => {
  await using scratch = new Scratch();
  const place = await placeIn(scratch);
  const [typed] = await typeAtBash(
    await completions("bash"),
    [`nix-image push -q --history a --cache-repo=b --${INSERT_ALL}`],
    place,
  );
  const words = wordsAfter("nix-image push -q --history a --cache-repo=b ", typed);
  assert.ok(words.includes("--history"));
  assert.ok(words.includes("--cache-key"));
  assert.ok(!words.includes("--quiet"));
  assert.ok(!words.includes("--cache-repo"));
});

Deno.test("bash completes where words do not end at = and :", async () => {
  await using scratch = new Scratch();
  const place = await placeIn(scratch);
  const script = `${await completions("bash")}\nCOMP_WORDBREAKS=\${COMP_WORDBREAKS//[=:]/}`;
  const [choice, destination] = await typeAtBash(
    script,
    [`nix-image build --format=oci-${TAB}`, `nix-image push a docker:${TAB}`],
    place,
  );
  assert.equal(choice?.line, "nix-image build --format=oci-archive ");
  assert.equal(destination?.line, "nix-image push a docker://");
});

Deno.test("zsh shows what verbs, options and choices are for", async () => {
  await using scratch = new Scratch();
  const place = await placeIn(scratch);
  const lines = ["nix-image ", ...names.map((name) => `nix-image ${name} -`)];
  const keys = [...lines, "nix-image build --format "].map((line) => line + TAB);
  const shown = (await typeAtZsh(await completions("zsh"), keys, place)).map((typed) =>
    typed.shown
  );
  for (const { name, summary } of verbs) {
    assert.match(shown[0] ?? "", new RegExp(`\\n${name} +-- ${summary.slice(0, 40)}`));
  }
  for (const [index, verb] of verbs.entries()) {
    const options = shown[index + 1] ?? "";
    for (const { short, long, description } of optionsOf(verb)) {
      // Where there is one choice alone, it is in the line already.
      const start = short === undefined ? long : `(?:${long}|${short}).*?`;
      const [words = ""] = /^[\w ,]+/.exec(description) ?? [];
      assert.match(options, new RegExp(`${start}.* -- ${words.slice(0, 20)}`), verb.name);
    }
  }
  assert.match(shown.at(-1) ?? "", /docker-archive +oci +oci-archive/);
});

Deno.test("zsh finds the completion in a directory of fpath", async () => {
  await using scratch = new Scratch();
  const place = await placeIn(scratch);
  await Deno.mkdir(`${place.home}/functions`);
  await Deno.writeTextFile(`${place.home}/functions/_nix-image`, await completions("zsh"));
  const script = "fpath=(~/functions $fpath)\ncompinit -u -D";
  const [verb, choice] = await typeAtZsh(
    script,
    [`nix-image bui${TAB}`, `nix-image build --format oci-${TAB}`],
    place,
  );
  assert.equal(verb?.line, "nix-image build ");
  assert.equal(choice?.line, "nix-image build --format oci-archive ");
});

Deno.test("fish offers verbs, options, choices and files, and says what they are for", async () => {
  await using scratch = new Scratch();
  const { home, cwd } = await placeIn(scratch);
  const directory = `${home}/.config/fish/completions`;
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(`${directory}/nix-image.fish`, await completions("fish"));
  const offered = async (...lines: readonly string[]): Promise<Map<string, string>[]> => {
    const script = "for line in $argv; complete -C $line; echo; end";
    // It completes what is there alone.
    const path = `${directoryWithProgram(scratch.path)}:${Deno.env.get("PATH")}`;
    const env = { HOME: home, XDG_CONFIG_HOME: `${home}/.config`, PATH: path, LC_ALL: "C.UTF-8" };
    const text = await succeed(["fish", "-c", script, "--", ...lines], { env, cwd });
    return text.split("\n\n").slice(0, lines.length).map((part) =>
      new Map(
        part.split("\n").filter((line) => line !== "").map((line) => {
          const [word = "", ...about] = line.split("\t");
          return [word, about.join("\t")];
        }),
      )
    );
  };
  const words = (map: Map<string, string> | undefined) => [...map?.keys() ?? []].sort();

  const [atVerb, ...atOptions] = await offered(
    "nix-image ",
    ...names.map((name) => `nix-image ${name} --`),
  );
  assert.deepEqual(
    [...atVerb ?? []].sort(),
    verbs.map(({ name, summary }) => [name, summary]).sort(),
  );
  for (const [index, verb] of verbs.entries()) {
    assert.deepEqual(
      [...atOptions[index] ?? []].sort(),
      optionsOf(verb).map(({ long, description }) => [long, description]).sort(),
    );
  }

  const expected: Readonly<Record<string, readonly string[]>> = {
    "nix-image build --format ": ["docker-archive", "oci", "oci-archive"],
    "nix-image build --format=": ["docker-archive", "oci", "oci-archive"]
      .map((choice) => `--format=${choice}`),
    "nix-image build m": ["my spec.json"],
    "nix-image build o": ["other.json"],
    "nix-image build -o oth": ["other.json"],
    "nix-image layer --store-root ": ["roots/"],
    "nix-image push other.json docker": ["docker://"],
    "nix-image push --tls-verify ": ["false", "true"],
    "nix-image helper ": ["shadow-setup"],
    "nix-image completions ": ["bash", "fish", "zsh"],
    "nix-image schema ": [],
    "nix-image pull ": [],
  };
  const offers = await offered(...Object.keys(expected));
  assert.deepEqual(offers.map(words), Object.values(expected));
});
