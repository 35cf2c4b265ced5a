/**
 * Local engines, through their own command lines: what they have, and loading an image.
 * @module
 */

import { ImageError } from "../errors.ts";
import { referenceParts } from "../image/image_reference.ts";
import { type Program, ProgramError, run, start } from "../process/run.ts";
import { formatDuration } from "../terminal/format.ts";
import { runOn } from "../process/run_on.ts";
import { type DiffIds, heldChains, heldDigests, type HeldLayers } from "./held_layers.ts";

/** The engines there are. */
export type EngineName = "docker" | "podman" | "containerd";

/** Docker's own archive, or that of an OCI layout. */
export type ArchiveForm = "docker-archive" | "oci-archive";

/** An engine that has answered. */
export interface Engine {
  /** Which one. */
  readonly name: EngineName;
  /** The form in which it takes an image as a whole fastest, or always names it alike. */
  readonly whole: ArchiveForm;
  /** The form that may lack layers that it has. */
  readonly partial: ArchiveForm;
  /** What it had when it was asked. */
  readonly held: HeldLayers;
  /** Whether that was anything at all. */
  readonly hasLayers: boolean;
  /** The name that the image is to have in the archive. */
  nameOf(repoTag: string): string;
  /**
   * Loads an archive.
   *
   * @returns the image's names, or its ID, as the engine tells them
   * @throws {LayersMissingError} if the engine does not have all that the archive lacks.
   * @throws {ImageError} if it can not be loaded.
   */
  load(archive: ReadableStream<Uint8Array>): Promise<string[]>;
}

/** An engine lacks layers that it had, as when an image was removed meanwhile. */
export class LayersMissingError extends ImageError {}

/** How engines are asked. */
interface Asking {
  /** So long one may take to say what it has, in milliseconds. */
  readonly patience: number;
}

/**
 * Asks an engine what it has.
 *
 * @param name without it, Docker if it answers, else podman
 * @param patience so long one may take for that, in milliseconds
 * @throws {ImageError} if it does not answer.
 */
export async function askEngine(name?: EngineName, patience = 30_000): Promise<Engine> {
  const asking = { patience };
  if (name !== undefined) return await ENGINES[name](asking);
  try {
    return await docker(asking);
  } catch (noDocker) {
    if (!(noDocker instanceof ImageError)) throw noDocker;
    try {
      return await podman(asking);
    } catch (noPodman) {
      if (!(noPodman instanceof ImageError)) throw noPodman;
      throw new ImageError(
        `Neither Docker nor podman answers; --engine names another:\n${noDocker.message}\n${noPodman.message}`,
        { cause: noDocker },
      );
    }
  }
}

const ENGINES: Readonly<Record<EngineName, (asking: Asking) => Promise<Engine>>> = {
  docker,
  podman,
  containerd,
};

/** With one image of 100 layers, 7 kB are printed. */
const LAYERS_OF_IMAGE = "{{json .RootFS.Layers}}";

async function docker(asking: Asking): Promise<Engine> {
  const asked = [
    answer("docker", ["info", "--format", "{{json .DriverStatus}}"], asking),
    answer("docker", ["image", "ls", "--quiet", "--no-trunc"], asking),
  ] as const;
  // Of both, neither is to outlive this.
  await Promise.allSettled(asked);
  const [status, ids] = await Promise.all(asked);
  // The containerd image store: what it needs of an archive was not measured.
  const images = isContainerdStore(status) ? [] : await layersOf("docker", ids);
  return {
    name: "docker",
    whole: "docker-archive",
    partial: "docker-archive",
    held: heldChains(images),
    hasLayers: images.length > 0,
    nameOf: (repoTag) => repoTag,
    load: (archive) => load("docker", ["load", "--quiet"], archive, LOADED),
  };
}

/** What a client prints, if its daemon lets it do so in time. */
async function answer(
  program: Program,
  args: readonly string[],
  { patience }: Asking,
): Promise<string> {
  const running = start(program, args);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    running.stop();
  }, patience);
  try {
    const printed = await new Response(running.stdout).text();
    await running.finished();
    return printed;
  } catch (error) {
    if (!isLate) throw error;
    const message = `${program} ${args[0]}: no answer within ${formatDuration(patience)}`;
    throw new ImageError(message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Whether Docker keeps images in containerd, by its `DriverStatus` as JSON. */
export function isContainerdStore(status: string): boolean {
  return status.includes("io.containerd.");
}

async function podman(asking: Asking): Promise<Engine> {
  const ids = await answer("podman", ["image", "ls", "--all", "--quiet", "--no-trunc"], asking);
  const images = await layersOf("podman", ids);
  return {
    name: "podman",
    // Of an OCI archive, podman makes a directory first: it takes twice as long.
    whole: "docker-archive",
    partial: "oci-archive",
    held: heldDigests(images.flat()),
    hasLayers: images.length > 0,
    nameOf: localName,
    load: (archive) => load("podman", ["load", "--quiet"], archive, LOADED),
  };
}

async function containerd(asking: Asking): Promise<Engine> {
  const digests = lines(await answer("ctr", ["content", "ls", "--quiet"], asking));
  return {
    name: "containerd",
    // Its manifest, which has the image's digest there, would be another one in the other form.
    whole: "oci-archive",
    partial: "oci-archive",
    held: heldDigests(digests),
    hasLayers: digests.length > 0,
    nameOf: (repoTag) => repoTag,
    load: (archive) => load("ctr", ["images", "import", "-"], archive, UNPACKED),
  };
}

/** `Loaded image: NAME`, `Loaded image ID: sha256:…`; podman may have several, with commas. */
const LOADED = /^Loaded image(?:\(s\))?(?: ID)?: (.+)$/gm;
/** `unpacking NAME (sha256:…)...done` */
const UNPACKED = /^unpacking (\S+) \(sha256:/gm;

/** How the engines say that a layer's file or a blob is not there. */
const NOT_THERE = /no such file or directory|not found|does not exist/i;

async function load(
  program: Program,
  args: readonly string[],
  archive: ReadableStream<Uint8Array>,
  names: RegExp,
): Promise<string[]> {
  let printed: string;
  try {
    printed = await runOn(program, args, archive);
  } catch (error) {
    if (!(error instanceof ProgramError) || !NOT_THERE.test(error.stderr)) throw error;
    throw new LayersMissingError(error.message, { cause: error });
  }
  return Array.from(printed.matchAll(names), ([, name = ""]) => name.split(", ")).flat();
}

/** The diff_ids of each of these images. */
async function layersOf(program: "docker" | "podman", ids: string): Promise<DiffIds[]> {
  const unique = [...new Set(lines(ids))];
  if (unique.length === 0) return [];
  const args = ["image", "inspect", "--format", LAYERS_OF_IMAGE, ...unique];
  // It fails where one of them was removed just now, and prints the others.
  const printed = await run(program, args).catch((error) => {
    if (error instanceof ProgramError) return error.stdout;
    throw error;
  });
  return lines(printed).map((line) => JSON.parse(line) as string[] | null ?? []);
}

/** As podman itself names what it loads without a registry in the name. */
function localName(repoTag: string): string {
  const { repository } = referenceParts(repoTag);
  const first = repository.slice(0, Math.max(repository.indexOf("/"), 0));
  return /[.:]/.test(first) || first === "localhost" ? repoTag : `localhost/${repoTag}`;
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
