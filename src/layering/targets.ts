/**
 * Where images go: how many layers are taken there, and what an update costs.
 * @module
 */

/** Something that takes images. */
export type LayerTarget =
  | "docker"
  | "overlay2"
  | "aufs"
  | "containerd"
  | "podman"
  | "lambda"
  | "registry";

/** What counts of an update. */
export type UpdateCost = "repull" | "chain";

/** What a target takes. */
export interface TargetLimits {
  /** The most layers, those of a base image counted. */
  readonly maxLayers: number;
  /**
   * What an update costs there: `repull`, the layers that are new; `chain`, all from the first one on
   * that is new.
   */
  readonly counts: UpdateCost;
}

/** The most layers that are ever made: Docker's limit, which images that go anywhere keep to. */
export const MOST_LAYERS = 125;

/** The most layers where neither the spec nor a target says: nixpkgs' default. */
export const DEFAULT_LAYERS = 100;

/** The targets by name. */
export const TARGETS: Readonly<Record<LayerTarget, TargetLimits>> = {
  // moby, layer/layer_store.go: 127 in some storage drivers, without the two of a container.
  docker: { maxLayers: 125, counts: "chain" },
  // The driver stacks 128 directories, but it is in Docker, which takes no more than 125 layers.
  overlay2: { maxLayers: 125, counts: "chain" },
  // What all Dockers with AUFS take; those since 0.7.2 (2013) 127 (moby#2897).
  aufs: { maxLayers: 42, counts: "chain" },
  // The kernel stacks 500 directories, and both know how to name as many in one mount. They take
  // layers out of a registry one by one.
  containerd: { maxLayers: MOST_LAYERS, counts: "repull" },
  podman: { maxLayers: MOST_LAYERS, counts: "repull" },
  // AWS gives a size alone (10 GB); the layers become one file system there.
  lambda: { maxLayers: MOST_LAYERS, counts: "repull" },
  // A manifest of 4 MiB, which all registries take, has room for thousands.
  registry: { maxLayers: MOST_LAYERS, counts: "repull" },
};

/** The names of the targets. */
export const LAYER_TARGETS = Object.keys(TARGETS) as readonly LayerTarget[];
