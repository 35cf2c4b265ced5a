import assert from "node:assert/strict";
import { planImage } from "../../src/image/plan.ts";
import type { ImageSpec } from "../../src/spec/image_spec.ts";
import { closuresWithin } from "../../src/store/graph_file.ts";
import { inDirectory } from "../support/directories.ts";
import { DEFAULTS } from "../support/specs.ts";
import { storePath } from "../support/store_paths.ts";

const libc = storePath("libc", "1");
const shell = storePath("shell", "2");
const stranger = storePath("stranger", "3");
const source = closuresWithin(
  new Map([
    [libc, { references: [], narSize: 1 }],
    [shell, { references: [libc], narSize: 1 }],
    [stranger, { references: [libc], narSize: 1 }],
  ]),
);

/** The store paths of an image with these fields, and what may surprise. */
async function planned(fields: Partial<ImageSpec>) {
  let found: { paths: readonly string[]; notices: readonly string[] } | undefined;
  await inDirectory(async (work) => {
    await Deno.mkdir(`${work}${shell}/bin`, { recursive: true });
    await Deno.writeTextFile(`${work}${shell}/bin/bash`, "", { mode: 0o755 });
    const { layers, top } = await planImage({ ...DEFAULTS, name: "app", ...fields }, {
      source,
      storeRoot: work,
      searchPath: `${shell}/bin:${Deno.env.get("PATH")}`,
      workDirectory: () => Promise.resolve(work),
    });
    assert.ok("notices" in top);
    found = { paths: layers.flatMap(({ paths }) => paths).sort(), notices: top.notices };
  });
  assert.ok(found);
  return found;
}

const leftOut = (where: string) =>
  `/${where} mentions ${stranger}, which is left out: the spec does not name it, nor does ` +
  "anything that it names refer to it";

Deno.test("planTop() takes the store path that a helper links to, though no field names it", async () => {
  assert.deepEqual(await planned({ helpers: ["binSh"] }), { paths: [libc, shell], notices: [] });
});

Deno.test("planTop() leaves out what the links of a directory lead to", async () => {
  await inDirectory(async (directory) => {
    await Deno.symlink(`${stranger}/bin`, `${directory}/link`);
    const contents = [{ kind: "directory", path: directory } as const];
    assert.deepEqual(await planned({ helpers: ["binSh"], contents }), {
      paths: [libc, shell],
      notices: [leftOut("link")],
    });
  });
});

Deno.test("planTop() leaves out what the links of commands lead to, but for what they name", async () => {
  const [hash, name] = [stranger.slice(0, 43), stranger.slice(43)];
  assert.deepEqual(await planned({ extraCommands: `ln -s "${hash}"${name}/bin link` }), {
    paths: [],
    notices: [leftOut("link")],
  });
  assert.deepEqual(await planned({ extraCommands: `ln -s ${stranger}/bin link` }), {
    paths: [libc, stranger],
    notices: [],
  });
});

Deno.test("planTop() has nothing to say of what the spec names, with no store paths either", async () => {
  const nothing = { paths: [], notices: [] };
  const none = { includeStorePaths: false, helpers: ["binSh"] } as const;
  await inDirectory(async (directory) => {
    await Deno.symlink(`${stranger}/bin`, `${directory}/link`);
    const contents = [{ kind: "directory", path: directory } as const];
    assert.deepEqual(await planned({ ...none, contents, config: { Cmd: [stranger] } }), nothing);
  });
  const contents = [{ kind: "store", path: shell } as const];
  assert.deepEqual(
    await planned({ ...none, contents, extraCommands: "true", helpers: [] }),
    nothing,
  );
});

Deno.test("planTop() takes what files of the spec mention, but for what is to be absent", async () => {
  const files = [
    { type: "symlink", path: "/bin/sh", target: `${shell}/bin/bash` },
    { type: "file", path: "/list", text: `in ${stranger}.` },
  ] as const;
  assert.deepEqual(await planned({ files }), { paths: [libc, shell, stranger], notices: [] });
  assert.deepEqual(await planned({ files, absentStorePaths: [stranger] }), {
    paths: [libc, shell],
    notices: [],
  });
  // Whether the store has it or not.
  const text = `${storePath("new", "4")}/bin`;
  assert.deepEqual(
    await planned({
      files: [{ type: "file", path: "/list", text }],
      config: { Env: [`new=${text}`, `libc=${libc}`] },
      absentStorePaths: [storePath("new", "4")],
    }),
    { paths: [libc], notices: [] },
  );
});
