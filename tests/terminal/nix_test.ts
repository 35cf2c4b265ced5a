import assert from "node:assert/strict";
import { nixAttributes } from "../../src/terminal/nix.ts";

Deno.test("nixAttributes() writes strings as Nix reads them", () => {
  // The escapes of the Nix language (manual, string literals): \" \\ \${ \n \r \t, and no other.
  for (
    const [text, written] of [
      ["plain:1", '"plain:1"'],
      ['a "b" \\', '"a \\"b\\" \\\\"'],
      ["${x} $x $${y}", '"\\${x} $x $\\${y}"'],
      ["a\nb\r\tc", '"a\\nb\\r\\tc"'],
      ["é\u0001", '"é\u0001"'],
    ] as const
  ) assert.equal(nixAttributes({ name: text }), `{\n  name = ${written};\n}`);
});
