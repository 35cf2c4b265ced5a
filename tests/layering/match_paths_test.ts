import assert from "node:assert/strict";
import { matchPaths } from "../../src/layering/match_paths.ts";
import { packageName, sourceOf } from "../../src/layering/package_name.ts";
import { storePath } from "./closures.ts";

Deno.test("packageName() takes a name apart", () => {
  const parts = (name: string) => {
    const { name: package_, version, output } = packageName(storePath(name, 1));
    return [package_, version, output];
  };
  assert.deepEqual(parts("openssl-3.0.13"), ["openssl", "3.0.13", ""]);
  assert.deepEqual(parts("openssl-3.0.13-dev"), ["openssl", "3.0.13", "dev"]);
  assert.deepEqual(parts("gcc-13.2.0-lib"), ["gcc", "13.2.0", "lib"]);
  assert.deepEqual(parts("nss-cacert-3.98"), ["nss-cacert", "3.98", ""]);
  assert.deepEqual(parts("glibc-2.38-44"), ["glibc", "2.38-44", ""]);
  assert.deepEqual(parts("python3.11-six-1.16.0"), ["python3.11-six", "1.16.0", ""]);
  assert.deepEqual(parts("hello"), ["hello", "", ""]);
  assert.deepEqual(parts("lib"), ["lib", "", ""]);
});

Deno.test("sourceOf() joins outputs, and packages of one telling version", () => {
  const same = (a: string, b: string) => sourceOf(storePath(a, 1)) === sourceOf(storePath(b, 2));
  assert.ok(same("zlib-1.3", "zlib-1.3-dev"));
  assert.ok(same("qtbase-6.7.2", "qtsvg-6.7.2"));
  assert.ok(!same("zlib-1.3", "expat-1.3"));
  assert.ok(!same("a-1.0.0", "b-1.0.0"));
  assert.ok(!same("a", "b"));
});

Deno.test("matchPaths() finds paths by hash, name, package and package family, in this order", () => {
  const pairs = (earlier: [string, number][], paths: [string, number][]) => {
    const matches = matchPaths(
      earlier.map(([name, hash]) => storePath(name, hash)),
      paths.map(([name, hash]) => storePath(name, hash)),
    );
    return paths.map(([name, hash]) => {
      const match = matches.get(storePath(name, hash));
      return earlier.findIndex(([name, hash]) => storePath(name, hash) === match);
    });
  };
  assert.deepEqual(pairs([["a-1", 1]], [["a-1", 1]]), [0]);
  assert.deepEqual(pairs([["a-1", 1]], [["a-1", 2], ["b-1", 1]]), [0, -1]);
  assert.deepEqual(pairs([["a-2", 1], ["a-1", 2]], [["a-3", 3], ["a-1", 4]]), [0, 1]);
  assert.deepEqual(pairs([["a-1", 1], ["a-1-dev", 2]], [["a-2-dev", 3], ["a-2", 4]]), [1, 0]);
  assert.deepEqual(pairs([["py3.11-a-1", 1]], [["py3.12-a-2", 2], ["py3.12-b-1", 3]]), [0, -1]);
  // Each is taken once.
  assert.deepEqual(pairs([["a-1", 1]], [["a-2", 2], ["a-3", 3]]), [0, -1]);
});
