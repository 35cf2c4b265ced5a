/** Runs user scripts and lists what they leave. */

import { runScript, type ScriptOptions } from "../../src/process/script.ts";
import { FakerootState } from "../../src/rootfs/fakeroot_state.ts";
import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";
import { listStaged } from "../../src/rootfs/staged_tree.ts";
import { inDirectory } from "./directories.ts";

/** Whoever owns what fakeroot was not told about. */
export const OWNER = { uid: 7, gid: 8 };

/** What came of a script. */
export interface ScriptResult {
  readonly tree: RootTree;
  /** What it printed. */
  readonly output: string;
}

/** A script, and what of {@linkcode ScriptOptions} matters to a test. */
export type Script = Partial<ScriptOptions> & Pick<ScriptOptions, "how" | "script">;

/**
 * Runs a script in a new directory, which is there for `look`.
 *
 * @param prepare gets the directory before the script runs
 */
export async function withScript(
  script: Script,
  look: (result: ScriptResult, root: string) => Promise<void> | void,
  prepare: (root: string) => Promise<void> | void = () => {},
): Promise<void> {
  await inDirectory(async (directory) => {
    const { root = `${directory}/root`, stateFile = `${directory}/state of 'fakeroot'` } = script;
    Deno.mkdirSync(root, { recursive: true });
    await prepare(root);
    let output = "";
    await runScript({
      field: script.how === "plain" ? "extraCommands" : "fakeRootCommands",
      shell: null,
      path: null,
      storeRoot: "",
      searchPath: Deno.env.get("PATH") ?? "",
      onOutput: (text) => output += text,
      ...script,
      root,
      stateFile,
    });
    const ownership = script.how === "plain"
      ? undefined
      : FakerootState.parse(Deno.readTextFileSync(stateFile), stateFile);
    await look({ tree: await listStaged(root, { owner: OWNER, ownership }), output }, root);
  });
}

/** Runs a script that has to fail, and gives the error's message. */
export async function failureOf(script: Script): Promise<string> {
  try {
    await withScript({ ...script, onOutput: undefined }, () => {});
  } catch (error) {
    if (error instanceof Error && error.name === "ImageError") return error.message;
    throw error;
  }
  throw new Error("The script did not fail");
}

/** Type, mode and owner of each entry. */
export function ownersOf(tree: RootTree): Record<string, string> {
  const show = ({ type, mode, uid, gid, device }: RootEntry) =>
    `${type} ${mode.toString(8)} ${uid}:${gid}${device ? ` ${device.major},${device.minor}` : ""}`;
  return Object.fromEntries([...tree].map(([path, entry]) => [path, show(entry)]));
}
