import assert from "node:assert/strict";
import { FileSystem } from "../../../src/vm/ext4/file_system.ts";
import { MetadataBudget } from "../../../src/vm/ext4/metadata_budget.ts";
import { ImageError } from "../../../src/errors.ts";
import { inDirectory } from "../../support/directories.ts";
import { makeExt4, OURS } from "../../support/ext4_images.ts";

Deno.test("MetadataBudget allows a million files, and neither endless names nor endless texts", async () => {
  await inDirectory(async (scratch) => {
    const image = `${scratch}/image`;
    await makeExt4(image, { flags: OURS, size: "1M" });
    using system = new FileSystem(image);
    const budget = new MetadataBudget(system);
    for (let i = 0; i < 1_000_000; i++) budget.add(100);
    const adding = (count: number, length: number) => () => {
      const budget = new MetadataBudget(system);
      for (let i = 0; i < count; i++) budget.add(length);
    };
    assert.throws(adding(10_000_000, 0), ImageError);
    assert.throws(adding(200_000, 4096), ImageError);
  });
});
