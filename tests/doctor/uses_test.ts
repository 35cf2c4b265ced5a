import assert from "node:assert/strict";
import type { Check } from "../../src/doctor/check.ts";
import { problemsOf, unusable, usedBy, type UseName, usesOf } from "../../src/doctor/uses.ts";
import { commandLine } from "../../src/command_line/program.ts";
import { specJsonSchema } from "../../src/spec/json_schema.ts";

/** A host on which all works, but for what is said. */
function checks(other: Readonly<Record<string, Check["status"]>> = {}): Check[] {
  const names = [
    ..."store nix-store temporary cache sh bash fakeroot proot user-namespace".split(" "),
    ..."qemu kernel busybox mke2fs kvm pigz docker podman containerd skopeo".split(" "),
  ];
  return [...new Set([...names, ...Object.keys(other)])].map((name) => ({
    group: "store",
    name,
    status: other[name] ?? "ok",
    message: "",
  }));
}

function broken(other: Readonly<Record<string, Check["status"]>>): UseName[] {
  return usesOf(checks(other)).filter(({ works }) => !works).map(({ name }) => name);
}

Deno.test("usesOf knows what each verb and field needs", () => {
  assert.deepEqual(broken({}), []);
  assert.deepEqual(broken({ pigz: "missing", bash: "missing", kvm: "failed" }), []);
  assert.deepEqual(broken({ skopeo: "missing" }), ["pull", "prefetch", "fromImage"]);
  assert.deepEqual(broken({ fakeroot: "failed" }), ["fakeRootCommands", "enableFakechroot"]);
  assert.deepEqual(broken({ kernel: "missing" }), ["runAsRoot"]);
  assert.deepEqual(broken({ machine: "failed" }), ["runAsRoot"]);
  const withoutNix = broken({ "nix-store": "missing" });
  assert.ok(withoutNix.includes("stream") && withoutNix.includes("load"));
  assert.ok(!withoutNix.includes("closure") && !withoutNix.includes("pull"));
  assert.ok(broken({ store: "missing" }).includes("closure"));
  assert.deepEqual(broken({ registry: "failed" }), [
    "push",
    "index",
    "pull",
    "prefetch",
    "fromImage",
  ]);
});

Deno.test("usesOf is content with one of several that would do", () => {
  assert.deepEqual(broken({ proot: "failed" }), []);
  assert.deepEqual(broken({ "user-namespace": "failed" }), []);
  assert.deepEqual(broken({ proot: "missing", "user-namespace": "failed" }), ["enableFakechroot"]);
  assert.deepEqual(broken({ docker: "failed" }), ["docker"]);
  // Without --engine, containerd is not asked.
  assert.deepEqual(broken({ docker: "failed", podman: "missing" }), ["load", "docker", "podman"]);
});

Deno.test("usesOf says no to what waits for an engine that is silent", () => {
  const silent = checks().map((check): Check =>
    check.name === "docker" ? { ...check, status: "failed", isSilent: true } : check
  );
  const load = usesOf(silent).find(({ name }) => name === "load");
  assert.deepEqual(load, { name: "load", works: false, lacks: ["docker"] });
});

Deno.test("problemsOf leaves out what something else does", () => {
  const found = checks({ proot: "failed", kvm: "failed", pigz: "missing", docker: "failed" });
  const names = (required?: readonly UseName[]) => {
    const problems = problemsOf(found, usesOf(found), required);
    return [problems.checks, problems.uses].map((each) => each.map(({ name }) => name));
  };
  assert.deepEqual(names(), [["kvm", "docker"], []]);
  assert.deepEqual(names(["load", "enableFakechroot"]), [[], []]);
  assert.deepEqual(names(["docker", "pull"]), [["docker"], ["docker"]]);
  assert.deepEqual(unusable(usesOf(found), ["docker", "pull"]).map(({ name }) => name), ["docker"]);
});

Deno.test("uses are verbs, fields of the spec, or options", async () => {
  const verbs = (await commandLine()).commands.map((command) => command.name());
  const fields = JSON.stringify(specJsonSchema());
  const options = ["closure", "docker", "podman", "containerd"];
  for (const { name } of usesOf([])) {
    const isField = fields.includes(`"${name}":`);
    assert.ok(verbs.includes(name) || isField || options.includes(name), name);
  }
  assert.deepEqual(usedBy({ name: "fakeroot" }), ["fakeRootCommands", "enableFakechroot"]);
  assert.deepEqual(usedBy({ name: "pigz" }), []);
});
