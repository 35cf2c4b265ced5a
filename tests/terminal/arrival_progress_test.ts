import assert from "node:assert/strict";
import { ArrivalProgress, renderArrival } from "../../src/terminal/arrival_progress.ts";

const amount = { done: 45_100_000, total: 90_200_000, elapsed: 5_000 };

for (
  const [columns, line] of [
    [
      90,
      "[#####-----] 50%  pulling  45.1 MB of 90.2 MB  9.0 MB/s  5.0 s left  docker.io/library/...",
    ],
    [60, "[#####-----] 50%  pulling  45.1 MB of 90.2 MB  5.0 s left"],
    [30, "pulling  45.1 MB of 90.2 MB"],
    [5, ""],
  ] as const
) {
  Deno.test(`renderArrival() leaves out what does not fit into ${columns} columns`, () => {
    assert.equal(renderArrival(amount, "docker.io/library/alpine:3", columns), line);
  });
}

Deno.test("renderArrival() does without a total", () => {
  assert.equal(
    renderArrival({ ...amount, total: undefined }, "alpine:3", 80),
    "pulling  45.1 MB  9.0 MB/s  alpine:3",
  );
});

for (
  const [isTerminal, quiet, expected] of [
    [true, false, ["\rpulling  0 B  alpine\x1b[K", "\rpulling  9 B  alpine\x1b[K", "\r\x1b[K"]],
    [true, true, []],
    [false, false, []],
  ] as const
) {
  Deno.test(`ArrivalProgress, terminal: ${isTerminal}, quiet: ${quiet}`, () => {
    const written: string[] = [];
    let time = 0;
    const write = (text: string) => void written.push(text);
    const output = { write, isTerminal, columns: 40, now: () => time };
    const progress = new ArrivalProgress(output, "alpine", { quiet });
    progress.arrived(0, undefined);
    time += 50;
    progress.arrived(8, undefined);
    time += 50;
    progress.arrived(9, undefined);
    progress.finish();
    progress.finish();
    assert.deepEqual(written, expected);
  });
}
