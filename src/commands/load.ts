/**
 * `nix-image load SPEC|IMAGE`.
 * @module
 */

import { chooseImage } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import { repoTagOf } from "../base/repo_tag.ts";
import type { ConfigBlob, NamedImage } from "../image/image.ts";
import { imageOf } from "../image/planned_image.ts";
import { dockerArchive } from "../sinks/docker_archive.ts";
import {
  type ArchiveForm,
  askEngine,
  type Engine,
  type EngineName,
  LayersMissingError,
} from "../sinks/engine.ts";
import { ociStream } from "../sinks/oci_stream.ts";
import { counted } from "../sinks/parts.ts";
import { formatBytes, formatCount, jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { KeptDigests } from "./kept_digests.ts";
import { type LayerResult, tellLayers } from "./layer_details.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { type Report, reportNotices, reportTo } from "./report.ts";
import { isSpec, refuseOtherOptions } from "./spec_or_image.ts";

/** Options of {@linkcode loadCommand}. */
export interface LoadOptions extends ChoiceOptions, PlanningOptions {
  readonly engine?: EngineName;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The time of an archive's members, as nixpkgs has it. */
const MTIME = 1;

/** Loads an image into a local engine, without the layers that the engine has, and prints its name. */
export async function loadCommand(path: string, options: LoadOptions): Promise<void> {
  using report = reportTo(options);
  // It answers while the image is planned.
  const asking = askEngine(options.engine);
  asking.catch(() => {});
  await (await isSpec(path) ? loadSpec : loadStored)(path, options, asking, report);
}

async function loadSpec(
  path: string,
  options: LoadOptions,
  asking: Promise<Engine>,
  report: Report,
) {
  refuseOtherOptions("spec", options);
  await using planned = await planFromFile(path, options, report);
  const { plan, base, elsewhere } = planned;
  const { image, mtime, ...noticed } = await imageOf(plan, new Date(), base, elsewhere);
  reportNotices(noticed, options.strict, report);
  await load({ image, repoTags: [plan.repoTag] }, mtime, await asking, options, report);
}

async function loadStored(
  path: string,
  options: LoadOptions,
  asking: Promise<Engine>,
  report: Report,
) {
  refuseOtherOptions("image", options);
  await using opened = await openImages(path);
  const image = chooseImage(opened, imageChoice(options));
  const repoTags = image.names.flatMap((name) => repoTagOf(name) ?? []);
  await load({ image, repoTags }, MTIME, await asking, options, report);
}

async function load(
  image: NamedImage,
  mtime: number,
  engine: Engine,
  { quiet = false, json }: LoadOptions,
  report: Report,
): Promise<void> {
  report.phase?.("layers");
  const repoTags = image.repoTags.map((name) => engine.nameOf(name));
  const loading = new Loading({ ...image, repoTags }, { mtime, engine, quiet, report });
  const { names, summary, ...result } = await loading.run();
  await print(json ? jsonText({ engine: engine.name, names, ...result }) : names.join("\n"));
  report.say?.(summary);
}

/** What the engine and we have to tell. */
interface Loaded {
  /** The image's names, or its ID. */
  readonly names: readonly string[];
  readonly summary: string;
  /** The digest of its config. */
  readonly id: string;
  /** How many bytes went to the engine. */
  readonly sent: number;
  readonly layers: readonly (LayerResult & { readonly outcome: "sent" | "exists" })[];
}

/** What an image is loaded with. */
interface LoadingOptions {
  readonly mtime: number;
  readonly engine: Engine;
  readonly quiet: boolean;
  readonly report: Report;
}

/** An image on its way to an engine. */
class Loading {
  readonly #named: NamedImage;
  readonly #mtime: number;
  readonly #engine: Engine;
  readonly #quiet: boolean;
  readonly #report: Report;

  constructor(named: NamedImage, { mtime, engine, quiet, report }: LoadingOptions) {
    this.#named = named;
    this.#mtime = mtime;
    this.#engine = engine;
    this.#quiet = quiet;
    this.#report = report;
  }

  /** Loads what the engine lacks; all of it, if it turns out to lack more than it said. */
  async run(): Promise<Loaded> {
    const { name, whole, partial, held, hasLayers } = this.#engine;
    const kept = await KeptDigests.of(this.#named.image.layers);
    const known = kept.diffIds;
    this.#report.detail?.(
      `${name}: ${hasLayers ? "has images" : "has no images"}; digests of ` +
        `${known.filter((diffId) => diffId !== undefined).length} of ${
          formatCount(known.length, "layer")
        } are known before they are read`,
    );
    // Its members are named by digests. To read layers for these costs less than to load them.
    if (whole === "oci-archive" || partial === "oci-archive" && hasLayers) {
      await this.#withProgress((progress) => kept.complete((index) => progress.layer(index)));
    }
    const omitted = held(kept.diffIds);
    if (omitted.size === 0) return await this.#send(kept, whole);
    try {
      return await this.#send(kept, partial, omitted);
    } catch (error) {
      if (!(error instanceof LayersMissingError)) throw error;
      this.#report.warn(`${name} does not have the layers any more that it had; sending all`);
      return await this.#send(kept, whole);
    }
  }

  async #send(
    kept: KeptDigests,
    form: ArchiveForm,
    omitted: ReadonlySet<string> = new Set(),
  ): Promise<Loaded> {
    const known = kept.diffIds;
    return await this.#withProgress(async (progress) => {
      const sizes = new Map<number, number>();
      let bytes = 0, imageId = "", diffIds: readonly string[] = [];
      const work = {
        mtime: this.#mtime,
        omitted,
        onLayer({ index, size }: { readonly index: number; readonly size: number }) {
          sizes.set(index, size);
          progress.layer(index);
        },
        onConfig({ digest }: ConfigBlob, ids: readonly string[]) {
          imageId = digest;
          diffIds = ids;
        },
      };
      const archive = form === "docker-archive"
        ? dockerArchive([this.#named], { ...work, kept: kept.byIdentity })
        : ociStream(this.#named, { ...work, digests: kept.digests });
      const sent = counted(archive, (count) => {
        bytes += count;
        progress.bytes(count);
      });
      const names = await this.#engine.load(sent).catch(async (error) => {
        await kept.forget(error);
        throw error;
      });
      await kept.keep(diffIds, sizes);
      const layers = diffIds.map((diffId, index) => ({
        diffId,
        size: sizes.get(index) ?? kept.sizes[index] ?? null,
        blob: null,
        outcome: sizes.has(index) ? "sent" as const : "exists" as const,
      }));
      tellLayers(layers, this.#report, (_, index) => {
        if (!sizes.has(index)) return "there already";
        return known[index] === undefined ? "read and sent" : "sent, digest known before";
      });
      const summary = this.#summary(bytes, sizes, kept, imageId);
      return { names, summary, id: imageId, sent: bytes, layers };
    });
  }

  async #withProgress<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
    const progress = new Progress(stderrOutput, { quiet: this.#quiet, colour: !Deno.noColor });
    progress.start(this.#named.image.layers.map(({ label }) => ({ label, paths: 0 })));
    try {
      return await work(progress);
    } finally {
      progress.finish();
    }
  }

  /** One line. Layers that come from elsewhere may have sizes that nobody knows. */
  #summary(
    bytes: number,
    sent: ReadonlyMap<number, number>,
    kept: KeptDigests,
    imageId: string,
  ): string {
    const { repoTags, image: { layers } } = this.#named;
    const sizes = kept.sizes.map((size, index) => sent.get(index) ?? size);
    const total = sizes.reduce((sum, size) => size === undefined ? NaN : (sum ?? 0) + size, 0);
    const facts = [
      `${formatCount(sent.size, "layer")} of ${layers.length}`,
      Number.isNaN(total)
        ? formatBytes(bytes)
        : `${formatBytes(bytes)} of ${formatBytes(total ?? 0)}`,
      imageId,
    ];
    return `${repoTags[0] ?? "(without a name)"}: sent to ${this.#engine.name}: ${
      facts.join(", ")
    }`;
  }
}
