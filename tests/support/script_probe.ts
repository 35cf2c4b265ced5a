/**
 * Runs a script as the program would, with its permissions, and prints what it left as JSON.
 * Arguments: how, the root directory, fakeroot's state file, the script.
 */

import { FakerootState } from "../../src/rootfs/fakeroot_state.ts";
import { listStaged } from "../../src/rootfs/staged_tree.ts";
import { runScript } from "../../src/process/script.ts";

const [how, root = "", stateFile = "", script = ""] = Deno.args;
try {
  await runScript({
    field: "commands",
    script,
    root,
    how: how === "plain" ? how : "fakeroot",
    stateFile,
    shell: null,
    path: null,
    storeRoot: "",
    searchPath: Deno.env.get("PATH") ?? "",
    onOutput: (text) => console.error(text),
  });
  const ownership = how === "plain"
    ? undefined
    : FakerootState.parse(Deno.readTextFileSync(stateFile), stateFile);
  const tree = await listStaged(root, { owner: { uid: 7, gid: 8 }, ownership });
  const rows = [...tree.values()].map(({ path, type, uid, gid }) => [path, type, uid, gid]);
  console.log(JSON.stringify(rows));
} catch (error) {
  console.error(String(error));
  Deno.exit(1);
}
