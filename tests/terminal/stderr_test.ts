import assert from "node:assert/strict";
import { screenOf } from "../support/screen.ts";
import { onTerminal } from "../support/terminal.ts";

const PROBE = [Deno.execPath(), "run", "--quiet", "--allow-env=TERM,NO_COLOR", "--no-config"];
const FILE = new URL("stderr_probe.ts", import.meta.url).pathname;
const TOLD = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"];

Deno.test("tell() keeps lines whole above progress that is redrawn", async () => {
  const env = { TERM: "xterm" };
  const text = await onTerminal([...PROBE, FILE], { columns: 80, env });
  assert.match(text, /layer 1\/1/);
  assert.match(text, /0\/3 layers/);
  assert.match(text, /pulling/);
  assert.deepEqual(screenOf(text), [...TOLD, ""]);
  const unfinished = await onTerminal([...PROBE, FILE, "unfinished"], { columns: 80, env });
  const [last = "", ...others] = screenOf(unfinished).reverse();
  assert.match(last, /pulling {2}20 B of 1.0 kB/);
  assert.deepEqual(others.reverse(), TOLD);
});

Deno.test("a dumb terminal gets lines that stay, without escape sequences", async () => {
  const text = await onTerminal([...PROBE, FILE], { columns: 80, env: { TERM: "dumb" } });
  assert.ok(!text.includes("\x1b"));
  const lines = text.split("\r\n");
  assert.deepEqual(lines.filter((line) => TOLD.includes(line)), TOLD);
  assert.ok(lines.some((line) => line.startsWith("layer 1/1")), text);
});
