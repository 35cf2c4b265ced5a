/** Makes a farm of one source, KIND PATH, and ends without closing it. */

import { symlinkFarm } from "../../src/rootfs/symlink_farm.ts";
import type { RootSource } from "../../src/spec/image_spec.ts";

const [kind, path = ""] = Deno.args;
const source = { kind: kind as RootSource["kind"], path };
try {
  const { tree } = await symlinkFarm([source], "", { uid: 0, gid: 0 });
  console.log(tree.size, "entries");
} catch (error) {
  console.log(String(error));
}
