/**
 * Colours and lines that are redrawn: on terminals alone, and where they are wanted.
 * @module
 */

import assert from "node:assert/strict";
import { type Colours, colours } from "../../src/terminal/colours.ts";
import { nixImage, nixImageCommand } from "../support/program.ts";
import { onTerminal } from "../support/terminal.ts";

const NAMES = ["error", "warning", "good", "strong", "detail"] as const;

Deno.test("colours() gives texts as they are, or with a colour that ends with them", () => {
  const nested = ({ strong, error }: Colours) => strong(`a ${error("b")} c`);
  for (const name of NAMES) {
    assert.equal(colours(false)[name]("text"), "text");
    // ECMA-48 (SGR): 1 and 2 end with 22, colours of the foreground with 39.
    const shown = colours(true)[name]("text").replaceAll("\x1b[", "<");
    assert.match(shown, /^(?:<[12]mtext<22m|<3[1-6]mtext<39m)$/);
    assert.equal(colours(true)[name](""), "");
  }
  assert.equal(nested(colours(false)), "a b c");
  assert.equal(nested(colours(true)), "\x1b[1ma \x1b[31mb\x1b[39m c\x1b[22m");
});

/** What a terminal gets of an error, `<` standing for what begins escape sequences. */
async function errorOnTerminal(env: Record<string, string>): Promise<string> {
  const words = nixImageCommand();
  const script = 'unset NO_COLOR; "$@" plan; test $? = 2';
  const set = ["env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const text = await onTerminal(["sh", "-c", script, "sh", ...set, ...words], { columns: 80 });
  return text.replaceAll("\x1b[", "<");
}

const ERROR = /nix-image:(?:<\d+m)* Missing what to plan/;

Deno.test("an error on a terminal has colours, unless NO_COLOR is set and not empty, or it is dumb", async () => {
  for (const env of [{ TERM: "xterm" }, { TERM: "xterm", NO_COLOR: "" }]) {
    const text = await errorOnTerminal(env);
    assert.match(text, ERROR);
    assert.match(text, /<31m/);
  }
  for (const env of [{ TERM: "xterm", NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const text = await errorOnTerminal(env);
    assert.match(text, ERROR);
    assert.doesNotMatch(text, /[<\x7f]|\p{Cc}(?<![\r\n])/u);
  }
});

Deno.test("an error in a pipe has no colours", async () => {
  const { code, stderr } = await nixImage(["plan"], { env: { TERM: "xterm" } });
  assert.equal(code, 2);
  assert.match(stderr, /^nix-image: Missing what to plan/);
});
