import assert from "node:assert/strict";
import { qualifiedName, referenceParts } from "../../src/image/image_reference.ts";

// As the distribution project's reference package normalizes names.
const NAMES: Readonly<Record<string, string>> = {
  "hello": "docker.io/library/hello:latest",
  "hello:1.0": "docker.io/library/hello:1.0",
  "library/hello:1": "docker.io/library/hello:1",
  "user/hello:1": "docker.io/user/hello:1",
  "docker.io/hello:1": "docker.io/library/hello:1",
  "docker.io/library/hello:1": "docker.io/library/hello:1",
  "index.docker.io/hello:1": "docker.io/library/hello:1",
  "localhost/hello:1": "localhost/hello:1",
  "localhost:5000/hello": "localhost:5000/hello:latest",
  "registry.example/hello:1": "registry.example/hello:1",
  "registry:5000/a/b/c:1": "registry:5000/a/b/c:1",
  "[::1]:5000/hello:1": "[::1]:5000/hello:1",
};

for (const [name, expected] of Object.entries(NAMES)) {
  Deno.test(`qualifiedName() of ${name}`, () => {
    assert.equal(qualifiedName(name), expected);
    assert.equal(qualifiedName(expected), expected);
  });
}

Deno.test("referenceParts() tells a tag from a port", () => {
  assert.deepEqual(referenceParts("host:5000/a/b:1"), { repository: "host:5000/a/b", tag: "1" });
  assert.deepEqual(referenceParts("host:5000/a"), { repository: "host:5000/a", tag: "latest" });
});
