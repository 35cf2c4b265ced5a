/**
 * This very Deno as a store path, to run in the sandbox of Nix.
 * @module
 */

import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { succeed } from "./program.ts";
import { Scratch } from "./scratch.ts";

/**
 * Puts Deno into the store; needs root.
 *
 * @param libraries the store paths of Debian's libc6 and libgcc-s1. The executable refers to them, of
 * which the store's database does not know: a derivation with all three copies it.
 * @returns the store path of the executable.
 */
export async function denoInStore(libraries: readonly string[]): Promise<string> {
  await using scratch = new Scratch();
  const files = (await succeed(["find", ...libraries])).split("\n");
  const loader = files.find((file) => /\/lib\/[^/]+\/ld-linux-[^/]+$/.test(file)) ?? "";
  const directories = libraries.map((path) => {
    const file = files.find((file) =>
      file.startsWith(path) && /\/lib\/[^/]+\/[^/]+\.so/.test(file)
    );
    return file?.slice(0, file.lastIndexOf("/")) ?? path;
  });
  const copy = `${scratch.path}/deno`;
  await Deno.copyFile(Deno.execPath(), copy);
  await Deno.chmod(copy, 0o755);
  const places = ["--force-rpath", "--set-rpath", directories.join(":")];
  await succeed(["patchelf", "--set-interpreter", loader, ...places, copy]);
  return (await succeed(["nix-store", "--add", copy], { env: nixEnvironment() })).trim();
}
