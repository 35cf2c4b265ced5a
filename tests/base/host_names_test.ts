import assert from "node:assert/strict";
import { hostName } from "../../src/base/host_names.ts";
import { inDirectory } from "../support/directories.ts";

Deno.test("hostName() gives the first name that a file has for an id", async () => {
  await inDirectory((directory) => {
    const file = `${directory}/passwd`;
    const text = "# x:x:5:5\n+:x:5:5\nroot:x:0:0:root:/root:/bin/sh\nfirst:x:5:0\nsecond:x:5:0\n";
    // The last name is not UTF-8.
    Deno.writeFileSync(
      file,
      new Uint8Array([
        ...new TextEncoder().encode(text),
        0xe9,
        ...new TextEncoder().encode(":x:7"),
      ]),
    );
    const names = [0, 5, 7, 6].map((id) => hostName(file, id));
    assert.deepEqual(names, ["root", "first", "\udce9", ""]);
    assert.equal(hostName(`${directory}/nothing`, 0), "");
  });
});
