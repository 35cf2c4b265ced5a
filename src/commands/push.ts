/**
 * `nix-image push SPEC|IMAGE docker://HOST/NAME:TAG`.
 * @module
 */

import { chooseImage } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import { UsageError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { imageOf } from "../image/planned_image.ts";
import { pushReference } from "../registry/reference.ts";
import { pushImage } from "../sinks/registry.ts";
import { formatCount } from "../terminal/format.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { reportNotices, reportTo } from "./report.ts";
import { senderTo, type SendingOptions } from "./pushing.ts";
import { isSpec, refuseOtherOptions } from "./spec_or_image.ts";

/** Options of {@linkcode pushCommand}. */
export interface PushOptions extends ChoiceOptions, PlanningOptions, SendingOptions {}

/** Sends an image to a registry; prints the digest of its manifest. */
export async function pushCommand(
  path: string,
  destination: string,
  options: PushOptions,
): Promise<void> {
  const reference = pushReference(destination);
  const { closure, previous, history = [] } = options;
  if (options.passwordStdin && [path, closure, previous, ...history].includes("-")) {
    throw new UsageError("-: standard input is for the password, with --password-stdin");
  }
  using report = reportTo(options);
  using sender = await senderTo(reference, options, report);
  const { settings, send, sharedListings } = sender;
  const sendImage = (image: Image) =>
    send({
      labels: image.layers.map(({ label }) => label),
      push: (client, pushOptions) => pushImage(image, client, reference.tag, pushOptions),
      told: ({ manifestDigest, configDigest, mediaType }) => ({
        digest: manifestDigest,
        facts: `${formatCount(image.layers.length, "layer")}, ${configDigest}`,
        result: { mediaType, manifestDigest, id: configDigest },
      }),
    });
  if (await isSpec(path)) {
    refuseOtherOptions("spec", options);
    // An earlier version is likely to be where this one goes.
    const registryOptions = (host: string) => host === reference.host ? settings : undefined;
    const planning = { ...options, registryOptions, sharedListings };
    await using planned = await planFromFile(path, planning, report);
    const { image, ...noticed } = await imageOf(
      planned.plan,
      new Date(),
      planned.base,
      planned.elsewhere,
    );
    reportNotices(noticed, options.strict, report);
    return await sendImage(image);
  }
  refuseOtherOptions("image", options);
  await using opened = await openImages(path);
  await sendImage(chooseImage(opened, imageChoice(options)));
}
