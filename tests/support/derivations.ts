/**
 * Derivations of the integration tests' small stdenv.
 * @module
 */

import { fileURLToPath } from "node:url";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { debianClosure } from "./debian_closure.ts";
import { succeed } from "./program.ts";

const FIXTURES = fileURLToPath(new URL("shell_fixtures.nix", import.meta.url));

/** Makes derivations that are built by a real bash out of the store. */
export class Derivations {
  private constructor(readonly bash: string, readonly coreutils: string) {}

  static async prepare(): Promise<Derivations> {
    const [bash = "", coreutils = ""] = await debianClosure(["bash", "coreutils"]);
    return new Derivations(bash, coreutils);
  }

  /** The `.drv` file of an expression over the attributes of shell_fixtures.nix. */
  async instantiate(expression: string): Promise<string> {
    const all =
      `with import ${FIXTURES} { bash = "${this.bash}"; coreutils = "${this.coreutils}"; };`;
    const command = ["nix-instantiate", "--quiet", "--expr", `${all} ${expression}`];
    return (await succeed(command, { env: nixEnvironment() })).trim();
  }
}
