import assert from "node:assert/strict";
import fc from "fast-check";
import { Progress, renderProgress } from "../../src/terminal/progress.ts";
import { onTerminal } from "../support/terminal.ts";

const state = {
  layer: 3,
  layers: 12,
  label: "gcc-12.2.0, binutils-2.40, zlib-1.2.13",
  done: 455_000_000,
  total: 910_000_000,
  elapsed: 5_000,
};

for (
  const [columns, line] of [
    [
      120,
      "[#####-----] 50%  layer 3/12  455.0 MB of 910.0 MB  91.0 MB/s  5.0 s left" +
      "  gcc-12.2.0, binutils-2.40, zlib-1.2.13",
    ],
    [
      100,
      "[#####-----] 50%  layer 3/12  455.0 MB of 910.0 MB  91.0 MB/s  5.0 s left" +
      "  gcc-12.2.0, binutils-2...",
    ],
    [80, "[#####-----] 50%  layer 3/12  455.0 MB of 910.0 MB  91.0 MB/s  5.0 s left"],
    [70, "[#####-----] 50%  layer 3/12  455.0 MB of 910.0 MB  5.0 s left"],
    [60, "[#####-----] 50%  layer 3/12  455.0 MB of 910.0 MB  gcc-1..."],
    [40, "layer 3/12  455.0 MB of 910.0 MB"],
    [20, "layer 3/12  gcc-1..."],
    [10, "layer 3/12"],
    [9, ""],
  ] as const
) {
  Deno.test(`renderProgress() leaves out what does not fit into ${columns} columns`, () => {
    assert.equal(renderProgress(state, columns), line);
  });
}

Deno.test("renderProgress() does without a total", () => {
  assert.equal(
    renderProgress({ ...state, total: undefined, label: "bash-5.2" }, 100),
    "layer 3/12  455.0 MB  91.0 MB/s  bash-5.2",
  );
});

Deno.test("renderProgress() shows no rate at the start, and no time left at the end", () => {
  assert.equal(
    renderProgress({ ...state, done: 1_000, elapsed: 20, label: "" }, 100),
    "[----------]  0%  layer 3/12  1.0 kB of 910.0 MB",
  );
  assert.equal(
    renderProgress({ ...state, done: 910_000_000, label: "" }, 100),
    "[##########]100%  layer 3/12  910.0 MB of 910.0 MB  182.0 MB/s",
  );
});

Deno.test("renderProgress() colours the bar if asked, beyond the columns", () => {
  assert.equal(
    renderProgress({ ...state, label: "" }, 60, { colour: true }),
    "[\x1b[32m#####\x1b[39m-----] 50%  layer 3/12  455.0 MB of 910.0 MB",
  );
});

Deno.test("renderProgress() is never wider than the columns and has no control characters", () => {
  fc.assert(fc.property(
    fc.record({
      layer: fc.nat(200),
      layers: fc.nat(200),
      label: fc.string({ unit: "binary" }),
      done: fc.nat(),
      total: fc.option(fc.nat(), { nil: undefined }),
      elapsed: fc.nat(),
    }),
    fc.nat(150),
    (state, columns) => {
      const line = renderProgress(state, columns);
      assert.ok(line.length <= columns);
      assert.match(line, /^[ -~]*$/);
    },
  ));
});

/** Standard error as the test wants it, with a clock that it sets. */
function fakeOutput(isTerminal: boolean, columns = 60) {
  const written: string[] = [];
  const clock = { time: 1_000_000 };
  const write = (text: string) => void written.push(text);
  return { written, clock, output: { write, isTerminal, columns, now: () => clock.time } };
}

const layers = [
  { label: "glibc-2.36", paths: 1, size: 45_100_000 },
  { label: "gcc-12.2.0, \x1b[2Jbinutils-2.40", paths: 4 },
  { label: "customisation", paths: 0, size: 999 },
  { label: "a".repeat(70), paths: 90, size: 2_000 },
];

Deno.test("Progress writes one line a layer where there is no terminal", () => {
  const { written, output } = fakeOutput(false);
  const progress = new Progress(output, { colour: true });
  progress.start(layers, 1000);
  layers.forEach((_, index) => {
    progress.layer(index);
    progress.bytes(250);
  });
  progress.finish();
  assert.deepEqual(written, [
    "layer 1/4: 1 path, 45.1 MB: glibc-2.36\n",
    "layer 2/4: 4 paths: gcc-12.2.0, ?[2Jbinutils-2.40\n",
    "layer 3/4: 999 B: customisation\n",
    `layer 4/4: 90 paths, 2.0 kB: ${"a".repeat(57)}...\n`,
  ]);
});

Deno.test("Progress redraws a terminal's line ten times a second at most, and clears it", () => {
  const { written, clock, output } = fakeOutput(true);
  const progress = new Progress(output);
  progress.start(layers, 1000);
  progress.layer(0);
  for (let tick = 0; tick < 20; tick += 1) {
    clock.time += 10;
    progress.bytes(10);
  }
  progress.layer(1);
  progress.finish();
  progress.finish();
  assert.deepEqual(written, [
    "\r[----------]  0%  layer 1/4  0 B of 1.0 kB  glibc-2.36\x1b[K",
    "\r[#---------] 10%  layer 1/4  100 B of 1.0 kB  glibc-2.36\x1b[K",
    "\r[##--------] 20%  layer 1/4  200 B of 1.0 kB  glibc-2.36\x1b[K",
    "\r\x1b[K",
  ]);
});

Deno.test("Progress takes a terminal of unknown width for 80 columns, and leaves the last", () => {
  const { written, output } = fakeOutput(true, 0);
  const progress = new Progress(output);
  progress.start([{ label: "x".repeat(100), paths: 1 }]);
  progress.layer(0);
  assert.deepEqual(written, [`\rlayer 1/1  0 B  ${"x".repeat(60)}...\x1b[K`]);
});

for (const isTerminal of [true, false]) {
  Deno.test(`Progress is silent when quiet, terminal: ${isTerminal}`, () => {
    const { written, output } = fakeOutput(isTerminal);
    const progress = new Progress(output, { quiet: true });
    progress.start(layers, 1000);
    progress.layer(0);
    progress.bytes(500);
    progress.finish();
    assert.deepEqual(written, []);
  });
}

const probe = new URL("progress_probe.ts", import.meta.url).pathname;

Deno.test("Progress draws on a real terminal and leaves nothing behind", async () => {
  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-env=TERM", probe];
  const [clear, first, second, ...rest] = (await onTerminal(deno, { columns: 70 })).split("\r");
  assert.equal(clear, "");
  assert.equal(first, "[----------]  0%  layer 1/1  0 B of 2.0 kB  glibc-2.36 ?]0;title?\x1b[K");
  // On a slow machine, the rate follows.
  assert.ok(second?.startsWith("[#######---] 75%  layer 1/1  1.5 kB of 2.0 kB  "));
  assert.deepEqual(rest, ["\x1b[K"]);
});

Deno.test("Progress writes plain lines to a pipe", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-env=TERM", probe],
    stderr: "piped",
    stdout: "null",
  }).output();
  assert.equal(
    new TextDecoder().decode(stderr),
    "layer 1/1: 1 path: glibc-2.36 ?]0;title?\n",
  );
});

Deno.test("Progress does not end the work when standard error is full", async () => {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `'${Deno.execPath()}' run --quiet --no-prompt '${probe}' 2>/dev/full`],
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "done\n");
});
