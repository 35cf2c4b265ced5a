import assert from "node:assert/strict";
import { shownWords } from "../../src/commands/details.ts";

Deno.test("shownWords() leaves out what is long, and users of URLs", () => {
  assert.equal(shownWords(["nix-store", "--query", "/nix/store"]), "nix-store --query /nix/store");
  assert.equal(shownWords(["sh", "-ec", "one\ntwo\n", "sh", "a"]), "sh -ec (2 lines) sh a");
  assert.equal(
    shownWords(["skopeo", "docker://user:s3cret@registry.example/app"]),
    "skopeo docker://registry.example/app",
  );
  const many = shownWords([
    "docker",
    ...Array.from({ length: 500 }, () => `sha256:${"0".repeat(64)}`),
  ]);
  assert.match(many, /^docker sha256:0+ sha256:0+ … \(498 more\)$/);
  assert.ok(shownWords(["x", "y".repeat(10_000)]).length < 120);
  assert.ok(!shownWords(["x", "\x1b[31m"]).includes("\x1b"));
});
