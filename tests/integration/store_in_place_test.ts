/** Scripts that see a store at /nix/store that is elsewhere on this host. */

import assert from "node:assert/strict";
import { makeFiles } from "../support/directories.ts";
import { Scratch } from "../support/scratch.ts";
import { failureOf, type Script, withScript } from "../support/scripts.ts";

const scratch = new Scratch();
Deno.test.afterAll(async () => await scratch[Symbol.asyncDispose]());

const storeRoot = `${scratch.path}/elsewhere`;
const PATH = `/nix/store/${"a".repeat(32)}-thing`;
makeFiles(storeRoot + PATH, { "bin/tell": '#!/bin/sh\ncat "${0%/*}/../text"\n', "text": "told\n" });
Deno.chmodSync(`${storeRoot}${PATH}/bin/tell`, 0o755);

const script = {
  script: `tell >told; cat ${PATH}/text >read; ls /nix/store >all; ! : >${PATH}/new`,
  path: [PATH, "/usr/bin", "/bin"],
  storeRoot,
  storeInPlace: true,
} satisfies Partial<Script>;

for (const how of ["plain", "fakeroot"] as const) {
  Deno.test(`${how}: it is there, alone, not to be written, and nowhere else`, async () => {
    await withScript({ ...script, how }, (_, root) => {
      assert.equal(Deno.readTextFileSync(`${root}/told`), "told\n");
      assert.equal(Deno.readTextFileSync(`${root}/read`), "told\n");
      assert.equal(Deno.readTextFileSync(`${root}/all`), `${PATH.slice("/nix/store/".length)}\n`);
    });
    assert.throws(() => Deno.lstatSync(PATH), Deno.errors.NotFound);
    assert.ok(!Deno.readTextFileSync("/proc/self/mountinfo").includes(storeRoot));
  });
}

Deno.test("where a host does not allow it, the script is not run", async () => {
  makeFiles(scratch.path, { "programs/unshare": "#!/bin/sh\necho not allowed >&2\nexit 1\n" });
  Deno.chmodSync(`${scratch.path}/programs/unshare`, 0o755);
  const searchPath = `${scratch.path}/programs:${Deno.env.get("PATH")}`;
  const ran = `${scratch.path}/ran`;
  const other = { how: "plain", path: null, searchPath, script: `: >${ran}` } as const;
  const message = await failureOf({ ...script, ...other });
  assert.match(message, /^extraCommands: .*\/nix\/store.*user namespace.*\n {2}not allowed$/);
  assert.throws(() => Deno.lstatSync(ran), Deno.errors.NotFound);
});
