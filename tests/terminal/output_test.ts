import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import { writeStream } from "../../src/terminal/output.ts";
import { saidBy } from "./said_by.ts";

/** A byte stream of `chunks`, which says whether it was cancelled. */
function byteStream(chunks: readonly Uint8Array[], state = { cancelled: false }) {
  let next = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk) return controller.enqueue(chunk.slice());
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel() {
      state.cancelled = true;
    },
  });
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

/** Takes at most as many bytes at a time as `limits` says in turn. */
function reluctantWriter(limits: readonly number[]) {
  const taken: Uint8Array[] = [];
  let step = 0;
  return {
    taken,
    async write(bytes: Uint8Array): Promise<number> {
      const limit = limits[step++ % limits.length];
      await Promise.resolve();
      taken.push(bytes.slice(0, limit));
      return taken[step - 1]?.length ?? 0;
    },
  };
}

const chunk = fc.uint8Array({ minLength: 1, maxLength: 300 });
const limits = fc.array(fc.constantFrom(1, 7, 100, 1000), { minLength: 1, maxLength: 5 });

for (const kind of ["byte", "default"] as const) {
  Deno.test(`writeStream() writes all of a ${kind} stream to a reluctant writer`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), limits, async (chunks, some) => {
        const stream = kind === "byte" ? byteStream(chunks) : ReadableStream.from(chunks);
        const writer = reluctantWriter(some);
        let count = 0;
        await writeStream(stream, writer, (bytes) => count += bytes);
        assert.deepEqual(concat(writer.taken), concat(chunks));
        assert.equal(count, concat(chunks).length);
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("writeStream() takes a stream whose source reuses its chunk", async () => {
  const reused = new Uint8Array(1);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      reused[0] = (reused[0] ?? 0) + 1;
      if (reused[0] > 5) return controller.close();
      controller.enqueue(reused);
    },
  }, { highWaterMark: 0 });
  const writer = reluctantWriter([1]);
  await writeStream(stream, writer);
  assert.deepEqual(concat(writer.taken), new Uint8Array([1, 2, 3, 4, 5]));
});

Deno.test("writeStream() reads the next chunk while it writes one, into another buffer", async () => {
  const MARKS = [1, 2, 3, 4];
  const pulled = MARKS.map(() => Promise.withResolvers<void>());
  let next = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const view = controller.byobRequest?.view;
      assert.ok(view);
      const mark = MARKS[next];
      if (mark === undefined) {
        controller.close();
        return controller.byobRequest?.respond(0);
      }
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(mark);
      pulled[next++]?.resolve();
      controller.byobRequest?.respond(view.byteLength);
    },
  });
  const written: number[] = [];
  await writeStream(stream, {
    async write(bytes) {
      await pulled[written.length + 1]?.promise;
      assert.equal(bytes.length, 1024 * 1024);
      assert.equal(new Set(bytes).size, 1);
      written.push(bytes[0] ?? 0);
      return bytes.length;
    },
  });
  assert.deepEqual(written, MARKS);
});

for (const kind of ["byte", "default"] as const) {
  Deno.test(`writeStream() cancels a ${kind} stream when writing fails`, async () => {
    const state = { cancelled: false };
    const source: UnderlyingDefaultSource<Uint8Array> = {
      pull: (controller) => controller.enqueue(new Uint8Array(9)),
      cancel: () => void (state.cancelled = true),
    };
    const stream = kind === "byte"
      ? byteStream([new Uint8Array(9), new Uint8Array(9)], state)
      : new ReadableStream(source);
    const failure = new Error("No space left on device");
    await assert.rejects(writeStream(stream, { write: () => Promise.reject(failure) }), failure);
    assert.equal(state.cancelled, true);
  });
}

Deno.test("writeStream() fails at once when writing fails while the source is silent", async () => {
  let pulls = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (pulls++ > 0) return new Promise(() => {});
      controller.enqueue(new Uint8Array([1]));
    },
  });
  const failure = new Error("Broken pipe");
  await assert.rejects(writeStream(stream, { write: () => Promise.reject(failure) }), failure);
});

for (const kind of ["byte", "default"] as const) {
  Deno.test(`writeStream() passes on what a ${kind} stream throws`, async () => {
    const failure = new ImageError("The file changed");
    let pulls = 0;
    const pull = (controller: { enqueue(chunk: Uint8Array<ArrayBuffer>): void }) => {
      if (pulls++ > 0) throw failure;
      controller.enqueue(new Uint8Array([1]));
    };
    const stream = kind === "byte"
      ? new ReadableStream({ type: "bytes", pull })
      : new ReadableStream<Uint8Array<ArrayBuffer>>({ pull });
    const writer = reluctantWriter([1]);
    await assert.rejects(writeStream(stream, writer), failure);
    assert.deepEqual(concat(writer.taken), new Uint8Array([1]));
  });
}

const probe = new URL("output_probe.ts", import.meta.url).pathname;
const prog = `'${Deno.execPath()}' run --quiet --no-prompt --allow-run=sh '${probe}'`;

/** What a command says in which `PROG` is the probe. */
function probedBy(command: readonly string[], env: Record<string, string> = {}): Promise<string> {
  return saidBy(command, { prog, env });
}

/**
 * Gives the probe one end of a pipe, Unix socket or TCP socket, non-blocking or not, reads the other
 * with pauses, and says whether what it read is what the probe was to write.
 */
const parent = `
import os, socket, subprocess, sys, time
prog, kind, blocking = sys.argv[1:]
size = 3_000_000
if kind == "pipe":
    reader, writer = os.pipe()
elif kind == "unix":
    reader, writer = [end.detach() for end in socket.socketpair()]
else:
    listener = socket.create_server(("127.0.0.1", 0))
    writer = socket.create_connection(listener.getsockname()).detach()
    reader = listener.accept()[0].detach()
os.set_blocking(writer, blocking == "blocking")
child = subprocess.Popen(f"exec {prog} {size}", shell=True, stdout=writer)
os.close(writer)
time.sleep(0.2) # so that it is full when the first byte is read
got = bytearray()
while len(got) < 2 * size and (chunk := os.read(reader, 50_000)):
    got += chunk
    time.sleep(0.0005)
os.close(reader)
child.wait()
right = bytes((i * 31 >> 3) & 255 for i in range(size))
print("right" if got == right else f"wrong: {len(got)} bytes", file=sys.stderr)
`;
for (const kind of ["pipe", "unix", "tcp"]) {
  for (const blocking of ["blocking", "non-blocking"]) {
    Deno.test(`writeToStdout() delivers every byte once to a ${blocking} ${kind}`, async () => {
      assert.equal(
        await probedBy(["/usr/bin/python3", "-c", parent, "PROG", kind, blocking]),
        "wrote 3000000\nright",
      );
    });
  }
}

Deno.test("writeToStdout() delivers to a non-blocking pipe under LD_ variables", async () => {
  assert.equal(
    await probedBy(["/usr/bin/python3", "-c", parent, "PROG", "pipe", "non-blocking"], {
      LD_LIBRARY_PATH: "/nonexistent",
    }),
    "wrote 3000000\nright",
  );
});

for (const kind of ["pipe", "unix"]) {
  for (const blocking of ["True", "False"]) {
    const name = `${kind} with blocking = ${blocking}`;
    Deno.test(`writeToStdout() stops quietly when the reader of a ${name} goes away`, async () => {
      const leave = `
import os, socket, subprocess, sys
ends = os.pipe() if sys.argv[2] == "pipe" else [end.detach() for end in socket.socketpair()]
os.set_blocking(ends[1], ${blocking})
child = subprocess.Popen("exec " + sys.argv[1], shell=True, stdout=ends[1])
os.close(ends[1])
os.read(ends[0], 1000)
os.close(ends[0])
child.wait()
`;
      assert.equal(
        await probedBy(["/usr/bin/python3", "-c", leave, "PROG", kind]),
        "cancelled\nConsumerGone: The consumer of standard output went away",
      );
    });
  }
}

Deno.test("writeToStdout() writes to a file", async () => {
  const file = await Deno.makeTempFile();
  try {
    assert.equal(await probedBy(["sh", "-c", `PROG 2500000 > '${file}'`]), "wrote 2500000");
    assert.equal((await Deno.stat(file)).size, 2500000);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("writeToStdout() says that the disk is full", async () => {
  assert.equal(
    await probedBy(["sh", "-c", "PROG > /dev/full"]),
    "cancelled\nImageError: Cannot write to standard output: " +
      "No space left on device (os error 28)",
  );
});
