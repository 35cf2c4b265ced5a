/**
 * Writes the number of bytes it is told (or without end) to standard output, and says on standard
 * error how that ended; output_test.ts runs it.
 * @module
 */

import { writeToStdout } from "../../src/terminal/output.ts";

const size = Number(Deno.args[0] ?? Infinity);
let made = 0;
let written = 0;
const stream = new ReadableStream({
  type: "bytes",
  pull(controller) {
    const view = controller.byobRequest?.view;
    if (!view) throw new Error("No buffer to fill");
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const count = Math.min(bytes.length, size - made);
    for (let i = 0; i < count; i += 1) bytes[i] = ((made + i) * 31 >> 3) & 255;
    made += count;
    if (count === 0) controller.close();
    controller.byobRequest?.respond(count);
  },
  cancel() {
    console.error("cancelled");
  },
});
try {
  await writeToStdout(stream, (count) => written += count);
  console.error(`wrote ${written}`);
} catch (error) {
  console.error(String(error));
}
