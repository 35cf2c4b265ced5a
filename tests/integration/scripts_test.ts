/**
 * The user's scripts, with real shells and fakeroot.
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import { inDirectory } from "../support/directories.ts";
import { runCommand } from "../support/program.ts";
import { type Listed, listTree } from "../support/listed_trees.ts";
import { failureOf, ownersOf, withScript } from "../support/scripts.ts";

const PROBE = new URL("../support/script_probe.ts", import.meta.url).pathname;
/** The test runner notices a program or a pipe that is left behind. */
const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

Deno.test("a script has the documented environment and nothing else", LEAVES_NOTHING, async () => {
  Deno.env.set("NIX_IMAGE_TEST_SECRET", "secret");
  const script = "env; umask; cat; pwd -P; [ ! -e $HOME ]; [ -w $TMPDIR ]; mkdir -m 0 $TMPDIR/d";
  for (const how of ["plain", "fakeroot"] as const) {
    let temporary = "";
    await withScript({ how, script }, ({ output }, root) => {
      const lines = output.trim().split("\n").sort();
      const [, variable] = /^TMPDIR=(.*)$/m.exec(output) ?? [];
      temporary = variable ?? "";
      const ours = (name: string) => !/^(_|SHLVL|PWD|FAKE.*|LD_.*)=/.test(name);
      assert.deepEqual(
        lines.filter(ours),
        [
          "HOME=/homeless-shelter",
          "LC_ALL=C",
          `PATH=${Deno.env.get("PATH")}`,
          "SOURCE_DATE_EPOCH=315532800",
          `TMPDIR=${temporary}`,
          "TZ=UTC",
          "0022",
          Deno.realPathSync(root),
        ].sort(),
      );
    });
    assert.notEqual(temporary, "");
    assert.throws(() => Deno.lstatSync(temporary), Deno.errors.NotFound);
  }
  Deno.env.delete("NIX_IMAGE_TEST_SECRET");
});

Deno.test("scenario 18: quotes and parentheses in a script", async () => {
  const script =
    `echo "it's (here) \\"quoted\\" $(echo 'sub)')" > 'a "b" (c)'\necho \`echo x\` > "d'e"`;
  const expected: Listed[] = [
    ["", "directory", 0o755, "", ""],
    ['a "b" (c)', "file", 0o644, "", `it's (here) "quoted" sub)\n`],
    ["d'e", "file", 0o644, "", "x\n"],
  ];
  for (const how of ["plain", "fakeroot"] as const) {
    for (const shell of ["bash", "dash", "/usr/bin/zsh"]) {
      await withScript({ how, script, shell }, async ({ tree }) => {
        assert.deepEqual(await listTree(tree), expected);
      });
    }
  }
});

Deno.test("scenario 40: what fakeroot pretends arrives, whoever runs it", async () => {
  const script = `
    mkdir -p home/alice; chown 1000 ./home/alice; chgrp -h 5 .
    mknod null c 1 3; mknod disk b 8 17; mkfifo fifo; python3 -c 'import os; os.mknod("p", 0o010640)'
    echo x > setuid; chown 12345:54321 setuid; chmod 4711 setuid; ln setuid hard
    echo y > closed; chmod 0 closed; ln -s x link; chown -h 3:4 link; echo z > untouched`;
  await withScript({ how: "fakeroot", script }, async ({ tree }) => {
    assert.deepEqual(ownersOf(tree), {
      "": "directory 755 0:5",
      closed: "file 0 0:0",
      disk: "block 644 0:0 8,17",
      fifo: "fifo 644 7:8",
      hard: "file 4711 12345:54321",
      home: "directory 755 0:0",
      "home/alice": "directory 755 1000:0",
      link: "symlink 777 3:4",
      null: "character 644 0:0 1,3",
      p: "fifo 640 0:0",
      setuid: "file 4711 12345:54321",
      untouched: "file 644 7:8",
    });
    const content = Object.fromEntries((await listTree(tree)).map((row) => [row[0], row[4]]));
    assert.deepEqual(
      [content.hard, content.closed, content.untouched, content.null],
      ["x\n", "y\n", "z\n", ""],
    );
  });
});

Deno.test("owners that root really gave do not matter; devices that root made do", async () => {
  const script = "mknod null c 1 3; mknod disk b 8 17; chown 5:6 null disk; echo > f; chown 5 f";
  await withScript({ how: "plain", script }, ({ tree }) => {
    assert.deepEqual(ownersOf(tree), {
      "": "directory 755 7:8",
      disk: "block 644 7:8 8,17",
      f: "file 644 7:8",
      null: "character 644 7:8 1,3",
    });
  });
});

Deno.test("a second script goes on with what fakeroot pretended in the first", async () => {
  await inDirectory(async (directory) => {
    const common = { how: "fakeroot", root: directory, stateFile: `${directory}.state` } as const;
    await withScript({ ...common, script: "true" }, () => {});
    assert.equal(Deno.readTextFileSync(common.stateFile), "");
    await withScript({ ...common, script: "echo > first; chown 5:6 first" }, () => {});
    const second = "stat -c %u:%g first; echo > second; chown 7:8 second";
    await withScript({ ...common, script: second }, ({ tree, output }) => {
      assert.equal(output, "5:6\n");
      const { first, second } = ownersOf(tree);
      assert.deepEqual([first, second], ["file 644 5:6", "file 644 7:8"]);
    });
    Deno.removeSync(common.stateFile);
  });
});

Deno.test("hard names made by a script arrive", async () => {
  const script = `
    raw=$(printf 'caf\\351') && mkdir "$raw" && echo x > "$raw/$raw" && ln -s "$raw" raw-link
    : > 'new
line'; : > "q'u\\"o"; : > ' blank '; : > ${"n".repeat(200)}; : > -n`;
  await withScript({ how: "plain", script }, async ({ tree }) => {
    assert.deepEqual(
      (await listTree(tree)).map(([path, , , target]) => path + target),
      [
        "",
        " blank ",
        "-n",
        "caf\udce9",
        "caf\udce9/caf\udce9",
        "new\nline",
        "n".repeat(200),
        "q'u\"o",
        "raw-linkcaf\udce9",
      ].sort((a, b) => a < b ? -1 : 1),
    );
  });
});

const FAILURES: [what: string, script: string, message: RegExp][] = [
  ["a command", "true\n\nfalse # no\ntrue", /^exit status 1 at line 3: false # no$/],
  ["exit", "echo out\nif true; then\n  exit 3\nfi", /^exit status 3 at line 3: exit 3\n {2}out$/],
  ["a bare exit", "(exit 6) || exit", /^exit status 6 at line 1: \(exit 6\) \|\| exit$/],
  [
    "a function",
    "f() {\n  echo >&2 err\n  false\n}\nf",
    /^exit status 1 at line 3: false\n {2}err$/,
  ],
  ["a subshell", "x=$(false; true)\n(\n  (exit 9)\n)", /^exit status 9 at line [34]: /],
  ["a pipeline", "set -o pipefail\nfalse | true", /^exit status 1 at line 2: false \| true$/],
  ["an EXIT trap", "trap 'echo bye' EXIT\nfalse", /^exit status 1 at line 2: false\n {2}bye$/],
  ["a sourced file", "echo false > f\n. ./f", /^exit status 1 at line 2: \. \.\/f$/],
  ["no program", "true\nnonesuch x", /^exit status 127 at line 2: nonesuch x\n {2}.*not found$/],
  ["a variable", "set -u\necho $nonesuch", /^exit status \d+ at line 2: echo \$nonesuch\n {2}.*/],
  ["syntax", "true\nif true\n", /^exit status \d at line \d:?\n {2}.*/],
  ["an own ERR trap", "trap 'echo mine' ERR\nfalse", /^exit status 1:\n {2}mine$/],
];

for (const [what, script, message] of FAILURES) {
  Deno.test(`under bash, a failure by ${what} is reported with its line`, async () => {
    const found = await failureOf({ how: "plain", script, shell: "bash" });
    assert.match(found.replace(/^extraCommands failed with /, ""), message);
  });
}

Deno.test("failures under other shells are reported with the line that is known", async () => {
  const fail = (shell: string, script: string) => failureOf({ how: "plain", script, shell });
  // Debian's dash has no LINENO, but its own messages have the line.
  assert.match(
    await fail("dash", "true\nnonesuch"),
    /^extraCommands failed with exit status 127 at line 2: nonesuch\n {2}.*not found$/,
  );
  assert.match(
    await fail("dash", "echo out\nexit 3"),
    /^extraCommands failed with exit status 3( at line 2: exit 3|:)\n {2}out$/,
  );
  assert.equal(
    await fail("zsh", "true\nfalse"),
    "extraCommands failed with exit status 1 at line 2: false",
  );
});

Deno.test("a failure under fakeroot shows the last 20 lines of output", async () => {
  const message = await failureOf({ how: "fakeroot", script: "seq 30\nchown 1 nonesuch" });
  const [first, ...rest] = message.split("\n");
  assert.equal(first, "fakeRootCommands failed with exit status 1 at line 2: chown 1 nonesuch");
  assert.equal(rest.length, 20);
  assert.equal(rest[0], "  12");
  assert.match(rest[19] ?? "", /^ {2}chown: .*nonesuch/);
});

Deno.test("what is missing is named", async () => {
  await inDirectory(async (empty) => {
    const plain = { how: "plain", script: "true" } as const;
    assert.match(await failureOf({ ...plain, shell: "nonesuch" }), /^shell: nonesuch/);
    assert.match(await failureOf({ ...plain, shell: `${empty}/bash` }), /^shell: .*\/bash/);
    assert.match(
      await failureOf({ ...plain, script: "ls", path: [empty] }),
      /status 127 at line 1: ls\n.*ls: command not found$/,
    );
  });
});

Deno.test("what a script leaves running is ended, and not waited for", LEAVES_NOTHING, async () => {
  for (const how of ["plain", "fakeroot"] as const) {
    const begun = performance.now();
    // The second one leaves the session; it ends by itself.
    const script = "sleep 60 & echo $!; setsid sleep 3 & sleep 0.1";
    await withScript({ how, script }, ({ output }) => assert.ok(isGone(output.trim())));
    assert.ok(performance.now() - begun < 2500);
  }
});

Deno.test("a script is ended when its output is not taken", LEAVES_NOTHING, async () => {
  const taken = {
    how: "fakeroot",
    script: "trap '' INT TERM; echo $$ $TMPDIR; sleep 60",
  } as const;
  let told = "";
  const onOutput = (text: string) => {
    told = text;
    throw new Error("enough");
  };
  await assert.rejects(withScript({ ...taken, onOutput }, () => {}), /enough/);
  const [pid = "", temporary = ""] = told.trim().split(" ");
  assert.ok(isGone(pid));
  await waitFor(() => !isInUse(temporary) || undefined);
});

Deno.test("a script and fakeroot's daemon end with the program, be it killed", async () => {
  await inDirectory(async (directory) => {
    const script = `trap '' INT TERM; echo $$ $TMPDIR > told; sleep 60`;
    Deno.mkdirSync(`${directory}/root`);
    const child = probe(["fakeroot", `${directory}/root`, `${directory}/state`, script]).spawn();
    const told = await waitFor(() => readIfFull(`${directory}/root/told`));
    const [pid = "", temporary = ""] = told.trim().split(" ");
    assert.ok(!isGone(pid) && existsSync(temporary) && isInUse(temporary));
    child.kill("SIGKILL");
    await child.status;
    await waitFor(() => isGone(pid) && !existsSync(temporary) && !isInUse(temporary) || undefined);
  });
});

Deno.test("a file that this user can't read is refused by name; its own is read", async () => {
  await inDirectory(async (root) => {
    // Without these capabilities root is a user like others.
    const held = "--bounding-set=-dac_override,-dac_read_search,-fowner";
    const list = async () => {
      const words = ["plain", root, `${root}/state`, "true"];
      return await runCommand(
        ["setpriv", held, Deno.execPath(), "run", ...RUN_OPTIONS, PROBE, ...words],
      );
    };
    Deno.writeTextFileSync(`${root}/own`, "x");
    Deno.chmodSync(`${root}/own`, 0);
    const { code, text, stderr } = await list();
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(text), [["", "directory", 7, 8], ["own", "file", 7, 8]]);

    for (const what of ["file", "directory"]) {
      const path = `${root}/private`;
      if (what === "file") Deno.writeTextFileSync(path, "x");
      else Deno.mkdirSync(path);
      Deno.chmodSync(path, 0o700);
      Deno.chownSync(path, 12321, 12321);
      const refused = await list();
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, new RegExp(`^ImageError: /private: .* ${what} .*chmod a\\+r`));
      Deno.removeSync(path);
    }
  });
});

function probe(args: readonly string[]): Deno.Command {
  const words = ["run", ...RUN_OPTIONS, PROBE, ...args];
  return new Deno.Command(Deno.execPath(), { args: words, stdout: "null", stderr: "null" });
}

async function waitFor<T>(what: () => T | undefined): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = what();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Waited in vain for ${what}`);
}

function readIfFull(path: string): string | undefined {
  return existsSync(path) ? Deno.readTextFileSync(path) || undefined : undefined;
}

/** Whether a process has our work directory as its own, as fakeroot's daemon has. */
function isInUse(temporary: string): boolean {
  const work = temporary.replace(/\/brought\/tmp$/, "");
  assert.notEqual(work, temporary);
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name)
    .filter((name) => /^\d+$/.test(name)).some((pid) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/cwd`).startsWith(work);
      } catch {
        return false; // It has just ended.
      }
    });
}

/** Whether a process is gone, or nothing but its exit status is left. */
function isGone(pid: string): boolean {
  assert.match(pid, /^\d+$/);
  const state = new Deno.Command("ps", { args: ["-o", "stat=", "-p", pid] }).outputSync().stdout;
  return /^(Z.*)?$/.test(new TextDecoder().decode(state).trim());
}
