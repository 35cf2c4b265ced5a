import assert from "node:assert/strict";
import { inDirectory } from "../support/directories.ts";
import { errorLines, load } from "../support/specs.ts";
import { storePath } from "../support/store_paths.ts";

const A = storePath("a");
const linesOf = (groups: unknown) => errorLines({ name: "app", groups });

Deno.test("loadSpec() reads groups: store paths, links to them, patterns", async () => {
  await inDirectory(async (directory) => {
    Deno.symlinkSync(A, `${directory}/result`);
    const source = `${directory}/spec.json`;
    const groups = [
      { name: "runtime", paths: ["./result", "*python3*", storePath("b")], closure: true },
      { name: "more", paths: ["[ab]?"] },
    ];
    Deno.writeTextFileSync(source, JSON.stringify({ name: "app", groups }));
    const { spec } = await load(null, { source });
    assert.deepEqual(spec.groups, [
      { name: "runtime", paths: [A, "*python3*", storePath("b")], closure: true },
      { name: "more", paths: ["[ab]?"], closure: false },
    ]);
  });
});

Deno.test("loadSpec() tells what is wrong with groups", async () => {
  const path = 'a store path, a link to one, or a pattern for names such as "*python3*"';
  assert.deepEqual(await linesOf({}), ["groups: expected an array of groups, found {}"]);
  assert.deepEqual(await linesOf([{ paths: [] }, 5]), [
    "groups[0].name: expected a name for the group, found nothing",
    "groups[0].paths: expected at least one store path or pattern, found []",
    'groups[1]: expected an object such as {"name": "python", "paths": ["*python3*"]}, found 5',
  ]);
  assert.deepEqual(
    await linesOf([{ name: "a", paths: ["*", 5, "", "[", `${A}/bin`, "/nowhere"], closur: 1 }]),
    [
      `groups[0].paths[1]: expected ${path}, found 5`,
      `groups[0].paths[2]: expected ${path}, found ""`,
      'groups[0].paths[3]: expected a pattern for names ("[" without "]" in "["; "[[]" is a ' +
      'bracket), found "["',
      'groups[0].closur: unknown field, did you mean "closure"?',
      `groups[0].paths[4]: expected ${path}, found "${A}/bin", which is below a store path`,
      `groups[0].paths[5]: expected ${path}, found "/nowhere", but /nowhere does not exist`,
    ],
  );
  assert.deepEqual(await linesOf([{ name: "a", paths: ["*"] }, { name: "a", paths: ["?"] }]), [
    'groups[1].name: expected each name once, found "a"',
  ]);
});
