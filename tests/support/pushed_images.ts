/**
 * Images of random layers, and what becomes of them in a registry.
 * @module
 */

import assert from "node:assert/strict";
import { sha256Of } from "../../src/image/image.ts";
import type { Image } from "../../src/image/image.ts";
import { identityOf, type Layer } from "../../src/layer/layer.ts";
import type { FakeRegistry } from "./fake_registry.ts";
import { randomBytes } from "./seeded.ts";

/** A layer that counts how often it is read. */
export class TestLayer implements Layer {
  readonly comment = "";
  reads = 0;
  constructor(readonly label: string, public bytes: Uint8Array<ArrayBuffer>) {}
  get identity(): string {
    return identityOf("test", this.label);
  }
  get contentKey(): string {
    return this.identity;
  }
  tarSize(): Promise<number> {
    return Promise.resolve(this.bytes.length);
  }
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.reads++;
    const bytes = this.bytes.slice();
    return new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: 1 << 16,
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
  }
}

/** An image of nothing but these layers. */
export function imageOfLayers(layers: readonly Layer[]): Image {
  return {
    architecture: "amd64",
    variant: null,
    os: "linux",
    created: "1970-01-01T00:00:01+00:00",
    config: {},
    layers,
    history: [],
  };
}

/** So many layers of 60 kB, always the same. */
export function layersOf(count: number): TestLayer[] {
  return Array.from(
    { length: count },
    (_, n) => new TestLayer(`path-${n}`, randomBytes(n + 1, 60_000)),
  );
}

/** Fails unless all that a tag stands for is there, byte for byte, if there is such a tag. */
export function assertComplete(registry: FakeRegistry, tag: string): void {
  const manifest = registry.manifests.get(tag);
  if (manifest === undefined) return;
  const { config, layers } = JSON.parse(new TextDecoder().decode(manifest.bytes)) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  for (const { digest } of [config, ...layers]) {
    const bytes = registry.blobs.get(digest);
    assert.ok(bytes && sha256Of(bytes) === digest, `${tag}: ${digest}`);
  }
}
