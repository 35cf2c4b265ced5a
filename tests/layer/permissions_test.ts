import assert from "node:assert/strict";
import { type Attributes, PermissionRules } from "../../src/layer/permissions.ts";
import type { PermissionRule } from "../../src/spec/image_spec.ts";
import type { FileType } from "../../src/tar/tar_header.ts";

const PLAIN: Attributes = { uid: 0, gid: 0, mode: 0o644 };

/** `cap_net_raw+ep`, as setcap of libcap 2.66 writes it. */
const NET_RAW = "0100000200200000000000000000000000000000";

function apply(
  rules: readonly PermissionRule[],
  path: string,
  type: FileType = "file",
  attributes: Attributes = PLAIN,
) {
  const { uid, gid, mode, xattrs } = new PermissionRules(rules).apply(path, type, attributes);
  const shown = [...xattrs ?? []].map(([name, value]) => [name, value.toHex()]);
  return { uid, gid, mode, xattrs: Object.fromEntries(shown) };
}

Deno.test("the last rule wins, for each attribute on its own", () => {
  const rules = [
    { path: "/**", uid: 1, gid: 1, mode: 0o600, xattrs: { "user.a": "AQ==", "user.b": "AQ==" } },
    { path: "/home/**", gid: 2, xattrs: { "user.b": "Ag==" } },
    { path: "/home/?", uid: 3, mode: 0 },
  ];
  assert.deepEqual(apply(rules, "/"), {
    uid: 1,
    gid: 1,
    mode: 0o600,
    xattrs: { "user.a": "01", "user.b": "01" },
  });
  assert.deepEqual(apply(rules, "/home/a"), {
    uid: 3,
    gid: 2,
    mode: 0,
    xattrs: { "user.a": "01", "user.b": "02" },
  });
});

Deno.test("a path that no rule is for keeps the object it has", () => {
  const rules = new PermissionRules([
    { path: "/home/**", uid: 1 },
    { path: "/**", type: "directory", uid: 1 },
    { path: "/bin/**", capabilities: "cap_net_raw+ep" },
  ]);
  assert.equal(rules.apply("/etc", "file", PLAIN), PLAIN);
  assert.equal(rules.apply("/bin/ping", "symlink", PLAIN), PLAIN);
  assert.equal(new PermissionRules([]).apply("/etc", "file", PLAIN), PLAIN);
});

Deno.test("attributes that were there stay, and the map that holds them is left alone", () => {
  const xattrs = new Map([["user.a", Uint8Array.of(1)], ["user.b", Uint8Array.of(1)]]);
  const before = { ...PLAIN, xattrs };
  const rules = [{ path: "/a", xattrs: { "user.b": "Ag==" } }];
  assert.deepEqual(apply(rules, "/a", "file", before).xattrs, { "user.a": "01", "user.b": "02" });
  assert.deepEqual(xattrs.get("user.b"), Uint8Array.of(1));
  assert.equal(
    new PermissionRules([{ path: "/a", uid: 1 }]).apply("/a", "file", before).xattrs,
    xattrs,
  );
});

Deno.test("each type of file gets what Linux lets it have", () => {
  const rule = {
    path: "/a",
    uid: 1,
    gid: 2,
    mode: 0o4755,
    xattrs: { "user.a": "AQ==", "trusted.a": "AQ==" },
    capabilities: "cap_net_raw+ep",
  };
  const trusted = { "trusted.a": "01" };
  const user = { "user.a": "01", ...trusted };
  const all = { ...user, "security.capability": NET_RAW };
  const expected: [FileType, number, Record<string, string>][] = [
    ["file", 0o4755, all],
    ["directory", 0o4755, user],
    ["symlink", 0o644, trusted],
    ["fifo", 0o4755, trusted],
    ["character", 0o4755, trusted],
    ["block", 0o4755, trusted],
  ];
  for (const [type, mode, xattrs] of expected) {
    assert.deepEqual(apply([rule], "/a", type), { uid: 1, gid: 2, mode, xattrs }, type);
  }
});

Deno.test("a rule with a type is for that type alone", () => {
  const rules = [{ path: "/**", type: "directory" as const, mode: 0o750 }];
  assert.equal(apply(rules, "/a", "directory").mode, 0o750);
  assert.equal(apply(rules, "/a", "file").mode, 0o644);
});

Deno.test("touchStore tells whether store layers can be affected", () => {
  const touches = (...paths: string[]) =>
    new PermissionRules(paths.map((path) => ({ path, uid: 1 }))).touchStore;
  for (const path of ["/**", "/nix", "/*", "/nix/**", "/nix/store", "/nix/store/*-a/bin/*"]) {
    assert.ok(touches("/home/**", path), path);
  }
  assert.ok(!touches());
  assert.ok(!touches("/", "/home/**", "/nix/var/**", "/nix/.rw"));
});

Deno.test("unmatched() has the rules that had no effect so far", () => {
  const home = { path: "/home/**", uid: 1 };
  const link = { path: "/bin/ping", capabilities: "cap_net_raw+ep" };
  const rules = new PermissionRules([home, link]);
  assert.deepEqual(rules.unmatched(), [home, link]);
  rules.apply("/bin/ping", "symlink", PLAIN);
  rules.apply("/home", "directory", PLAIN);
  assert.deepEqual(rules.unmatched(), [link]);
  rules.apply("/bin/ping", "file", PLAIN);
  assert.deepEqual(rules.unmatched(), []);
});

Deno.test("identity tells apart what determines the effect", () => {
  const rule = { path: "/a", uid: 1 };
  const other = { path: "/b", uid: 1 };
  const lists: PermissionRule[][] = [
    [],
    [rule],
    [rule, other],
    [other, rule],
    [{ ...rule, type: "file" }],
    [{ ...rule, gid: 1 }],
    [{ path: "/a", gid: 1 }],
    [{ ...rule, mode: 1 }],
    [{ ...rule, xattrs: { "user.a": "AQ==" } }],
    [{ ...rule, xattrs: { "user.a": "Ag==" } }],
    [{ ...rule, capabilities: "cap_net_raw+p" }],
  ];
  const identities = lists.map((rules) => new PermissionRules(rules).identity);
  assert.equal(new Set(identities).size, lists.length);
  assert.equal(new PermissionRules([{ uid: 1, path: "/a" }]).identity, identities[1]);
});

Deno.test("rules that can not be read are refused", () => {
  assert.throws(() => new PermissionRules([{ path: "home" }]), /absolute path/);
  assert.throws(() => new PermissionRules([{ path: "/a", capabilities: "all" }]), /no clause/);
});
