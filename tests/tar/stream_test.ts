import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { archiveSize, type Content, membersOf, tarStream } from "../../src/tar/stream.ts";
import type { MemberSource, TarMember } from "../../src/tar/stream.ts";
import { assertSameBytes, readWith } from "../support/bytes.ts";
import { filled } from "../support/seeded.ts";

/** Sizes about those of blocks, buffers and archives. */
const SIZES = [0, 1, 511, 512, 513, 1024, 10239, 10240, 600_000];

function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return filled(size, (index) => index * 31 + (index >> 8));
}

/** Counts what was opened and closed. */
class Ledger {
  opened = 0;
  closed = 0;

  content(bytes: Uint8Array): Content {
    this.opened++;
    let at = 0;
    return {
      read: (into) => {
        const part = bytes.subarray(at, at + into.length);
        into.set(part);
        at += part.length;
        return part.length;
      },
      close: () => {
        this.closed++;
      },
    };
  }
}

function member(name: string, size: number, open?: TarMember["open"]): TarMember {
  return {
    name,
    type: "file",
    mode: 0o444,
    uid: 0,
    gid: 0,
    size,
    mtime: 1,
    linkname: "",
    uname: "",
    gname: "",
    origin: `/origin/${name}`,
    ...(open ? { open } : {}),
  };
}

function filesOf(sizes: readonly number[], ledger = new Ledger()): TarMember[] {
  return sizes.map((size, index) =>
    member(`file-${index}-${"long".repeat(30)}`, size, () => ledger.content(bytesOf(size)))
  );
}

/** A source and contents that answer later; contents a few bytes at a time. */
function hesitant(members: readonly TarMember[]): MemberSource {
  const rest = [...members];
  const later = async <T>(value: T | Promise<T>): Promise<T> => {
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    return await value;
  };
  return {
    next() {
      const next = rest.shift();
      if (!next) return later(undefined);
      const open = async (): Promise<Content> => {
        const content = await later(await next.open!());
        return {
          read: (into) => later(content.read(into.subarray(0, 50_000))),
          close: () => content.close(),
        };
      };
      return later({ ...next, open });
    },
  };
}

for (const format of ["pax", "gnu"] as const) {
  Deno.test(`tarStream() gives the same bytes whatever the buffers: ${format}`, async () => {
    const ledger = new Ledger();
    const sizes = SIZES.slice(0, -1);
    const stream = () => tarStream(membersOf(filesOf(sizes, ledger)), format);
    const expected = await new Response(stream()).bytes();
    for (const size of [1, 7, 512, 4096, 1 << 20]) {
      assertSameBytes(await readWith(stream(), size), expected, `buffers of ${size} bytes`);
    }
    assert.equal(ledger.opened, 6 * sizes.length);
    assert.equal(ledger.closed, ledger.opened);
  });

  Deno.test(`tarStream() has the size that archiveSize() tells: ${format}`, async () => {
    for (let count = 0; count <= SIZES.length; count++) {
      const members = filesOf(SIZES.slice(0, count));
      const bytes = await new Response(tarStream(membersOf(members), format)).bytes();
      assert.equal(bytes.length, archiveSize(members, format));
      assert.equal(bytes.length % 10240, 0);
    }
  });
}

Deno.test("tarStream() takes members and contents that come later", async () => {
  const expected = await new Response(tarStream(membersOf(filesOf(SIZES)), "pax")).bytes();
  for (const size of [700, 1 << 20]) {
    const ledger = new Ledger();
    const stream = tarStream(hesitant(filesOf(SIZES, ledger)), "pax");
    assertSameBytes(await readWith(stream, size), expected, `buffers of ${size} bytes`);
    assert.equal(ledger.closed, SIZES.length);
  }
});

Deno.test("tarStream() fails with the path of a file that grew or shrank", async () => {
  for (const size of [1, 512, 10240]) {
    for (const found of [0, size - 1, size + 1, size + 512]) {
      for (const buffer of [1, 512, 1 << 20]) {
        const ledger = new Ledger();
        const changed = member("changed", size, () => ledger.content(bytesOf(found)));
        const stream = tarStream(membersOf([...filesOf([10]), changed, ...filesOf([10])]), "pax");
        await assert.rejects(readWith(stream, buffer), (error) => {
          assert.ok(error instanceof ImageError);
          const shown = found > size ? "more" : found;
          assert.equal(
            error.message,
            `/origin/changed changed while it was read: expected ${size} bytes, found ${shown}`,
          );
          return true;
        });
        assert.deepEqual([ledger.opened, ledger.closed], [1, 1]);
      }
    }
  }
});

Deno.test("tarStream() fails with the error of a file that can not be opened or read", async () => {
  const ledger = new Ledger();
  const failure = new ImageError("/origin/gone is not there");
  const unopened = member("gone", 10, () => {
    throw failure;
  });
  const unread = member("gone", 10, () => ({
    ...ledger.content(bytesOf(0)),
    read: () => {
      throw failure;
    },
  }));
  for (const [broken, opened] of [[unopened, 0], [unread, 1]] as const) {
    ledger.opened = ledger.closed = 0;
    let sourceClosed = 0;
    const source = {
      ...membersOf([...filesOf([10]), broken]),
      close: () => {
        sourceClosed++;
      },
    };
    await assert.rejects(new Response(tarStream(source, "pax")).bytes(), failure);
    assert.deepEqual([ledger.opened, ledger.closed, sourceClosed], [opened, opened, 1]);
  }
});

Deno.test("tarStream() closes the open content and the source when it is cancelled", async () => {
  const ledger = new Ledger();
  let sourceClosed = 0;
  const source = {
    ...membersOf(filesOf([1_000_000], ledger)),
    close: () => {
      sourceClosed++;
    },
  };
  const reader = tarStream(source, "pax").getReader();
  await reader.read();
  assert.deepEqual([ledger.opened, ledger.closed], [1, 0]);
  await reader.cancel();
  assert.deepEqual([ledger.opened, ledger.closed, sourceClosed], [1, 1, 1]);
});

Deno.test("tarStream() closes what is being opened when it is cancelled", async () => {
  const ledger = new Ledger();
  const opening = Promise.withResolvers<Content>();
  const stream = tarStream(membersOf([member("slow", 5, () => opening.promise)]), "pax");
  const reader = stream.getReader();
  const reading = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 0));
  await reader.cancel();
  assert.deepEqual(await reading, { value: undefined, done: true });
  opening.resolve(ledger.content(bytesOf(5)));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([ledger.opened, ledger.closed], [1, 1]);
});

Deno.test("tarStream() opens nothing before it is read", async () => {
  const ledger = new Ledger();
  tarStream(membersOf(filesOf([5], ledger)), "pax");
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(ledger.opened, 0);
});
