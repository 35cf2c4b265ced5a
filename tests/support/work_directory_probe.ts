/** Makes two work directories, prints their paths, and waits for a signal. */

import { WorkDirectory } from "../../src/disk/work_directory.ts";
import { endOnSignals } from "../../src/process/cleanup.ts";

endOnSignals();

await using first = await WorkDirectory.create();
await using second = await WorkDirectory.create();
for (const { path } of [first, second]) {
  await Deno.mkdir(`${path}/a/b`, { recursive: true });
  await Deno.chmod(`${path}/a`, 0);
}
console.log(first.path);
console.log(second.path);
await new Promise((done) => setTimeout(done, 60_000));
