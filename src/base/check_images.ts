/**
 * What all forms of stored images have in common when they are checked.
 * @module
 */

import { checkConfig, type CheckedConfig } from "./check_config.ts";
import { platformText } from "./choose_image.ts";
import { quoted } from "../visible.ts";
import type { Findings } from "./check_findings.ts";
import { LayerChecker, type LayerFacts } from "./check_layer.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";
import type { Platform } from "./stored_image.ts";

/** An image that was checked. What could not be read is null. */
export interface CheckedImage {
  /** As they are spelt there. */
  readonly names: string[];
  /** What its config says that it is for. */
  readonly platform: Platform | null;
  /** Docker's ID of it. */
  readonly configDigest: string | null;
  /** Null in a docker-archive. */
  readonly manifestDigest: string | null;
  /** Lowest first. */
  readonly layers: readonly CheckedLayer[];
}

/** A layer that was checked: digests are those of its bytes, whatever documents say. */
export interface CheckedLayer {
  /** The name of its file. */
  readonly location: string;
  /** Of the file. */
  readonly digest: string | null;
  /** Of its tar. */
  readonly diffId: string | null;
  /** Of the file, in bytes. */
  readonly size: number;
}

/** More images than any archive has. */
export const MOST_IMAGES = 1000;

/** What checks images: the files, what was found in them, and which images there are. */
export class ImageChecker {
  readonly images: CheckedImage[] = [];
  readonly files: ImageFiles;
  readonly findings: Findings;
  readonly layers: LayerChecker;
  readonly #configs = new Map<string, CheckedConfig | undefined>();
  /** Images by name and platform. */
  readonly #named = new Map<string, string>();

  constructor(files: ImageFiles, findings: Findings) {
    this.files = files;
    this.findings = findings;
    this.layers = new LayerChecker(findings);
  }

  /** The file that is named; that there is none is a problem of the place that names it. */
  needed(name: string, where: string): ImageFile | undefined {
    const { found, failed } = this.find(name, where);
    if (found === undefined && !failed) {
      this.findings.problem(where, `names ${quoted(name)}, which is not there`);
    }
    return found;
  }

  /** The file that is named; `failed` if it can not be looked for, which is a problem. */
  find(name: string, where: string): { found: ImageFile | undefined; failed: boolean } {
    let failed = true;
    const found = this.findings.attempt(where, () => {
      const found = this.files.find(name);
      failed = false;
      return found;
    });
    return { found, failed };
  }

  /** Reads a config, unless it was read before; undefined if its bytes can't be read. */
  async config(file: ImageFile): Promise<CheckedConfig | undefined> {
    if (!this.#configs.has(file.name)) {
      this.#configs.set(file.name, await checkConfig(this.files, file, this.findings));
    }
    return this.#configs.get(file.name);
  }

  /** An image's name is its own: among images for the same platform there is one of that name. */
  claim(name: string, platform: Platform | null, image: string, where: string): void {
    const key = `${name} ${platform ? platformText(platform) : ""}`;
    const other = this.#named.get(key);
    if (other !== undefined && other !== image) {
      this.findings.problem(where, `is the name of two images: ${name}`);
    }
    this.#named.set(key, image);
  }
}

/** A layer in a list of them. */
export function checkedLayer({ name, size }: ImageFile, facts: LayerFacts): CheckedLayer {
  return { location: name, digest: facts.digest ?? null, diffId: facts.diffId ?? null, size };
}
