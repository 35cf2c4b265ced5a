import assert from "node:assert/strict";
import type { Check } from "../../src/doctor/check.ts";
import type { Use } from "../../src/doctor/uses.ts";
import { colours } from "../../src/terminal/colours.ts";
import { doctorTable, problemTable } from "../../src/terminal/doctor_table.ts";

const CHECKS: readonly Check[] = [
  {
    group: "store",
    name: "nix-store",
    status: "ok",
    version: "2.8.0",
    message: "tells a closure in 9 ms",
    purpose: "closures",
  },
  { group: "virtual machine", name: "kvm", status: "unknown", message: "seen when it starts" },
  {
    group: "engines",
    name: "docker",
    status: "failed",
    version: "28.2.2",
    message: "no \x1b[31mdaemon\nhere",
    purpose: "load",
  },
  {
    group: "registries",
    name: "skopeo",
    status: "missing",
    message: "not found",
    purpose: "pull, prefetch, fromImage of a registry",
    remedies: ["apt-get install skopeo", "nix profile install nixpkgs#skopeo"],
  },
];

const USES: readonly Use[] = [
  { name: "stream", works: true, lacks: [] },
  { name: "load", works: false, lacks: ["docker"] },
  { name: "pull", works: false, lacks: ["skopeo"] },
  { name: "closure", works: true, lacks: [] },
  { name: "prefetch", works: false, lacks: ["skopeo"] },
];

Deno.test("doctorTable shows groups, advice, and what works", () => {
  assert.equal(
    doctorTable({ checks: CHECKS, uses: USES }, { columns: 60, colours: colours(false) }),
    `store
  ok  nix-store  2.8.0   closures; tells a closure in 9 ms

virtual machine
  ..  kvm                seen when it starts

engines
  !!  docker     28.2.2  no ?[31mdaemon?here; for load

registries
  --  skopeo             not found; for pull, prefetch,
                         fromImage of a registry
                         -> apt-get install skopeo
                         or nix profile install
                         nixpkgs#skopeo

what works here
  ok  stream, stream --closure
  !!  load: docker does not work
  !!  pull, prefetch: skopeo is missing
`,
  );
});

Deno.test("doctorTable colours the marks alone, and keeps to narrow terminals", () => {
  const text = doctorTable({ checks: CHECKS, uses: USES }, { columns: 20, colours: colours(true) });
  assert.ok(text.startsWith("store\n  \x1b[32mok\x1b[39m  nix-store"));
  assert.equal(text.split("\x1b").length - 1, 2 * (CHECKS.length + 3));
  const plain = doctorTable({ checks: CHECKS, uses: USES }, {
    columns: 80,
    colours: colours(false),
  });
  for (const line of plain.split("\n")) assert.ok(line.length <= 80, line);
});

Deno.test("problemTable says nothing where nothing is wrong", () => {
  const options = { columns: 80, colours: colours(false) };
  assert.equal(problemTable({ checks: [], uses: [] }, options), "");
  const wrong = problemTable({ checks: CHECKS.slice(2, 3), uses: USES.slice(1, 2) }, options);
  assert.match(wrong, /^problems\n {2}!! {2}docker .*\n {2}!! {2}load: docker does not work\n$/);
});
