/**
 * What `docker image inspect` prints, as far as it says which layers there are.
 * @module
 */

import { UsageError } from "../errors.ts";
import { type DiffIds, heldChains, type HeldLayers } from "../sinks/held_layers.ts";
import { readingFrom } from "../store/files.ts";

/**
 * The layers of the images that these files list; `-` is standard input.
 *
 * @throws {UsageError} if one is not what `docker image inspect` prints.
 * @throws {ImageError} if one can not be read.
 */
export async function inspectedLayers(files: readonly string[]): Promise<HeldLayers> {
  const images: DiffIds[] = [];
  for (const file of files) {
    const text = file === "-"
      ? await new Response(Deno.stdin.readable).text()
      : readingFrom(file, () => Deno.readTextFileSync(file));
    images.push(...layersIn(text, file));
  }
  return heldChains(images);
}

function layersIn(text: string, file: string): DiffIds[] {
  // Docker says so with no image's name.
  if (text.trim() === "") return [];
  try {
    const images = JSON.parse(text) as { RootFS: { Layers?: string[] | null } }[];
    return images.map(({ RootFS: { Layers } }) => {
      const diffIds = Layers ?? [];
      if (diffIds.every((id) => /^sha256:[0-9a-f]{64}$/.test(id))) return diffIds;
      throw new TypeError("Not digests");
    });
  } catch (cause) {
    throw new UsageError(
      `--have ${file}: not what docker image inspect prints: a list of images with RootFS.Layers`,
      { cause },
    );
  }
}
