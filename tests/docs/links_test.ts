/**
 * Links of the documentation lead somewhere.
 * @module
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PROJECT } from "../../tasks/program_command.ts";
import { readPages } from "../support/markdown.ts";

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const prose = text.replace(/^```[^]*?^```$/gm, "");
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("links between pages, and to files, lead to something that is there", async () => {
  const pages = readPages();
  assert.ok(pages.size > 10);
  for (const [page, text] of pages) {
    const prose = text.replace(/^```[^]*?^```$/gm, "");
    for (const [, target = ""] of prose.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      await Deno.stat(`${PROJECT}/${file}`).catch(() => assert.fail(`${page}: ${target}`));
      if (anchor === undefined) continue;
      assert.ok(anchorsOf(pages.get(file) ?? "").includes(anchor), `${page}: ${target}`);
    }
  }
});
