import assert from "node:assert/strict";
import { KeptListings } from "../../src/stores/kept_listings.ts";
import type { TreeEntry } from "../../src/store/tree.ts";
import { inDirectory } from "../support/directories.ts";
import { storePath } from "../support/store_paths.ts";

const PATH = storePath("app");
const NAR = { narHash: `sha256:${"7".repeat(64)}` };
const ENTRIES: readonly TreeEntry[] = [
  { path: PATH, type: "directory", mode: 0o555, size: 0, target: "" },
  { path: `${PATH}/bin`, type: "file", mode: 0o555, size: 0, target: "" },
  // A byte that is not UTF-8, as names have it here.
  { path: `${PATH}/caf\udce9`, type: "file", mode: 0o444, size: 7, target: "" },
  { path: `${PATH}/l"\n`, type: "symlink", mode: 0o777, size: 0, target: "../é\udcff" },
];

Deno.test("KeptListings gives what was put, for that NAR alone", async () => {
  await inDirectory(async (directory) => {
    const kept = new KeptListings(`${directory}/not/yet`);
    assert.equal(await kept.get(PATH, NAR), undefined);
    await kept.put(PATH, NAR, ENTRIES);
    assert.deepEqual(await kept.get(PATH, NAR), ENTRIES);
    assert.equal(await kept.get(PATH, { narHash: `sha256:${"8".repeat(64)}` }), undefined);
    // The same NAR under another name.
    const other = storePath("other");
    const renamed = ENTRIES.map((entry) => ({ ...entry, path: entry.path.replace(PATH, other) }));
    assert.deepEqual(await kept.get(other, NAR), renamed);
    const [file] = Deno.readDirSync(`${directory}/not/yet`);
    const { mode } = Deno.statSync(`${directory}/not/yet/${file!.name}`);
    assert.equal((mode ?? 0) & 0o077, 0);
  });
});

Deno.test("KeptListings takes no file that is damaged, or another's", async () => {
  await inDirectory(async (directory) => {
    const kept = new KeptListings(directory);
    await kept.put(PATH, NAR, ENTRIES);
    const file = `${directory}/${"7".repeat(64)}`;
    const text = Deno.readTextFileSync(file);
    Deno.writeTextFileSync(`${directory}/${"8".repeat(64)}`, text);
    assert.equal(await kept.get(PATH, { narHash: `sha256:${"8".repeat(64)}` }), undefined);
    for (const damaged of ["", text.slice(0, -1), text.replace("bin", "ban"), `${text} `]) {
      Deno.writeTextFileSync(file, damaged);
      assert.equal(await kept.get(PATH, NAR), undefined, damaged);
    }
    // What can not be written is not kept, and nobody is told.
    await new KeptListings(`${file}/below`).put(PATH, NAR, ENTRIES);
  });
});
