/**
 * `nix-image export IMAGE`.
 * @module
 */

import { chooseImage } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import type { StoredImage } from "../base/stored_image.ts";
import { OutputFile } from "../disk/output_part.ts";
import { UsageError } from "../errors.ts";
import { exportRoot } from "../sinks/exported_root.ts";
import { formatBytes, formatCount, jsonText } from "../terminal/format.ts";
import { print, writeStream, writeToStdout } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { imageInput } from "./image_input.ts";
import { reportTo } from "./report.ts";
import { refuseSpec } from "./spec_or_image.ts";

/** Options of {@linkcode exportCommand}. */
export interface ExportOptions extends ChoiceOptions {
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Writes the root file system of an image as a tar archive. */
export async function exportCommand(path: string, options: ExportOptions): Promise<void> {
  const { quiet = false, json } = options;
  const target = options.output === "-" ? undefined : options.output;
  const choice = imageChoice(options);
  if (json && target === undefined) {
    throw new UsageError("--json: standard output is for the archive; add --output FILE");
  }
  if (target === undefined && Deno.stdout.isTerminal()) {
    throw new UsageError(
      "Standard output is a terminal; send the archive somewhere:\n" +
        "  nix-image export image.tar -o rootfs.tar\n" +
        "  nix-image export image.tar | tar -xC directory",
    );
  }
  const source = imageInput(path);
  await refuseSpec(path);
  using report = reportTo(options);
  await using opened = await openImages(source.path, { input: source.input });
  const image = chooseImage(opened, choice);
  // Before there is work done in vain.
  using file = target === undefined ? undefined : new OutputFile(target);
  const { layers } = image;
  report.phase?.("merging layers");
  const { size, open } = await withProgress(
    image,
    { quiet: quiet || !stderrOutput.isTerminal },
    (progress) =>
      // Lines that stay are for the second pass, in which files are written.
      exportRoot(image, { onLayer: (index) => progress.layer(index) }),
  );
  report.phase?.("files");
  await withProgress(image, { quiet, size }, async (progress) => {
    const stream = open({ onLayer: (index) => progress.layer(index) });
    const onBytes = (count: number) => progress.bytes(count);
    await (file ? writeStream(stream, file, onBytes) : writeToStdout(stream, onBytes));
  });
  file?.commit();
  const facts = [formatCount(layers.length, "layer"), formatBytes(size), image.configDigest];
  report.say?.(`${image.names[0] ?? "(without a name)"}: ${facts.join(", ")}`);
  if (target === undefined) return;
  report.say?.(`Written to ${target}`);
  const { names, configDigest: id } = image;
  if (json) await print(jsonText({ path: target, size, names, id }));
}

/** Runs a pass over the layers of an image, with progress on standard error. */
async function withProgress<T>(
  { layers }: StoredImage,
  { quiet, size }: { readonly quiet: boolean; readonly size?: number },
  pass: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = new Progress(stderrOutput, { quiet, colour: !Deno.noColor });
  progress.start(layers.map(({ location }) => ({ label: location, paths: 0 })), size);
  try {
    return await pass(progress);
  } finally {
    progress.finish();
  }
}
