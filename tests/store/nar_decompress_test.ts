import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { ImageError } from "../../src/errors.ts";
import {
  decompressedNar,
  type NarCompression,
  narCompression,
} from "../../src/store/nar_decompress.ts";
import { assertSameBytes, streamOf } from "../support/bytes.ts";
import { inDirectory, output } from "../support/directories.ts";
import { randomNumbers, unevenBytes } from "../support/seeded.ts";

const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

// More than one of bzip2's blocks.
const PLAIN = unevenBytes(1_000_000);
const ZEROS = new Uint8Array(1 << 22);

/** What programs other than ours make of {@linkcode PLAIN}. */
const compressedPlain = new Map<NarCompression, Promise<Uint8Array<ArrayBuffer>>>();

async function compressedBy(
  compression: NarCompression,
  bytes: Uint8Array<ArrayBuffer> = PLAIN,
): Promise<Uint8Array<ArrayBuffer>> {
  if (compression === "none") return bytes;
  if (compression === "br") return new Uint8Array(brotliCompressSync(bytes));
  return await compressed(compression, bytes);
}

function plainBy(compression: NarCompression): Promise<Uint8Array<ArrayBuffer>> {
  return compressedPlain.getOrInsertComputed(compression, () => compressedBy(compression));
}

async function compressed(
  program: string,
  bytes: Uint8Array<ArrayBuffer>,
  ...args: string[]
): Promise<Uint8Array<ArrayBuffer>> {
  let result = new Uint8Array();
  await inDirectory(async (directory) => {
    Deno.writeFileSync(`${directory}/plain`, bytes);
    result = await output(program, "-c", "-q", ...args, `${directory}/plain`);
  });
  return result;
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

interface Given {
  readonly compression: NarCompression;
  readonly fileSize?: number;
  readonly narSize?: number;
  readonly chunk?: number;
}

/** Reads all that comes; a chunk need not be there when the next one is asked for. */
async function decompress(
  bytes: Uint8Array,
  { compression, fileSize, narSize = PLAIN.length, chunk = 65536 }: Given,
): Promise<Uint8Array<ArrayBuffer>> {
  const nar = { name: "the NAR", compression, fileSize, narSize };
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of decompressedNar(streamOf(bytes, chunk), nar)) {
    chunks.push(new Uint8Array(part));
  }
  return await new Blob(chunks).bytes();
}

async function failsWith(message: RegExp, work: Promise<unknown>, about: string): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ImageError, `${about}: ${error}`);
    assert.match(error.message, message, about);
    return true;
  });
}

const ALL = ["none", "zstd", "gzip", "xz", "bzip2", "br"] as const;
const COMPRESSED = ALL.filter((name) => name !== "none");

Deno.test("decompressedNar() gives what was compressed", LEAVES_NOTHING, async () => {
  for (const compression of ALL) {
    const bytes = await plainBy(compression);
    for (const chunk of [4000, 65536, bytes.length]) {
      const plain = await decompress(bytes, { compression, chunk, fileSize: bytes.length });
      assertSameBytes(plain, PLAIN, `${compression} by ${chunk}`);
    }
  }
});

Deno.test("decompressedNar() takes several streams of a format behind each other", async () => {
  const [first, second] = [PLAIN.slice(0, 300_000), PLAIN.slice(300_000)];
  for (const compression of COMPRESSED.filter((name) => name !== "br")) {
    const both = joined(
      await compressed(compression, first),
      await compressed(compression, second),
    );
    for (
      const chunk of [777, 65536].slice(compression === "xz" || compression === "bzip2" ? 1 : 0)
    ) {
      assertSameBytes(await decompress(both, { compression, chunk }), PLAIN, compression);
    }
  }
});

Deno.test("decompressedNar() finds the ends of zstd's frames, whatever is in them", async () => {
  const skippable = joined(Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0), ZEROS.subarray(0, 3));
  const parts = [
    PLAIN.slice(0, 500),
    ZEROS.slice(0, 300_000),
    PLAIN.slice(500, 900),
    PLAIN.slice(0, 0),
  ];
  const frames = [
    await compressed("zstd", parts[0]!, "--no-check"),
    skippable,
    await compressed("zstd", parts[1]!, "-19"),
    await compressed("zstd", parts[2]!, "--ultra", "-22", "--long=27"),
    // A frame of nothing; and one from a pipe doesn't say its size.
    await compressed("zstd", parts[3]!),
    new Uint8Array(zstdCompressSync(parts[0]!)),
    skippable,
  ];
  const expected = joined(...parts, parts[0]!);
  for (const chunk of [1, 2, 3, 5, 1000]) {
    const plain = await decompress(joined(...frames), {
      compression: "zstd",
      narSize: expected.length,
      chunk,
    });
    assertSameBytes(plain, expected, `by ${chunk}`);
  }
});

Deno.test("decompressedNar() fails on what was cut off", LEAVES_NOTHING, async () => {
  for (const compression of ALL) {
    const bytes = await plainBy(compression);
    for (const length of [0, 1, 20, bytes.length >> 1, bytes.length - 1]) {
      await failsWith(
        /the NAR/,
        decompress(bytes.subarray(0, length), { compression }),
        `${compression} after ${length} of ${bytes.length}`,
      );
    }
  }
});

Deno.test("decompressedNar() fails where something else follows", LEAVES_NOTHING, async () => {
  for (const compression of COMPRESSED.filter((name) => name !== "bzip2")) {
    const bytes = await plainBy(compression);
    for (const chunk of [1 << 20, bytes.length]) {
      await failsWith(
        /^Cannot decompress the NAR: /,
        decompress(joined(bytes, new TextEncoder().encode("garbage!")), { compression, chunk }),
        compression,
      );
    }
  }
});

Deno.test("decompressedNar() stops what becomes too large", LEAVES_NOTHING, async () => {
  for (const compression of ALL) {
    const bytes = await compressedBy(compression, ZEROS);
    const nar = { name: "the NAR", compression, narSize: 1000 };
    let came = 0;
    await failsWith(
      /^the NAR expands to more than the 1000 bytes that it should$/,
      (async () => {
        for await (const { length } of decompressedNar(streamOf(bytes, 1000), nar)) came += length;
      })(),
      compression,
    );
    assert.ok(came <= 1000, `${came} of ${compression}`);
  }
});

Deno.test("decompressedNar() reads no more than there should be", LEAVES_NOTHING, async () => {
  for (const compression of ALL) {
    const bytes = await plainBy(compression);
    const fileSize = bytes.length - 1;
    await failsWith(
      /^the NAR has more than the \d+ bytes that it should have$/,
      decompress(bytes, { compression, fileSize }),
      compression,
    );
  }
});

Deno.test("decompressedNar() fails with what its source fails with", LEAVES_NOTHING, async () => {
  for (const compression of ALL) {
    const bytes = await plainBy(compression);
    const failing = ReadableStream.from((function* () {
      yield bytes.slice(0, 5000);
      throw new ImageError("The line is cut");
    })());
    const nar = { name: "the NAR", compression, narSize: PLAIN.length };
    await failsWith(
      /^The line is cut$/,
      new Response(decompressedNar(failing, nar)).bytes(),
      compression,
    );
  }
});

Deno.test(
  "decompressedNar() cancels its source, also one that gives nothing",
  LEAVES_NOTHING,
  async () => {
    for (const compression of ALL) {
      const bytes = await plainBy(compression);
      for (const reads of [0, 1, 2]) {
        let isCancelled = false, given = false;
        const source = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (given) return new Promise(() => {});
            given = true;
            controller.enqueue(bytes.slice(0, bytes.length - 10));
          },
          cancel: () => void (isCancelled = true),
        }, { highWaterMark: 0 });
        const reader = decompressedNar(source, { name: "n", compression, narSize: PLAIN.length })
          .getReader();
        if (reads > 0) await reader.read();
        // This one waits for what does not come.
        const reading = reads > 1 ? reader.read() : undefined;
        await reader.cancel();
        await reading;
        assert.ok(isCancelled, `${compression} after ${reads}`);
      }
    }
  },
);

Deno.test("decompressedNar() ends well or in an ImageError whatever the bytes are", async () => {
  const random = randomNumbers(5);
  const small = PLAIN.slice(0, 3000);
  const sources = {
    zstd: joined(zstdCompressSync(small), zstdCompressSync(small)),
    gzip: joined(gzipSync(small), gzipSync(small)),
    br: new Uint8Array(brotliCompressSync(small)),
  };
  for (let run = 0; run < 600; run++) {
    for (const [compression, source] of Object.entries(sources)) {
      const bytes = source.slice();
      for (let i = 0; i < 1 + run % 3; i++) bytes[random() * bytes.length | 0] = random() * 256;
      try {
        await decompress(bytes.subarray(0, bytes.length - (run % 7 ? 0 : random() * 50)), {
          compression: compression as NarCompression,
          narSize: 6000,
          chunk: 1 + random() * 2000 | 0,
        });
      } catch (error) {
        assert.ok(error instanceof ImageError, `${compression}, run ${run}: ${error}`);
      }
    }
  }
});

Deno.test(
  "decompressedNar() passes over frames with nothing in them, and ends where there are too many",
  LEAVES_NOTHING,
  async () => {
    // RFC 8878, 3.1.2: a magic number, a length, and so many bytes.
    const skipped = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
    const small = PLAIN.slice(0, 3000), frame = new Uint8Array(zstdCompressSync(small));
    const many = joined(...Array.from({ length: 2000 }, () => skipped));
    for (const chunk of [1 << 20, 5, 1]) {
      const made = await decompress(joined(many, frame, many, frame, skipped), {
        compression: "zstd",
        narSize: 6000,
        chunk,
      });
      assertSameBytes(made, joined(small, small), `by ${chunk}`);
    }
    await failsWith(
      /^Cannot decompress the NAR: it ends too early$/,
      decompress(joined(frame, skipped.subarray(0, 9)), { compression: "zstd", narSize: 3000 }),
      "skipped and cut off",
    );
    const empty = new Uint8Array(zstdCompressSync(new Uint8Array()));
    await failsWith(
      /it has more than 201 frames$/,
      decompress(joined(...Array.from({ length: 300 }, () => empty), frame), {
        compression: "zstd",
        narSize: 3000,
      }),
      "empty",
    );
  },
);

Deno.test("narCompression() knows the names of binary caches", () => {
  for (const name of ALL) assert.equal(narCompression(name, "x"), name);
  assert.equal(narCompression("", "x"), "bzip2");
  for (const name of ["lzip", "lz4", "compress", "None", "toString"]) {
    assert.throws(() => narCompression(name, "https://cache/x.narinfo"), {
      name: "ImageError",
      message: `https://cache/x.narinfo has its NAR compressed with ${name}, which is none of ` +
        "none, zstd, gzip, xz, bzip2, br",
    });
  }
});
