/**
 * Caches behind HTTP that send without an end, hardly anything, or cut off what they send: nothing is
 * made of it, in little time and memory, unless all of it comes in the end.
 * @module
 */

import assert from "node:assert/strict";
import { BinaryCaches, type CacheCompression } from "../support/binary_caches.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { startRegistry } from "../support/registries.ts";
import { type Attempt, attempt, MAKINGS } from "../support/remote_attempts.ts";
import { Scratch } from "../support/scratch.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { compressed, listingOf, narinfoOf, WireCache } from "../support/wire_cache.ts";
import {
  encode,
  endless,
  type Framing,
  joined,
  sent,
  wholeAnswer,
  type WireAnswer,
  type WireRequest,
  WireServer,
} from "../support/wire_server.ts";

const { hello, message } = await buildFixtures("hello", "message");
const caches = await BinaryCaches.create(hello);
const scratch = new Scratch();
const registry = await startRegistry();
Deno.test.afterAll(async () => {
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

/** Of two megabytes; `message` is a file of a line. */
const large = caches.paths.find((path) => path.endsWith("-busybox-static"))!;
const cache = new WireCache(
  await caches.cache({ compression: "none", listings: true, signedBy: "key" }),
);
const SPEC = { name: "app", tag: "1", contents: [hello] };

/** A run takes hardly 100; of 192 for any closure, the rest is for those that are large. */
const MOST_MEMORY = 192 * 2 ** 20;
/** On a machine that has other things to do. */
const MOST_SECONDS = 30;

/** A fault of a server, and what comes of it. */
interface Case {
  readonly what: string;
  /** What is done instead of what should be; undefined where nothing else is done. */
  readonly fault: (request: WireRequest) => WireAnswer | undefined;
  /** What the error says; undefined if the image is made, as without the fault. */
  readonly error?: RegExp;
  /** The path that it is to name, if it is of one. */
  readonly path?: string;
  readonly framing?: Framing;
  /** The seconds after which a cache counts as silent. */
  readonly patience?: number;
}

let next = 0;

/** The images that come of a cache without a fault. */
const expected = new Map(
  await Promise.all(MAKINGS.map(async (making) => {
    await using server = new WireServer((request) => cache.answer(request));
    return [making, (await attemptFrom(server, making)).made] as const;
  })),
);

async function attemptFrom(
  server: WireServer,
  making: typeof MAKINGS[number],
  patience = 20,
): Promise<Attempt> {
  return await attempt(scratch, {
    making,
    spec: SPEC,
    options: ["--store", server.url, "--trusted-public-keys", caches.key.public],
    settings: `stalled-download-timeout = ${patience}\ndownload-attempts = 2\n`,
    registry: registry.host,
  });
}

async function check({ what, fault, error, path, framing, patience }: Case): Promise<void> {
  // Each fault meets another one of them.
  const making = MAKINGS[next++ % MAKINGS.length]!;
  await using server = new WireServer((request) =>
    fault(request) ?? cache.answer(request, framing)
  );
  const { code, stderr, seconds, memory, made, left } = await attemptFrom(server, making, patience);
  const about = `${making}: ${stderr}`;
  assert.ok(seconds < MOST_SECONDS, `${seconds} s, ${about}`);
  assert.ok(memory < MOST_MEMORY, `${memory} bytes, ${about}`);
  assert.deepEqual(left, [], about);
  if (error === undefined) {
    assert.equal(code, 0, about);
    assert.equal(stderr, "");
    assert.deepEqual(made, expected.get(making), about);
    return;
  }
  assert.equal(code, 1, `${what}: ${about}`);
  assert.match(stderr, /^nix-image: /);
  assert.equal(stderr.split("nix-image: ").length, 2, about);
  assert.doesNotMatch(stderr, /defect|\n\s+at /);
  assert.match(stderr, error);
  assert.ok(stderr.includes(server.url), about);
  assert.ok(stderr.includes(path ?? ""), about);
  assert.ok(stderr.length < 2000, about);
  // Of what goes to a pipe, the end is missing.
  if (making === "stream") {
    assert.ok(!new TextDecoder("latin1").decode(made).includes("manifest.json"));
  } else assert.deepEqual(made, new Uint8Array(), about);
}

function checkAll(
  what: string,
  cases: () => Promise<readonly Case[]> | readonly Case[],
  atOnce?: number,
): void {
  Deno.test(what, async () => await sideBySide(await cases(), ({ what }) => what, check, atOnce));
}

const HEAD = encode("HTTP/1.1 200 OK\r\n\r\n");
const ZEROS = new Uint8Array(1 << 20);

/** Another answer for one file. */
function instead(file: string, answer: () => WireAnswer): Case["fault"] {
  return ({ path }) => path === file ? answer() : undefined;
}

/** A NAR of the large path, compressed, as its narinfo then has to say: nobody signs that. */
function insteadOfNar(
  compression: CacheCompression,
  fileSize: number,
  answer: () => WireAnswer,
): Case["fault"] {
  const narinfo = cache.narinfoWith(large, { Compression: compression, FileSize: `${fileSize}` });
  return ({ path }) =>
    path === narinfoOf(large)
      ? sent(narinfo)
      : path === cache.narFileOf(large)
      ? answer()
      : undefined;
}

/** What compressed data may have in it without an end, and become nothing by it. */
async function emptyParts(): Promise<Partial<Record<CacheCompression, Uint8Array>>> {
  const none = new Uint8Array();
  return {
    gzip: await compressed("gzip", none),
    zstd: await compressed("zstd", none),
    // RFC 8878, 3.1.2: a frame to be skipped.
    "zstd ": Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 0, 0, 0, 0),
    xz: await compressed("xz", none),
    bzip2: await compressed("bzip2", none),
    // RFC 7932, 9.2: empty metadata, each up to the end of a byte.
    br: Uint8Array.of(0x06),
  } as Partial<Record<CacheCompression, Uint8Array>>;
}

checkAll("a NAR without an end", async () => {
  const nar = cache.file(cache.narFileOf(large));
  const begun = nar.slice(0, 100_000);
  const cases: Case[] = [{
    what: "not compressed",
    fault: instead(cache.narFileOf(large), () => ({
      parts: endless([HEAD, nar], ZEROS),
      then: "close",
    })),
    error: /has more than the \d+ bytes/,
    path: large,
  }];
  for (const compression of ["gzip", "zstd", "xz", "bzip2"] as const) {
    const start = await compressed(compression, begun), more = await compressed(compression, ZEROS);
    const fault = insteadOfNar(compression, Number.MAX_SAFE_INTEGER, () => ({
      parts: endless([HEAD, start], more),
      then: "close",
    }));
    cases.push({ what: compression, fault, error: /expands to more than the/, path: large });
  }
  for (const [name, part] of Object.entries(await emptyParts())) {
    const compression = name.trim() as CacheCompression;
    const first = compression === "br" ? Uint8Array.of(0x0c) : await compressed(compression, begun);
    const many = joined(Array.from({ length: 10_000 }, () => part));
    cases.push({
      what: `${name}: what becomes nothing`,
      fault: insteadOfNar(compression, Number.MAX_SAFE_INTEGER, () => ({
        parts: endless([HEAD, first], many),
        then: "close",
      })),
      error: /has more than the \d+ bytes|more than \d+ frames/,
      path: large,
    });
  }
  return cases;
});

checkAll("a NAR that becomes a thousand times as large as it should", async () => {
  const nar = cache.file(cache.narFileOf(large));
  const cases: Case[] = [];
  for (const compression of ["gzip", "zstd", "xz", "bzip2", "br"] as const) {
    const plain = joined([nar.subarray(0, 1000), new Uint8Array(1 << 26)]);
    const one = await compressed(compression, plain);
    // A gigabyte: those of brotli can not be put one behind the other.
    const bomb = joined(Array.from({ length: compression === "br" ? 1 : 16 }, () => one));
    cases.push({
      what: compression,
      fault: insteadOfNar(compression, bomb.length, () => sent(bomb)),
      error: /expands to more than the|has more than the/,
      path: large,
    });
  }
  return cases;
});

/** Ways to send a small file without an end. */
const ENDLESS: Readonly<Record<string, () => WireAnswer>> = {
  "body": () => ({ parts: endless([HEAD], encode("Unknown: x\n".repeat(10_000))), then: "close" }),
  "line of the head": () => ({
    parts: endless([encode("HTTP/1.1 200 OK\r\nx: ")], encode("x".repeat(10_000))),
    then: "close",
  }),
  "head": () => ({
    parts: endless([encode("HTTP/1.1 200 OK\r\n")], encode("x: y\r\n".repeat(1000))),
    then: "close",
  }),
  "answers before the answer": () => ({
    parts: endless([], encode("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000))),
    then: "close",
  }),
  "trailer": () => ({
    parts: endless(
      [encode("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")],
      encode("x: y\r\n".repeat(1000)),
    ),
    then: "close",
  }),
};

checkAll("small files without an end", () => {
  const { gzip } = { gzip: "Content-Encoding: gzip\r\n" };
  const cases: Case[] = [];
  const files = [["nix-cache-info"], [narinfoOf(message), message], [listingOf(message)]] as const;
  for (const [file, path] of files) {
    // A listing is a help: without it, the NAR is read.
    const rest = { ...file.endsWith(".ls") ? {} : { error: /GET / }, ...path && { path } };
    for (const [what, answer] of Object.entries(ENDLESS)) {
      cases.push({ what: `${what} of ${file}`, fault: instead(file, answer), ...rest });
    }
  }
  const references = Array.from({ length: 2_000_000 }, (_, n) => `${digits(n)}-x`).join(" ");
  const narinfo = cache.narinfoWith(message, { References: references });
  cases.push({
    what: "millions of references",
    fault: instead(narinfoOf(message), () => sent(narinfo)),
    error: /longer than \d+ bytes/,
    path: message,
  });
  return compressed("gzip", new Uint8Array(1 << 28)).then((bomb) => {
    for (const [file, path] of files.slice(1)) {
      cases.push({
        what: `a bomb for ${file}`,
        fault: instead(file, () => sent(bomb, { headers: gzip })),
        ...path ? { path, error: /cannot decode gzip/ } : {},
      });
    }
    return cases;
  });
});

checkAll("listings that take much memory", () => {
  const root = '"root":{"type":"regular","size":14}';
  const filled = (start: string, part: (n: number) => string, end: string) => {
    let text = start;
    for (let n = 0; text.length < 4_000_000; n++) text += part(n);
    return text + end;
  };
  const texts = {
    "objects": filled('{"version":1,"x":[', () => "{},", `1],${root}}`),
    "arrays in arrays": filled('{"version":1,"x":', () => "[", "") + `${"]".repeat(10)},${root}}`,
    "names": filled('{"version":1,"x":{', (n) => `"${1e7 + n}":1,`, `"":1},${root}}`),
    "directories": filled(
      '{"version":1,"root":{"type":"directory","entries":{',
      (n) => `"${n}":{"type":"directory","entries":{}},`,
      '"x":{"type":"directory","entries":{}}}}}',
    ),
  };
  return Object.entries(texts).map(([what, text]) => ({
    what,
    fault: instead(listingOf(message), () => sent(encode(text))),
    ...what === "directories" ? { error: /other files than its store's listing says/ } : {},
  }));
});

function digits(n: number): string {
  return String(n).padStart(32, "0");
}

checkAll("a closure without an end", () =>
  [1, 300, 10_000].map((width) => {
    let last = 0;
    const references = (count: number) =>
      Array.from({ length: count }, () => `${digits(++last)}-x`).join(" ");
    return {
      what: `each refers to ${width} others`,
      fault: ({ path }: WireRequest) => {
        if (path === narinfoOf(hello)) {
          return sent(cache.narinfoWith(hello, { References: references(1) }));
        }
        const [, digest] = /^(0\d+)\.narinfo$/.exec(path) ?? [];
        if (digest === undefined) return undefined;
        const lines = [
          `StorePath: /nix/store/${digest}-x`,
          "URL: nar/x.nar",
          "Compression: none",
          `NarHash: sha256:${"0".repeat(64)}`,
          "NarSize: 100",
          `References: ${references(width)}`,
        ];
        return sent(encode(`${lines.join("\n")}\n`));
      },
      error: /more than \d+/,
    };
  }));

/** Places in what is sent of a NAR: before and in the head, then in the body. */
const nar = cache.file(cache.narFileOf(large));
const PLACES: Readonly<Record<string, (head: number) => number>> = {
  "before the head": () => 0,
  "in the head": () => 20,
  "after the head": (head) => head,
  "in the first bytes": (head) => head + 5,
  "in a file": (head) => head + 1_000_000,
  "a byte before the end": (head) => head + nar.length - 1,
};

/** Sends so much of an answer. */
function cut(answer: { head: Uint8Array; body: Uint8Array }, place: string): WireAnswer {
  const end = PLACES[place]!(answer.head.length);
  return { parts: [joined([answer.head, answer.body]).subarray(0, end)], then: "close" };
}

checkAll("a NAR that is cut off once comes all the same", () => {
  const file = cache.narFileOf(large);
  return Object.keys(PLACES).flatMap((place) =>
    (["length", "chunks"] as const).map((framing) => ({
      what: `${place}, by ${framing}`,
      // Every other server knows ranges.
      fault: ({ path, count, from }: WireRequest) =>
        path !== file
          ? undefined
          : count === 0
          ? cut(wholeAnswer(nar, { framing }), place)
          : sent(nar, { framing, from: framing === "length" ? from : 0 }),
    }))
  );
});

checkAll("a NAR that is always cut off, or goes on with other bytes, is an error", () => {
  const file = cache.narFileOf(large);
  const always: Case[] = Object.keys(PLACES).map((place, index) => ({
    what: `always, ${place}`,
    fault: ({ path }) =>
      path === file
        ? cut(wholeAnswer(nar, { framing: index % 2 ? "chunks" : "length" }), place)
        : undefined,
    error: /The NAR of .* can not be had: GET /,
    path: large,
  }));
  const silently: Case[] = ["in the first bytes", "in a file", "a byte before the end"].map((
    place,
  ) => ({
    what: `without a sign of it, ${place}`,
    fault: ({ path }) =>
      path === file ? cut(wholeAnswer(nar, { framing: "close" }), place) : undefined,
    error: /The NAR of .* (?:becomes|ends)/,
    path: large,
  }));
  const others = nar.map((byte, index) => index < 1_500_000 ? byte : byte ^ 1);
  const going: Case[] = [
    [
      "with other bytes",
      (from: number) => sent(others, { from }),
      /damaged or another one|is none, or broken/,
    ],
    ["with fewer bytes", (from: number) => sent(nar.subarray(0, -100), { from }), /becomes|ends/],
    ["with more bytes", (from: number) => sent(joined([nar, nar]), { from }), /has more than/],
  ].map(([what, answer, error]) => ({
    what: `it goes on ${what}`,
    fault: ({ path, count, from }: WireRequest) =>
      path !== file
        ? undefined
        : count === 0
        ? cut(wholeAnswer(nar), "in a file")
        : (answer as (from: number) => WireAnswer)(from),
    error: error as RegExp,
    path: large,
  }));
  // A line of text, and padding behind it.
  const small = cache.file(cache.narFileOf(message));
  const padding = new TextDecoder("latin1").decode(small).indexOf("world!\n") + 8;
  const inPadding: Case = {
    what: "in padding",
    fault: instead(cache.narFileOf(message), () => {
      const { head, body } = wholeAnswer(small);
      return { parts: [head, body.subarray(0, padding)], then: "close" };
    }),
    error: /can not be had: GET /,
    path: message,
  };
  return [...always, ...silently, ...going, inPadding];
});

checkAll(
  "small files that are cut off once come all the same, always are an error",
  () =>
    ["nix-cache-info", narinfoOf(message)].flatMap((file) =>
      [0, 20, Infinity, -1].flatMap((place) => {
        const answer = () => {
          const { head, body } = wholeAnswer(cache.file(file));
          const bytes = joined([head, body]);
          const end = place === Infinity ? head.length : place < 0 ? bytes.length + place : place;
          return { parts: [bytes.subarray(0, end)], then: "close" } as const;
        };
        const name = file === narinfoOf(message) ? { path: message } : {};
        return [
          {
            what: `${file}, once, ${place}`,
            fault: ({ path, count }: WireRequest) =>
              path === file && count === 0 ? answer() : undefined,
          },
          {
            what: `${file}, always, ${place}`,
            fault: instead(file, answer),
            error: /GET /,
            ...name,
          },
        ];
      })
    ),
);

async function* drops(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (const byte of bytes) {
    yield Uint8Array.of(byte);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

checkAll(
  "what hardly comes, or does not come, is given up",
  () =>
    (["nix-cache-info", narinfoOf(message), cache.narFileOf(large)] as const).flatMap((file) => {
      const { head, body } = wholeAnswer(cache.file(file));
      const path = file === "nix-cache-info"
        ? {}
        : file === narinfoOf(message)
        ? { path: message }
        : { path: large };
      const ways: Record<string, () => WireAnswer> = {
        "nothing": () => ({ parts: [], then: "silence" }),
        "a head": () => ({ parts: [head], then: "silence" }),
        "something": () => ({ parts: [head, body.subarray(0, 20)], then: "silence" }),
        "drops": () => ({ parts: drops(joined([head, body])), then: "close" }),
        "a head, then drops": () => ({
          parts: (async function* () {
            yield head;
            yield* drops(body);
          })(),
          then: "close",
        }),
      };
      return Object.entries(ways).map(([what, answer]) => ({
        what: `${what} of ${file}`,
        fault: instead(file, answer),
        error: /GET .*: (?:the other side is silent|it takes too long|it comes too slowly)/,
        patience: 1,
        ...path,
      }));
    }),
  6,
);
