/**
 * Evaluating the Nix functions, without a store.
 * @module
 */

import { fileURLToPath } from "node:url";
import { runCommand } from "./program.ts";

const FUNCTIONS = fileURLToPath(new URL("../../nix/default.nix", import.meta.url));

/** What came of an evaluation: the value, or what Nix said. */
export type Evaluated = { readonly value: unknown } | { readonly error: string };

/**
 * The value of an expression in which `tools` are the functions.
 *
 * @param given their arguments besides `deno`, `program` and `bash`, as Nix has them
 */
export async function evaluate(expression: string, given = ""): Promise<Evaluated> {
  const [store, words] = ["--store dummy://", "--eval --strict --json --readonly-mode"];
  const text = `let
    tools = import ${FUNCTIONS} {
      system = "x86_64-linux"; deno = "/deno"; program = "/program"; bash = "/bash"; ${given}
    };
    inherit (tools) buildImage buildLayeredImage streamLayeredImage;
  in ${expression}`;
  const { code, text: json, stderr } = await runCommand(
    ["nix-instantiate", ...words.split(" "), ...store.split(" "), "--expr", text],
    { env: { USER: "nobody" } },
  );
  return code === 0 ? { value: JSON.parse(json) } : { error: stderr };
}
