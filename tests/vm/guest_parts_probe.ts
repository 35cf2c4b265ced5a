/** Says why a guest can't be made, for a test that runs this as a user with fewer rights. */

import { findGuestParts } from "../../src/vm/guest_parts.ts";

const [root = "", searchPath = ""] = Deno.args;
try {
  await findGuestParts({ architecture: "amd64", searchPath, root });
} catch (error) {
  console.log((error as Error).message);
}
