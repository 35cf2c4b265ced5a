import assert from "node:assert/strict";
import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";
import { scanTree } from "../../src/rootfs/scan.ts";
import { openFile } from "../../src/store/files.ts";
import { hashPart } from "../../src/store/store_path.ts";
import { inDirectory } from "../support/directories.ts";
import { storePath } from "../support/store_paths.ts";

const CONTENT = storePath("content", "1");
const TARGET = storePath("target", "2");
const NAME = storePath("name", "3");
const LATE = storePath("late", "4");
const SPLIT = storePath("split", "5");
const UNUSED = storePath("unused", "6");
const [STRANGER, OTHER] = [storePath("stranger", "a"), storePath("other", "b")];

function entry(path: string, more: Partial<RootEntry>): RootEntry {
  const target = more.target ?? "";
  const type = target ? "symlink" : more.open ? "file" : "directory";
  return { path, type, mode: 0o755, uid: 0, gid: 0, size: 0, target, origin: path, ...more };
}

function treeOf(...entries: RootEntry[]): RootTree {
  return new Map(entries.map((each) => [each.path, each]));
}

/** A file whose content comes in pieces, from a promise each. */
function slowFile(path: string, ...pieces: string[]) {
  const closed = { times: 0 };
  const rest = pieces.map((piece) => new TextEncoder().encode(piece));
  const file = entry(path, {
    size: rest.reduce((sum, piece) => sum + piece.length, 0),
    open: () =>
      Promise.resolve({
        read(into) {
          const piece = rest.shift() ?? new Uint8Array();
          into.set(piece);
          return Promise.resolve(piece.length);
        },
        close: () => void closed.times++,
      }),
  });
  return { file, closed };
}

Deno.test("scanTree() scans contents, targets and names, each for itself", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/file`;
    const text = `${"x".repeat(3_000_000)}${LATE}/bin and ${STRANGER}, ${STRANGER}`;
    Deno.writeTextFileSync(path, text);
    const { file, closed } = slowFile("slow", CONTENT.slice(0, 25), CONTENT.slice(25));
    const half = hashPart(SPLIT).slice(0, 16);
    const { found, strangers } = await scanTree(
      treeOf(
        entry("link", { target: `${TARGET}/bin/x` }),
        entry(`var/${hashPart(NAME)}\udcff`, {}),
        entry("file", { size: text.length, open: () => openFile(path) }),
        file,
        entry("again", { target: `../${OTHER.slice(1)}:${STRANGER} ${OTHER}` }),
        entry("empty", { open: () => assert.fail("there is nothing to read") }),
        entry(half, { target: hashPart(SPLIT).slice(16) }),
      ),
      [CONTENT, TARGET, NAME, LATE, SPLIT, UNUSED],
    );
    assert.deepEqual([...found].sort(), [CONTENT, TARGET, NAME, LATE]);
    assert.deepEqual([...strangers], [[STRANGER, "file"], [OTHER, "again"]]);
    assert.equal(closed.times, 1);
  });
});

Deno.test("scanTree() closes a file that can not be read to its end", async () => {
  const closed: string[] = [];
  const broken = entry("broken", {
    size: 1,
    open: () => ({
      read() {
        throw new Error("input/output error");
      },
      close: () => void closed.push("broken"),
    }),
  });
  await assert.rejects(scanTree(treeOf(broken), []), /input\/output error/);
  assert.deepEqual(closed, ["broken"]);
});
