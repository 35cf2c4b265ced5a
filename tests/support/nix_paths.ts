/**
 * The store paths of the integration tests.
 * @module
 */

import { fileURLToPath } from "node:url";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { busyboxDirectory } from "../../tasks/programs.ts";
import { succeed } from "./program.ts";

const FIXTURES = fileURLToPath(new URL("fixtures.nix", import.meta.url));

/** The attributes of fixtures.nix. */
export type Fixture =
  | "bash"
  | "big"
  | "busybox"
  | "cacert"
  | "coreutils"
  | "etcActivation"
  | "farmFirst"
  | "farmSecond"
  | "hello"
  | "itself"
  | "message"
  | "nix"
  | "symlink"
  | "users";

/** Builds these paths of fixtures.nix with the real `nix-build`; they are built but once. */
export async function buildFixtures<Name extends Fixture>(
  ...names: Name[]
): Promise<Record<Name, string>> {
  const attributes = names.flatMap((name) => ["-A", name]);
  const paths = await succeed(
    [
      "nix-build",
      FIXTURES,
      "--no-out-link",
      "--arg",
      "directory",
      busyboxDirectory(),
      ...attributes,
    ],
    { env: nixEnvironment() },
  );
  const lines = paths.trim().split("\n");
  return Object.fromEntries(names.map((name, n) => [name, lines[n]])) as Record<Name, string>;
}

/** The closure of these paths, in the order of `nix-store --query --requisites`. */
export async function closureOf(...paths: string[]): Promise<string[]> {
  return (await succeed(["nix-store", "--query", "--requisites", ...paths])).trim().split("\n");
}
