/**
 * This very Deno as a store path, to run in the sandbox of Nix.
 * @module
 */

import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { debianClosure } from "./debian_closure.ts";
import { succeed } from "./program.ts";
import { Scratch } from "./scratch.ts";

/** What a derivation makes a working Deno of, by copying the first with the others as inputs. */
export interface StoreDeno {
  /** The store path of the executable; its loader and libraries are those of `libraries`. */
  readonly executable: string;
  /** The store paths that it refers to, of which the database does not know. */
  readonly libraries: readonly string[];
}

/** Puts it into the store, with Debian's libraries. Needs root. */
export async function denoInStore(): Promise<StoreDeno> {
  await using scratch = new Scratch();
  const libraries = [...new Set(await debianClosure(["libc6", "libgcc-s1"]))];
  const find = ["find", ...libraries, "-type", "f", "-o", "-type", "l"];
  const files = (await succeed(find)).split("\n");
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
  const executable = await succeed(["nix-store", "--add", copy], { env: nixEnvironment() });
  return { executable: executable.trim(), libraries };
}
