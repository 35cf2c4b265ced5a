{
  description = "Container images from Nix store paths: nixpkgs' dockerTools, by nix-image";

  outputs = { self }: {
    # Takes what nix/default.nix takes: { pkgs } at least, or the programs that are needed.
    lib.dockerTools = import ./nix;

    # Puts these functions in the place of nixpkgs', and adds the program as nix-image.
    overlays.default =
      final: prev:
      let
        functions = import ./nix { pkgs = final; };
      in
      {
        dockerTools = prev.dockerTools // functions;
        inherit (functions) nix-image;
      };
  };
}
