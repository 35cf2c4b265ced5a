import assert from "node:assert/strict";
import { describedPlatform } from "../../src/base/described_platform.ts";

const config = { os: "windows", architecture: "arm", rootfs: {} };

for (
  const [name, document, described, expected] of [
    ["says nothing", config, undefined, undefined],
    ["says the same", config, { os: "windows", architecture: "arm" }, undefined],
    ["says less", { ...config, variant: "v7" }, { os: "windows", architecture: "arm" }, undefined],
    [
      "says more",
      config,
      { os: "windows", architecture: "arm", variant: "v7", "os.version": "10" },
      { os: "windows", architecture: "arm", variant: "v7", osVersion: "10" },
    ],
    [
      "is missing, and the config says more",
      { ...config, "os.version": "10", "os.features": ["win32k"] },
      undefined,
      {
        os: "windows",
        architecture: "arm",
        variant: null,
        osVersion: "10",
        osFeatures: ["win32k"],
      },
    ],
    [
      "says another version",
      { ...config, "os.version": "10" },
      { os: "windows", architecture: "arm", "os.version": "11" },
      { os: "windows", architecture: "arm", variant: null, osVersion: "11" },
    ],
    [
      "says another architecture, of which the config knows nothing",
      { ...config, variant: "v7", "os.version": "10" },
      { os: "windows", architecture: "amd64" },
      { os: "windows", architecture: "amd64", variant: null },
    ],
    [
      "has other things than texts",
      config,
      {
        os: "windows",
        architecture: "arm",
        "os.version": 10,
        "os.features": ["a", 1],
        variant: "",
      },
      undefined,
    ],
  ] as const
) {
  Deno.test(`describedPlatform(): the index ${name}`, () => {
    const copied = structuredClone(described) as Parameters<typeof describedPlatform>[1];
    assert.deepEqual(describedPlatform({ ...config, ...document, rootfs: {} }, copied), expected);
  });
}
