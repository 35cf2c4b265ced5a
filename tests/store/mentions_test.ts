import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { type ClosureSource, MissingPathsError } from "../../src/store/closure.ts";
import { closureWithMentions, mentionsIn } from "../../src/store/mentions.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { storePath } from "../support/store_paths.ts";

/** Knows these paths, which refer to nothing, and counts the questions. */
function sourceOf(...known: StorePath[]): ClosureSource & { questions: number } {
  const missing = (paths: readonly StorePath[]) => paths.filter((path) => !known.includes(path));
  return {
    questions: 0,
    closureOf(roots) {
      this.questions++;
      const unknown = missing(roots);
      if (unknown.length > 0) {
        return Promise.reject(new MissingPathsError(unknown, "the fake store", "make it"));
      }
      return Promise.resolve(
        new Map(roots.map((path) => [path, { narSize: 1, references: [] }])),
      );
    },
    missing: (paths) => Promise.resolve(missing(paths)),
  };
}

const HELLO = storePath("hello-2.12", "a");
const BASH = storePath("bash", "b");

async function closureOfText(text: string, ...known: StorePath[]): Promise<StorePath[]> {
  const mentions = mentionsIn(text, "config.Cmd[0]");
  return [...(await closureWithMentions(sourceOf(...known), [], mentions)).keys()].sort();
}

Deno.test("mentionsIn() finds store paths in strings, keys and nested values, with their place", () => {
  const value = {
    Cmd: [`${HELLO}/bin/hello`, "--greeting=hi"],
    Env: [`PATH=${BASH}/bin:${HELLO}/bin`],
    Labels: { [`from${BASH}`]: "x", deep: [[{ er: `${HELLO}` }]] },
    [BASH]: null,
    StopTimeout: 3,
    Tty: true,
  };
  assert.deepEqual(mentionsIn(value, "config"), [
    { path: HELLO, where: "config.Cmd[0]" },
    { path: BASH, where: "config.Env[0]" },
    { path: HELLO, where: "config.Env[0]" },
    { path: BASH, where: "config.Labels" },
    { path: HELLO, where: "config.Labels.deep[0][0].er" },
    { path: BASH, where: "config" },
  ]);
});

Deno.test("mentionsIn() finds nothing in what is no store path", () => {
  for (
    const text of [
      "",
      "/nix/store",
      "/nix/store/hello",
      HELLO.slice(0, 43),
      HELLO.replace("store", "stores"),
      HELLO.replace("/nix/store/a", "/nix/store/e"),
    ]
  ) {
    assert.deepEqual(mentionsIn(text, "config"), [], text);
  }
  assert.deepEqual(mentionsIn(null, "config"), []);
});

Deno.test("closureWithMentions() takes roots and mentions, each once", async () => {
  const source = sourceOf(HELLO, BASH);
  const mentions = mentionsIn([`${HELLO}/bin`, `${HELLO}`], "config");
  const closure = await closureWithMentions(source, [BASH, HELLO], mentions);
  assert.deepEqual([...closure.keys()].sort(), [HELLO, BASH].sort());
  assert.equal(source.questions, 1);
});

Deno.test("closureWithMentions() finds a path that punctuation follows", async () => {
  for (
    const behind of [".", "?", "=", "-", "_", "+", "...", "=1", ".conf", "-wrapper.sh?x=1", ","]
  ) {
    assert.deepEqual(await closureOfText(`see ${HELLO}${behind} now`, HELLO), [HELLO], behind);
  }
});

Deno.test("closureWithMentions() prefers the longest name that is known", async () => {
  const longer = storePath("hello-2.12-doc", "a");
  const text = `${longer}.`;
  assert.deepEqual(await closureOfText(text, HELLO, longer), [longer]);
  assert.deepEqual(await closureOfText(text, HELLO), [HELLO]);
});

Deno.test("closureWithMentions() names the places of a path that is not known", async () => {
  const mentions = mentionsIn({ Cmd: [`${HELLO}/bin/hello`], Env: [`A=${HELLO}`] }, "config");
  await assert.rejects(closureWithMentions(sourceOf(BASH), [BASH], mentions), (error) => {
    assert.ok(error instanceof ImageError);
    assert.equal(
      error.message,
      `config.Cmd[0], config.Env[0]: ${HELLO} is not in the fake store; make it`,
    );
    return true;
  });
});

Deno.test("closureWithMentions() does not cut letters off a name", async () => {
  await assert.rejects(closureOfText(`${BASH}ful`, BASH), /bashful is not in the fake store/);
});

Deno.test("closureWithMentions() reports roots that are not known as such", async () => {
  const mentions = mentionsIn(`${HELLO}.`, "config");
  await assert.rejects(closureWithMentions(sourceOf(HELLO), [BASH], mentions), {
    name: "MissingPathsError",
    message: `Not in the fake store; make it:\n  ${BASH}\n  ${HELLO}.`,
  });
});
