import { TopLayer } from "../../src/rootfs/top_layer.ts";
import { assertSameBytes } from "../support/bytes.ts";
import { farmOf, randomFarms, withFarms } from "../support/farms.ts";
import { SEED } from "../support/samples.ts";

Deno.test("the top layer has GNU tar's bytes where names are not UTF-8", async () => {
  await withFarms(randomFarms(40, true), async (farmCase, farm) => {
    const { tree } = await farmOf(farmCase.contents, farm.root);
    const layer = new TopLayer(tree, farmCase.contents);
    assertSameBytes(
      await new Response(layer.open()).bytes(),
      farm.tar,
      `seed ${SEED}: ${JSON.stringify(farmCase)}`,
    );
  });
});
