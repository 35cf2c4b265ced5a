import assert from "node:assert/strict";
import { likenedClosure } from "../../src/layering/likened_closure.ts";
import { storePath } from "../support/store_paths.ts";

Deno.test("likenedClosure() gives paths the references and sizes of their counterparts", () => {
  const [app, lib, libc] = [storePath("app-2", "2"), storePath("lib-1", "2"), storePath("libc-1")];
  const later = new Map([
    [app, { narSize: 3, references: [lib, libc].sort() }],
    [lib, { narSize: 2, references: [libc] }],
    [libc, { narSize: 1, references: [] }],
  ]);
  const [oldApp, oldLib] = [storePath("app-1", "1"), storePath("lib-1", "1")];
  const gone = storePath("gone-1");
  assert.deepEqual(
    likenedClosure([oldApp, oldLib, libc, gone], later),
    new Map([
      [oldApp, { narSize: 3, references: [oldLib, libc].sort() }],
      [oldLib, { narSize: 2, references: [libc] }],
      [libc, { narSize: 1, references: [] }],
      [gone, { narSize: 0, references: [] }],
    ]),
  );
});

Deno.test("likenedClosure() refers to nothing that the earlier version had not", () => {
  const [app, added] = [storePath("app-2", "2"), storePath("added-1")];
  const later = new Map([
    [app, { narSize: 3, references: [added] }],
    [added, { narSize: 2, references: [] }],
  ]);
  const before = storePath("app-1");
  assert.deepEqual(
    likenedClosure([before], later),
    new Map([[before, { narSize: 3, references: [] }]]),
  );
});
