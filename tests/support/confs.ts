/**
 * Images of nixpkgs' streamLayeredImage as it hands them to its script.
 * @module
 */

import { createHash } from "node:crypto";
import { makeFiles } from "./directories.ts";

/** Where a store path of the tests is. */
export const HELLO = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-hello-2.12";
const CUSTOMISATION = "/nix/store/zyxwvsrqpnmlkjihgfdcba9876543210-hello-customisation-layer";

/** A chroot store with two store paths, a customisation layer one of them; gives a conf.json for it. */
export function makeConf(root: string): Record<string, unknown> {
  const tar = "\0".repeat(10240);
  const checksum = createHash("sha256").update(tar).digest("hex");
  makeFiles(root, {
    [`${HELLO}/bin/hello`]: "hello\n",
    [`${CUSTOMISATION}/layer.tar`]: tar,
    [`${CUSTOMISATION}/checksum`]: `${checksum}\n`,
  });
  return {
    architecture: "amd64",
    config: {},
    os: "linux",
    store_dir: "/nix/store",
    from_image: null,
    store_layers: [[HELLO]],
    customisation_layer: CUSTOMISATION,
    repo_tag: "hello:1",
    created: "1970-01-01T00:00:01+00:00",
    mtime: "1970-01-01T00:00:01+00:00",
    uid: "0",
    gid: "0",
    uname: "root",
    gname: "root",
  };
}
