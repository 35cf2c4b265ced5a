import assert from "node:assert/strict";
import { APP, application, changeSets } from "../../bench/debian/change_sets.ts";
import { packageGraph } from "../../bench/debian/package_graph.ts";
import { parsePackageIndex, providersOf } from "../../bench/debian/package_index.ts";

const INDEX = parsePackageIndex(`Package: git
Version: 1:2.47-1
Installed-Size: 50
Depends: libc6 (>= 2.38), perl:any | ruby, mail-agent, missing
Pre-Depends: dpkg
Description: a tool
 Package: no

Package: libc6
Source: glibc (2.41-1)
Version: 2.41-1
Installed-Size: 13
Depends: libgcc

Package: libgcc
Version: 14
Installed-Size: 1
Depends: libc6

Package: perl
Version: 5.40
Installed-Size: 7
Depends: libc6

Package: postfix
Version: 3
Provides: mail-agent (= 1), other
Installed-Size: 2

Package: dpkg
Version: 1.22

Package: exim
Version: 4
Installed-Size: 3
Provides: mail-agent
`);

const PROVIDERS = providersOf(INDEX);

Deno.test("parsePackageIndex() reads what Debian's indices say", () => {
  assert.deepEqual(INDEX.get("git"), {
    name: "git",
    version: "1:2.47-1",
    source: "git",
    size: 51_200,
    depends: [["dpkg"], ["libc6"], ["perl", "ruby"], ["mail-agent"], ["missing"]],
    provides: [],
  });
  assert.equal(INDEX.get("libc6")?.source, "glibc");
  assert.deepEqual(INDEX.get("postfix")?.provides, ["mail-agent", "other"]);
  assert.equal(INDEX.size, 7);
});

Deno.test("providersOf() takes the first by name", () => {
  assert.deepEqual([...PROVIDERS], [["mail-agent", "exim"], ["other", "postfix"]]);
});

Deno.test("packageGraph() makes one node of packages that need one another", () => {
  const { nodes, members } = packageGraph(INDEX, PROVIDERS, "git");
  assert.deepEqual(
    nodes.map(({ name, size, uses }) => `${name} ${size / 1024}: ${uses.join(" ")}`),
    ["dpkg 0: ", "exim 3: ", "libc6 14: ", "perl 7: libc6", "git 50: dpkg exim libc6 perl"],
  );
  assert.deepEqual(members.get("libc6"), ["libc6", "libgcc"]);
});

function changing(pocket: string, wholePockets: boolean) {
  const roots = ["git"];
  const packages = new Map([...INDEX, [APP, application(roots)]]);
  const graph = packageGraph(packages, PROVIDERS, APP);
  const pockets = [parsePackageIndex(pocket)];
  return { packages, providers: PROVIDERS, graph, roots, pockets, wholePockets };
}

Deno.test("changeSets() takes sizes and needs from the pocket", () => {
  const pocket = `Package: perl
Version: 5.40+deb1
Installed-Size: 9
Depends: libc6, libnew, dpkg

Package: libnew
Version: 1
Installed-Size: 4

Package: dpkg
Version: 1.22

Package: other
Version: 1
`;
  const updates = changeSets(changing(pocket, true), 1);
  const real = updates.filter(({ kind }) => kind === "suite");
  assert.deepEqual(real.map(({ sources }) => sources), [["perl"]]);
  assert.deepEqual(real[0]?.packages, [
    { name: "libnew", version: "1", size: 4096, uses: [] },
    { name: "perl", version: "5.40+deb1", size: 9216, uses: ["dpkg", "libc6", "libnew"] },
  ]);
  assert.deepEqual(real[0]?.gone, []);
  // A pocket for changes alone may have packages of the same version, built again.
  const changes = changeSets(changing(pocket, false), 1).filter(({ kind }) => kind === "suite");
  assert.deepEqual(changes.map(({ sources }) => sources.join()).sort(), ["dpkg", "perl"]);
});

Deno.test("changeSets() takes away what is no longer needed", () => {
  const pocket = `Package: git
Version: 1:2.48
Installed-Size: 60
Depends: libc6
`;
  const [update] = changeSets(changing(pocket, true), 1);
  assert.deepEqual(update?.packages.map(({ name, uses }) => [name, uses]), [["git", ["libc6"]]]);
  assert.deepEqual(update?.gone.toSorted(), ["dpkg", "exim", "perl"]);
});

Deno.test("changeSets() builds each source again, and the application", () => {
  const updates = changeSets(changing("", true), 1);
  const bumps = updates.filter(({ kind }) => kind === "bump");
  assert.deepEqual(
    bumps.map(({ sources }) => sources.join()).sort(),
    // libgcc is part of libc6, and so small that its size stays the same.
    ["dpkg", "exim", "git", "glibc", "perl"],
  );
  assert.deepEqual(updates.filter(({ kind }) => kind === "app").length, 4);
  assert.deepEqual(changeSets(changing("", true), 1), updates);
  assert.notDeepEqual(changeSets(changing("", true), 2), updates);
});
