/**
 * Makes a Nix database with the permissions that the program has, and prints its SHA-256;
 * nix_database_test.ts runs it. Arguments: a file with the closure, and the roots.
 * @module
 */

import { createHash } from "node:crypto";
import { readGraphFile } from "../../src/store/graph_file.ts";
import { nixDatabase } from "../../src/rootfs/nix_database.ts";
import { parseStorePath } from "../../src/store/store_path.ts";

const [graph = "", ...roots] = Deno.args;
const work = await Deno.makeTempDir({ prefix: "nix-image-test-" });
try {
  await nixDatabase(readGraphFile(graph), roots.map(parseStorePath), work, "");
  console.log(createHash("sha256").update(Deno.readFileSync(`${work}/db.sqlite`)).digest("hex"));
} finally {
  await Deno.remove(work, { recursive: true });
}
