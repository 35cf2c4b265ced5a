/** Comparing bytes with a short message. */

import assert from "node:assert/strict";

/** Fails with the place of the first difference. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, about: string): void {
  const at = expected.findIndex((byte, index) => byte !== actual[index]);
  const show = (bytes: Uint8Array) =>
    JSON.stringify(new TextDecoder("latin1").decode(bytes.subarray(Math.max(0, at - 32), at + 32)));
  assert.ok(at === -1, `byte ${at}: ${show(actual)} is not ${show(expected)} (${about})`);
  assert.equal(actual.length, expected.length, about);
}
