/**
 * Checking docker-archives.
 * @module
 */

import { quoted } from "../visible.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";
import { checkDiffIds, type PlacedLayer, platformOf } from "./check_config.ts";
import { ARCHIVE_MANIFEST, checkDocument, placeIn, REPOSITORIES } from "./check_documents.ts";
import { checkedLayer, type ImageChecker, MOST_IMAGES } from "./check_images.ts";
import type { ImageFile } from "./image_files.ts";
import { parseImageName } from "./image_names.ts";

interface Entry {
  readonly Config: string | null;
  readonly RepoTags: readonly (string | null)[] | null;
  readonly Layers?: readonly (string | null)[] | undefined;
}

/** Checks all images that `manifest`, the file manifest.json, lists. */
export async function checkDockerArchive(
  checker: ImageChecker,
  manifest: ImageFile,
): Promise<void> {
  const { files, findings } = checker;
  const document = await checkDocument(files, manifest, ARCHIVE_MANIFEST, findings);
  const entries = document?.value;
  if (entries === undefined) return;
  if (entries.length > MOST_IMAGES) {
    findings.problem(manifest.name, `lists more than ${MOST_IMAGES} images; those are checked`);
  }
  for (const [index, entry] of entries.slice(0, MOST_IMAGES).entries()) {
    if (entry) await checkEntry(checker, manifest, index, entry);
  }
  await checkRepositories(checker, manifest, entries.flatMap((entry) => entry?.RepoTags ?? []));
}

async function checkEntry(
  checker: ImageChecker,
  manifest: ImageFile,
  position: number,
  { Config, RepoTags, Layers }: Entry,
): Promise<void> {
  const { findings } = checker;
  const place = (...path: PropertyKey[]) => placeIn(manifest, position, ...path);
  const file = Config === null ? undefined : checker.needed(Config, place("Config"));
  const config = file && await checker.config(file);
  const claimed = digestInName(Config);
  if (file && config && claimed !== undefined && claimed !== config.digest) {
    findings.problem(file.name, `has the digest ${config.digest}, and its name is another`);
  }
  const layers: (PlacedLayer | undefined)[] = [];
  for (const [index, name] of (Layers ?? []).entries()) {
    const file = name === null ? undefined : checker.needed(name, place("Layers", index));
    layers.push(file && { file, facts: await checker.layers.check(file) });
  }
  if (config && Layers) checkDiffIds(config, layers, place("Layers"), findings);

  const names = (RepoTags ?? []).filter((name) => name !== null);
  const platform = platformOf(config);
  for (const [index, name] of names.entries()) {
    const where = place("RepoTags", index);
    const { repository, tag } = parseImageName(name);
    const isName = repository !== undefined && IMAGE_NAME.test(repository) &&
      repository === repository.toLowerCase() && tag !== undefined && IMAGE_TAG.test(tag);
    if (!isName) {
      findings.problem(where, `is no NAME:TAG in lower case: ${quoted(name)}`);
      continue;
    }
    // An archive has each name once, whatever the platforms.
    checker.claim(`${repository}:${tag}`, null, config?.digest ?? where, where);
  }
  checker.images.push({
    names,
    platform,
    configDigest: config?.digest ?? null,
    manifestDigest: null,
    layers: layers.flatMap((layer) => layer ? [checkedLayer(layer.file, layer.facts)] : []),
  });
}

/** The digest that a config's name is, if it is one. */
function digestInName(name: string | null): string | undefined {
  const hex = /^(?:blobs\/sha256\/)?([0-9a-f]{64})(?:\.json)?$/.exec(name ?? "")?.[1];
  return hex && `sha256:${hex}`;
}

/** The older list of names says the same as manifest.json, where it is there. */
async function checkRepositories(
  checker: ImageChecker,
  manifest: ImageFile,
  repoTags: readonly (string | null)[],
): Promise<void> {
  const { files, findings } = checker;
  const { found: file } = checker.find("repositories", "repositories");
  if (file === undefined) return;
  const repositories = (await checkDocument(files, file, REPOSITORIES, findings))?.value;
  if (repositories === undefined) return;
  const here = new Map(
    Object.entries(repositories).flatMap(([name, tags]) =>
      Object.keys(tags).map((tag) => [spelling(`${name}:${tag}`), [name, tag]] as const)
    ),
  );
  const there = new Set(repoTags.flatMap((name) => name === null ? [] : [spelling(name)]));
  for (const [name, path] of here) {
    if (there.has(name)) continue;
    findings.problem(placeIn(file, ...path), `${manifest.name} has no image of that name`);
  }
  for (const name of there) {
    if (!here.has(name)) findings.problem(file.name, `lacks ${name}, which ${manifest.name} has`);
  }
}

function spelling(name: string): string {
  const { repository, tag } = parseImageName(name);
  return repository === undefined ? name : `${repository}:${tag ?? ""}`;
}
