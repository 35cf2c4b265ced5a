import assert from "node:assert/strict";
import fc from "fast-check";
import { BlobProgress, type BlobsState, renderBlobs } from "../../src/terminal/blob_progress.ts";

const state: BlobsState = {
  layers: 100,
  outcomes: { exists: 40, mounted: 2, pushed: 15 },
  active: [
    {
      layer: 58,
      label: "gcc-12.2.0, binutils-2.40",
      done: 12_300_000,
      total: 45_100_000,
      elapsed: 4_000,
    },
    { layer: 60, label: "zlib-1.2.13", done: 999, elapsed: 100 },
  ],
  sent: 120_000_000,
  elapsed: 10_000,
};

for (
  const [columns, lines] of [
    [100, [
      "layer 58/100  pushing  12.3 MB of 45.1 MB  3.1 MB/s  gcc-12.2.0, binutils-2.40",
      "layer 60/100  pushing  999 B  zlib-1.2.13",
      "57/100 layers  40 there already, 2 mounted, 15 pushed, 2 pushing, 41 waiting  120.0 MB sent",
    ]],
    [50, [
      "layer 58/100  pushing  12.3 MB of 45.1 MB",
      "layer 60/100  pushing  999 B  zlib-1.2.13",
      "57/100 layers",
    ]],
    [25, ["layer 58/100  pushing", "layer 60/100  pushing", "57/100 layers"]],
    [9, ["", "", ""]],
  ] as const
) {
  Deno.test(`renderBlobs() leaves out what does not fit into ${columns} columns`, () => {
    assert.deepEqual(renderBlobs(state, columns), lines);
  });
}

Deno.test("renderBlobs() shows a few of many that are being sent, and counts all", () => {
  const active = Array.from({ length: 90 }, (_, index) => ({
    layer: index + 1,
    label: "",
    done: 0,
    elapsed: 0,
  }));
  const outcomes = { exists: 0, mounted: 0, pushed: 0 };
  const lines = renderBlobs({ ...state, outcomes, active, sent: 0 }, 80);
  assert.equal(lines.length, 5);
  assert.equal(lines.at(-1), "0/100 layers  90 pushing, 10 waiting");
});

Deno.test("renderBlobs() is never wider than the columns and has no control characters", () => {
  const amount = {
    done: fc.nat(),
    total: fc.option(fc.nat(), { nil: undefined }),
    elapsed: fc.nat(),
  };
  const label = fc.string({ unit: "binary" });
  fc.assert(fc.property(
    fc.record({
      layers: fc.nat(200),
      outcomes: fc.record({ exists: fc.nat(99), mounted: fc.nat(99), pushed: fc.nat(99) }),
      active: fc.array(fc.record({ layer: fc.nat(200), label, ...amount })),
      sent: fc.nat(),
      elapsed: fc.nat(),
    }),
    fc.nat(150),
    (state, columns) => {
      for (const line of renderBlobs(state, columns)) {
        assert.ok(line.length <= columns);
        assert.match(line, /^[ -~]*$/);
      }
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

/** What a terminal shows in the end, of the sequences that are used here. */
function screenOf(written: readonly string[]): string[] {
  const lines = [""];
  let [row, column] = [0, 0];
  const text = written.join("").replaceAll("\x1b[", "§");
  for (const token of text.match(/§\d*[A-Z]|[\r\n]|[^§\r\n]+/g) ?? []) {
    const line = lines[row] ?? "";
    if (token === "\r") column = 0;
    else if (token === "\n") lines[++row] ??= "";
    else if (token === "§K") lines[row] = line.slice(0, column);
    else if (token === "§J") {
      lines.length = row + 1;
      lines[row] = line.slice(0, column);
    } else if (token.startsWith("§")) row -= Number(token.slice(1, -1));
    else {
      lines[row] = line.slice(0, column).padEnd(column) + token + line.slice(column + token.length);
      column += token.length;
    }
    assert.ok(row >= 0);
  }
  return lines;
}

const labels = ["glibc-2.36", "gcc-12.2.0, \x1b[2Jbinutils-2.40", "a".repeat(70), "zlib"];

Deno.test("BlobProgress redraws a few lines of a terminal, and takes them away", () => {
  const { written, clock, output } = fakeOutput(true);
  written.push("before\r\n");
  const progress = new BlobProgress(output);
  progress.start(labels);
  progress.pushing(0, 1000);
  assert.deepEqual(screenOf(written), [
    "before",
    "layer 1/4  pushing  0 B of 1.0 kB  glibc-2.36",
    "0/4 layers  1 pushing, 3 waiting",
  ]);
  progress.pushing(1, undefined);
  progress.pushing(2, 2_000);
  progress.sent(0, 400);
  clock.time += 500;
  progress.sent(1, 600);
  assert.deepEqual(screenOf(written), [
    "before",
    "layer 1/4  pushing  400 B of 1.0 kB  800 B/s  glibc-2.36",
    "layer 2/4  pushing  600 B  1.2 kB/s  gcc-12.2.0, ?[2Jbin...",
    "layer 3/4  pushing  0 B of 2.0 kB  aaaaaaaaaaaaaaaaaaaaa...",
    "0/4 layers  3 pushing, 1 waiting  1.0 kB sent  2.0 kB/s",
  ]);
  progress.done(0, "pushed", 1000);
  progress.done(2, "mounted", 1000);
  progress.done(3, "exists", 1000);
  clock.time += 500;
  progress.sent(1, 1000);
  assert.deepEqual(screenOf(written), [
    "before",
    "layer 2/4  pushing  1.6 kB  1.6 kB/s  gcc-12.2.0, ?[2Jbi...",
    "3/4 layers  1 there already, 1 mounted, 1 pushed, 1 pushing",
  ]);
  progress.clear();
  progress.clear();
  assert.deepEqual(screenOf(written), ["before", ""]);
});

Deno.test("BlobProgress redraws ten times a second at most", () => {
  const { written, clock, output } = fakeOutput(true);
  const progress = new BlobProgress(output);
  progress.start(labels);
  progress.pushing(0, 1000);
  for (let tick = 0; tick < 100; tick++) {
    clock.time += 10;
    progress.sent(0, 1);
  }
  assert.equal(written.length, 11);
});

Deno.test("BlobProgress makes room for a message, and goes on below", () => {
  const { written, output } = fakeOutput(true);
  const progress = new BlobProgress(output);
  progress.start(labels);
  progress.pushing(0, 1000);
  progress.clear();
  written.push("trying again\r\n");
  // What was sent in vain counts, and a layer does not get more than it has.
  progress.sent(0, 1500);
  assert.deepEqual(screenOf(written), [
    "trying again",
    "layer 1/4  pushing  1.0 kB of 1.0 kB  glibc-2.36",
    "0/4 layers  1 pushing, 3 waiting  1.5 kB sent",
  ]);
});

Deno.test("BlobProgress writes one line a layer where there is no terminal", () => {
  const { written, output } = fakeOutput(false);
  const progress = new BlobProgress(output, { colour: true });
  progress.start(labels);
  progress.pushing(1, undefined);
  progress.sent(1, 500);
  progress.done(2, "mounted", 45_100_000);
  progress.done(1, "pushed", 600);
  progress.done(0, "exists", 2_000);
  progress.clear();
  assert.deepEqual(written, [
    `layer 3/4: mounted, 45.1 MB: ${"a".repeat(57)}...\n`,
    "layer 2/4: pushed, 600 B: gcc-12.2.0, ?[2Jbinutils-2.40\n",
    "layer 1/4: exists, 2.0 kB: glibc-2.36\n",
  ]);
});

for (const isTerminal of [true, false]) {
  Deno.test(`BlobProgress is silent when quiet, terminal: ${isTerminal}`, () => {
    const { written, output } = fakeOutput(isTerminal);
    const progress = new BlobProgress(output, { quiet: true });
    progress.start(labels);
    progress.pushing(0, 1);
    progress.sent(0, 1);
    progress.done(0, "pushed", 1);
    progress.clear();
    assert.deepEqual(written, []);
  });
}
