/**
 * A closure and its layers as an HTML page: the picture, and what uses what under the pointer.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import type { PictureFacts, PictureLayer } from "./blocks.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page_script.ts";
import { closurePicture, pathsInPicture } from "./picture.ts";
import { escaped } from "./text.ts";

/** {@linkcode closurePicture} in a page that needs nothing beside it, nor a network. */
export function closurePage(
  closure: Closure,
  layers: readonly PictureLayer[],
  facts: PictureFacts,
): string {
  const paths = pathsInPicture(closure, layers, facts);
  const indices = new Map(paths.map((path, index) => [path, index]));
  const uses = paths.map((path) =>
    (closure.get(path)?.references ?? []).flatMap((used) => indices.get(used) ?? [])
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>The layers of ${escaped(facts.name)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${closurePicture(closure, layers, facts)}<div id="tip" role="status" hidden></div>
<script id="uses" type="application/json">${JSON.stringify(uses)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
