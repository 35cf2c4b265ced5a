import assert from "node:assert/strict";
import { nixDatabase } from "../../src/rootfs/nix_database.ts";
import { inDirectory } from "../support/directories.ts";
import { storePath } from "../support/store_paths.ts";

const A = storePath("a"), B = storePath("b");

Deno.test("nixDatabase() names the path whose hash is not known, and starts nothing", async () => {
  await inDirectory(async (work) => {
    const narHash = `sha256:${"0".repeat(64)}`;
    const closure = new Map([
      [A, { narSize: 1, references: [B], narHash }],
      [B, { narSize: 1, references: [] }],
    ]);
    await assert.rejects(nixDatabase(closure, [A], work, ""), {
      name: "ImageError",
      message: /^includeNixDB: the graph given with --closure has no narHash for \/nix.*-b; make/,
    });
    assert.deepEqual([...Deno.readDirSync(work)], []);
  });
});
