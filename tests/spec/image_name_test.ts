import assert from "node:assert/strict";
import { IMAGE_NAME, IMAGE_TAG } from "../../src/spec/image_name.ts";

Deno.test("IMAGE_NAME takes what the distribution reference grammar takes after lower-casing", () => {
  for (
    const name of [
      "a",
      "app",
      "App",
      "7zip",
      "a.b_c__d-e--f---g",
      "library/debian",
      "a/b/c/d",
      "localhost/app",
      "localhost:5000/app",
      "registry-1.docker.io/image",
      "Registry.Example.ORG:443/Team/App",
      "xn--n3h.com/myimage",
      "[2001:db8::1]:5000/repo",
      "192.0.2.7:5000/repo",
      "sub-dom1.foo.com/bar/baz/quux",
      "a".repeat(63),
      "f".repeat(65),
      `${"a/".repeat(127)}a`,
    ]
  ) assert.ok(IMAGE_NAME.test(name), name);
});

Deno.test("IMAGE_NAME refuses what is no repository name", () => {
  for (
    const name of [
      "",
      "/app",
      "app/",
      "a//b",
      "-app",
      "app-",
      ".app",
      "a..b",
      "a___b",
      "a.-b",
      "app:latest",
      "localhost:5000",
      "host:port/app",
      "host:/app",
      "-host.org/app",
      "host..org/app",
      "a b",
      "app@sha256:00",
      "http://host/app",
      "[::1/app",
      "é",
      "app\n",
      "\u212Aelvin", // lower-cases to an ASCII k
      "f".repeat(64),
      "0123456789ABCDEF".repeat(4),
      `${"a/".repeat(127)}ab`,
    ]
  ) assert.ok(!IMAGE_NAME.test(name), name);
});

Deno.test("IMAGE_TAG takes tags alone", () => {
  for (const tag of ["latest", "1.0", "_", "A-b_c.d", "x".repeat(128)]) {
    assert.ok(IMAGE_TAG.test(tag), tag);
  }
  for (const tag of ["", ".a", "-a", "a:b", "a/b", "a b", "a+b", "é", "a\n", "x".repeat(129)]) {
    assert.ok(!IMAGE_TAG.test(tag), tag);
  }
});
