/**
 * Scripts that see a directory as their root, by proot and by a user namespace.
 * @module
 */

import assert from "node:assert/strict";
import { debianClosure } from "../support/debian_closure.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { type Listed, listTree } from "../support/listed_trees.ts";
import { failureOf, ownersOf, withScript } from "../support/scripts.ts";

const PATH = Deno.env.get("PATH") ?? "";
let coreutils = "", bash = "";
Deno.test.beforeAll(async () => {
  [coreutils = "", bash = ""] = await debianClosure(["coreutils", "bash"]);
});

const DOES_NOT_WORK = "#!/bin/sh\necho 'does not work here' >&2\nexit 1\n";

/** Programs to be found before those of the system, so that one way or the other is taken. */
const WAYS: Readonly<Record<"namespace" | "neither" | "proot", (directory: string) => void>> = {
  // Debian 12's proot knows no newer system calls, so that the programs of today see the host's
  // files. With programs that use older calls it works, here and in the scripts below.
  proot: (directory) => {
    for (const name of ["ls", "mv"]) Deno.symlinkSync("/usr/bin/busybox", `${directory}/${name}`);
  },
  namespace: (directory) => broken(directory, "proot"),
  neither: (directory) => {
    broken(directory, "proot");
    broken(directory, "unshare");
  },
};

function broken(directory: string, program: string): void {
  Deno.writeTextFileSync(`${directory}/${program}`, DOES_NOT_WORK, { mode: 0o755 });
}

async function inWay(way: keyof typeof WAYS, use: () => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    WAYS[way](directory);
    Deno.env.set("PATH", `${directory}:${PATH}`);
    try {
      await use();
    } finally {
      Deno.env.set("PATH", PATH);
    }
  });
}

for (const way of ["proot", "namespace"] as const) {
  Deno.test(`by ${way}: a script sees the root as /, and scenario 63: owners persist`, async () => {
    const script = `
      PATH=${coreutils}/bin
      read -r from to count </proc/self/uid_map; echo $count
      pwd; echo /*; echo $TMPDIR $HOME; cat /etc/motd >/dev/null; : > $TMPDIR/x; [ -c /dev/null ]
      [ -d /sys/kernel ]; [ -x ${coreutils}/bin/cat ]
      mkdir /bin /a; echo 'it'"'"'s' > '/bin/"hello"'; ln -s ${bash}/bin/bash bin/bash
      chown 12345:12345 /a; chown 1:2 /bin/*hello*; chmod 4755 /bin/*hello*; mknod /a/null c 1 3`;
    await inWay(way, async () => {
      await withScript(
        { how: "fakechroot", script, shell: `${bash}/bin/bash` },
        async ({ tree, output }) => {
          const [count, ...lines] = output.trim().split("\n");
          assert.equal(count === "1", way === "namespace");
          assert.deepEqual(lines, [
            "/",
            "/dev /etc /nix /proc /sys",
            "/.nix-image/tmp /homeless-shelter",
          ]);
          assert.deepEqual(ownersOf(tree), {
            "": "directory 755 7:8",
            a: "directory 755 12345:12345",
            "a/null": "character 644 0:0 1,3",
            bin: "directory 755 0:0",
            'bin/"hello"': "file 4755 1:2",
            "bin/bash": "symlink 777 7:8",
            etc: "directory 755 7:8",
            "etc/motd": "file 644 7:8",
          });
          const files = (await listTree(tree)).filter(([, type]) => type === "file");
          assert.deepEqual(files.map(([, , , , content]) => content), ["it's\n", "hi"]);
        },
        // One that is there already, and empty, is left out all the same.
        (root) => makeFiles(root, { "etc/motd": "hi", proc: null }),
      );
    });
  });

  Deno.test(`by ${way}: what was in the place of a mount stays`, async () => {
    const keep: Listed[] = [
      ["", "directory", 0o755, "", ""],
      ["dev", "directory", 0o755, "", ""],
      ["dev/keep", "file", 0o644, "", "x"],
      ["nix", "directory", 0o755, "", ""],
      ["nix/var", "directory", 0o755, "", ""],
    ];
    await inWay(way, async () => {
      await withScript(
        { how: "fakechroot", script: "[ ! -e /dev/keep ]", shell: `${bash}/bin/bash` },
        async ({ tree }) => assert.deepEqual(await listTree(tree), keep),
        (root) => makeFiles(root, { "dev/keep": "x", "nix/var": null }),
      );
    });
  });

  Deno.test(`by ${way}: a failure is reported with line and output`, async () => {
    await inWay(way, async () => {
      const script = "echo out\ntrue\n[ -e /etc/passwd ] # the host's\n";
      assert.equal(
        await failureOf({ how: "fakechroot", script, shell: `${bash}/bin/bash` }),
        "fakeRootCommands failed with exit status 1 at line 3: [ -e /etc/passwd ] # the host's\n  out",
      );
    });
  });
}

Deno.test("in a namespace, a script changes neither the store nor /dev", async () => {
  await inWay("namespace", async () => {
    const script = `
      for place in /nix/store /dev; do
        if ${coreutils}/bin/touch $place/nix-image-test; then exit 1; fi
      done
      PATH=${coreutils}/bin; touch a; mv a b; stat --format=%n b`;
    await withScript({ how: "fakechroot", script, shell: `${bash}/bin/bash` }, ({ tree }) => {
      assert.deepEqual([...tree.keys()], ["", "b"]);
    });
  });
});

Deno.test("the shell and the PATH of a new root are what the spec and the root say", async () => {
  const script = 'echo "$BASH $PATH"';
  await inWay("namespace", async () => {
    // The root's own bash, through a symlink that is valid inside alone.
    await withScript(
      { how: "fakechroot", script },
      ({ output }) => assert.match(output, /^\/usr\/bin\/bash .*:\/bin\n$/),
      (root) => makeFiles(root, { "usr/bin/bash": `-> ${bash}/bin/bash` }),
    );
    await withScript(
      { how: "fakechroot", script, path: [coreutils, bash, "/opt/x"] },
      ({ output }) => {
        assert.equal(output, `${bash}/bin/bash ${coreutils}/bin:${bash}/bin:/opt/x\n`);
      },
    );
    await withScript(
      { how: "fakechroot", script, shell: bash, path: [coreutils] },
      ({ output }) => assert.equal(output, `${bash}/bin/bash ${coreutils}/bin\n`),
    );
    for (const shell of [null, "/bin/bash", "bash"]) {
      const message = await failureOf({ how: "fakechroot", script, shell, path: [coreutils] });
      assert.match(message, /^shell: .*fakeRootCommands sees the image's root alone.*\/nix\/store/);
    }
  });
});

Deno.test("where neither way works, the error has both reasons", async () => {
  await inWay("neither", async () => {
    const shell = `${bash}/bin/bash`;
    const message = await failureOf({ how: "fakechroot", script: "true", shell });
    assert.match(message, /^fakeRootCommands: enableFakechroot needs proot or a user namespace/);
    assert.match(message, /\nproot does not work.*install 5\.3.*\n {2}does not work here\n/);
    assert.match(message, /\nthis host lets .* user namespace:\n {2}does not work here$/);
  });
});

Deno.test("a file in the place of a mount is refused, and nothing is left behind", async () => {
  await inWay("namespace", async () => {
    await inDirectory(async (root) => {
      makeFiles(root, { "nix/store": "a file" });
      const shell = `${bash}/bin/bash`;
      const message = await failureOf({ how: "fakechroot", script: "true", shell, root });
      assert.match(message, /^\/nix\/store is not a directory; with enableFakechroot/);
      assert.deepEqual(Array.from(Deno.readDirSync(root), ({ name }) => name), ["nix"]);
    });
  });
});
