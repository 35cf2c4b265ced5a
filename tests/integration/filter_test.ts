import assert from "node:assert/strict";
import { filterThrough } from "../../src/process/filter.ts";
import { ProgramError } from "../../src/process/run.ts";

/** Endless, with `chunks` counted; fails after the chunk number `failing`. */
function source(failing = Infinity) {
  const state = { chunks: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (state.chunks++ === failing) controller.error(new Error("unreadable"));
      else controller.enqueue(crypto.getRandomValues(new Uint8Array(65536)));
    },
    cancel() {
      state.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { state, stream };
}

Deno.test("filterThrough() ends the program and cancels the input when its consumer goes away", async () => {
  const { state, stream } = source();
  const reader = filterThrough(stream, "pigz", ["-c"])?.getReader();
  assert.ok(reader && !(await reader.read()).done);
  // The sanitizers see a program that goes on.
  await reader.cancel();
  assert.ok(state.cancelled);
});

Deno.test("filterThrough() reads no more of its input than it is asked for", async () => {
  const { state, stream } = source();
  const reader = filterThrough(stream, "pigz", ["-c"])?.getReader();
  assert.ok(reader && !(await reader.read()).done);
  await new Promise((done) => setTimeout(done, 200));
  const { chunks } = state;
  await new Promise((done) => setTimeout(done, 200));
  assert.equal(state.chunks, chunks);
  await reader.cancel();
});

Deno.test("filterThrough() fails with what its input fails with", async () => {
  const { stream } = source(20);
  const output = filterThrough(stream, "zstd", ["-q", "-c"]);
  await assert.rejects(new Response(output).bytes(), /^Error: unreadable$/);
});

Deno.test("filterThrough() fails with the program's words if it takes no input, which is cancelled", async () => {
  const { state, stream } = source();
  const output = filterThrough(stream, "pigz", ["--nonsense"]);
  await assert.rejects(new Response(output).bytes(), (error) => {
    assert.ok(error instanceof ProgramError);
    assert.match(
      error.message,
      /^pigz --nonsense failed \(exit status \d+\):\n {2}pigz: abort: invalid option/,
    );
    return true;
  });
  assert.ok(state.cancelled);
});

Deno.test({
  name: "filterThrough() leaves the input alone if the program may not run or is not there",
  permissions: { run: ["zstd"] },
  fn() {
    const { state, stream } = source();
    assert.equal(filterThrough(stream, "pigz", []), undefined);
    assert.ok(!stream.locked);
    assert.equal(state.chunks, 0);
  },
});
