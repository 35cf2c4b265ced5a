/** The memory that connections read into: given back where bodies are copies alone. */

import assert from "node:assert/strict";
import { Socket } from "node:net";
import { ReadMemory } from "../../src/http/read_memory.ts";

const PART = 1 << 16;

/** What becomes of ten parts that a connection reads, of which the body has `bodyOf` each. */
function read(bodyOf: (part: Uint8Array) => Uint8Array, listens = true): Uint8Array[] {
  const socket = new Socket();
  if (listens) socket.on("data", () => {});
  using memory = new ReadMemory(socket);
  const parts = Array.from({ length: 10 }, () => new Uint8Array(PART).fill(7));
  for (const part of parts) {
    const body = bodyOf(part);
    socket.emit("data", part);
    memory.see(body);
    assert.equal(body.at(-1), 7);
  }
  return parts;
}

Deno.test("where a body is a copy, what was read for it is given back", () => {
  const parts = read((part) => part.slice());
  assert.deepEqual(parts.map(({ length }) => length), parts.map(() => 0));
});

Deno.test("where a body is in the memory that was read into, that stays", () => {
  for (const bodyOf of [(part: Uint8Array) => part, (part: Uint8Array) => part.subarray(9)]) {
    assert.ok(read(bodyOf).every(({ length }) => length === PART));
  }
});

Deno.test("a connection that is read in another way is left alone", () => {
  assert.ok(read((part) => part.slice(), false).every(({ length }) => length === PART));
});
