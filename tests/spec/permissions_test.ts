import assert from "node:assert/strict";
import { errorLines, load } from "../support/specs.ts";

const ID = "an integer from 0 to 4294967294";
const PATH =
  'an absolute path such as "/home/alice/**", without "//", "/" at the end, "." and ".."';
const MODE = 'a string of octal digits such as "0750", at most "7777"';
const NAME = "a name that starts with user, security, trusted or system, " +
  'such as "user.comment", of at most 255 characters without "="';
const EFFECT = "at least one of uid, gid, mode, xattrs, capabilities beside path";
const CAPABILITIES = 'capabilities as setcap writes them, such as "cap_net_bind_service+ep"';

const withRules = (...permissions: unknown[]) => ({ name: "app", permissions });

Deno.test("permissions are rules with modes as numbers", async () => {
  const { spec, warnings } = await load(withRules(
    { path: "/home/alice/**", uid: 1000, gid: 0, mode: "0750" },
    { path: "/bin/[a-z]*/?", type: "file", mode: "4755" },
    { path: "/.hidden/..x/...", type: "directory", mode: "00007777" },
    { path: "/", mode: "0" },
    {
      path: "/**",
      xattrs: { "user.comment": "aGVsbG8=", "security.capability": "", "trusted.a b": "AA==" },
    },
    { path: "/bin/server", capabilities: "cap_net_bind_service,cap_net_raw=+ep cap_chown-i" },
  ));
  assert.deepEqual(spec.permissions, [
    { path: "/home/alice/**", uid: 1000, gid: 0, mode: 0o750 },
    { path: "/bin/[a-z]*/?", type: "file", mode: 0o4755 },
    { path: "/.hidden/..x/...", type: "directory", mode: 0o7777 },
    { path: "/", mode: 0 },
    {
      path: "/**",
      xattrs: { "user.comment": "aGVsbG8=", "security.capability": "", "trusted.a b": "AA==" },
    },
    { path: "/bin/server", capabilities: "cap_net_bind_service,cap_net_raw=+ep cap_chown-i" },
  ]);
  assert.deepEqual(warnings, []);
});

/** A rule beside `"path": "/a"`, and the lines that it earns after `permissions[0]`. */
const WRONG_RULES: [rule: object, ...lines: string[]][] = [
  [{}, `: expected ${EFFECT}, found {"path":"/a"}`],
  [
    { type: "file", xattrs: {} },
    `: expected ${EFFECT}, found {"path":"/a","type":"file","xattrs":{}}`,
  ],
  [{ path: "a", uid: 1 }, `.path: expected ${PATH}, found "a"`],
  [
    { path: "/a/", mode: "/" },
    `.path: expected ${PATH}, found "/a/"`,
    `.mode: expected ${MODE}, found "/"`,
  ],
  [{ path: "/a//b", uid: 1 }, `.path: expected ${PATH}, found "/a//b"`],
  [{ path: "/a/../b", uid: 1 }, `.path: expected ${PATH}, found "/a/../b"`],
  [{ path: "/a/.", uid: 1 }, `.path: expected ${PATH}, found "/a/."`],
  [{ path: "", uid: 1 }, `.path: expected ${PATH}, found ""`],
  [{ path: undefined, uid: 1 }, `.path: expected ${PATH}, found nothing`],
  [{ type: "link", uid: 1 }, '.type: expected "file" or "directory", found "link"'],
  [{ uid: -1, gid: 1.5 }, `.uid: expected ${ID}, found -1`, `.gid: expected ${ID}, found 1.5`],
  [{ uid: 4294967295 }, `.uid: expected ${ID}, found 4294967295`],
  [{ uid: "alice" }, `.uid: expected ${ID}, found "alice"`],
  [{ mode: 750 }, `.mode: expected ${MODE}, found 750`],
  [{ mode: "0o750" }, `.mode: expected ${MODE}, found "0o750"`],
  [{ mode: "758" }, `.mode: expected ${MODE}, found "758"`],
  [{ mode: "10000" }, `.mode: expected ${MODE}, found "10000"`],
  [{ mode: "" }, `.mode: expected ${MODE}, found ""`],
  [
    { xattrs: { comment: "", "user.": "", "user.a=b": "" } },
    `.xattrs.comment: expected ${NAME}, found "comment"`,
    `.xattrs["user."]: expected ${NAME}, found "user."`,
    `.xattrs["user.a=b"]: expected ${NAME}, found "user.a=b"`,
  ],
  [
    { xattrs: { "user.a": "aGVsbG8", "user.b": "å", "user.c": 1 } },
    '.xattrs["user.a"]: expected a string in base64, found "aGVsbG8"',
    '.xattrs["user.b"]: expected a string in base64, found "å"',
    '.xattrs["user.c"]: expected a string in base64, found 1',
  ],
  [
    { xattrs: ["user.a"] },
    '.xattrs: expected an object such as {"user.comment": "aGVsbG8="}, found ["user.a"]',
  ],
  [{ capabilities: "cap_chown" }, `.capabilities: expected ${CAPABILITIES}, found "cap_chown"`],
  [{ capabilities: "" }, `.capabilities: expected ${CAPABILITIES}, found ""`],
  [{ capabilities: "cap_chown+x" }, `.capabilities: expected ${CAPABILITIES}, found "cap_chown+x"`],
  [
    { type: "directory", capabilities: "all=ep" },
    '.capabilities: expected no capabilities in a rule with "type": "directory", as only files ' +
    'have some, found "all=ep"',
  ],
  [
    { xattrs: { "security.capability": "" }, capabilities: "all=ep" },
    '.capabilities: expected no capabilities beside the extended attribute "security.capability" ' +
    'that holds them, found "all=ep"',
  ],
  [
    { capabilities: "cap_foo+ep" },
    `.capabilities: expected ${CAPABILITIES} ("cap_foo" is no capability of Linux), ` +
    'found "cap_foo+ep"',
  ],
  [
    { path: "/a[b", uid: 1 },
    '.path: expected a path pattern ("[" without "]" in "a[b"; "[[]" is a bracket), found "/a[b"',
  ],
  [{ modes: "0750" }, '.modes: unknown field, did you mean "mode"?'],
  [
    { uid: 1, owner: "alice" },
    ".owner: unknown field, expected one of path, type, uid, gid, mode, xattrs, capabilities",
  ],
];

Deno.test("a rule that is wrong is told with its place", async () => {
  for (const [rule, ...lines] of WRONG_RULES) {
    const reported = await errorLines(withRules({ path: "/a", ...rule }));
    assert.deepEqual(reported, lines.map((line) => `permissions[0]${line}`));
  }
  assert.deepEqual(await errorLines({ name: "app", permissions: { path: "/" } }), [
    'permissions: expected an array of rules, found {"path":"/"}',
  ]);
  assert.deepEqual(await errorLines(withRules({ path: "/", uid: 1 }, "/a", { path: "/" })), [
    'permissions[1]: expected an object such as {"path": "/home/alice/**", "uid": 1000}, found "/a"',
    `permissions[2]: expected ${EFFECT}, found {"path":"/"}`,
  ]);
});
