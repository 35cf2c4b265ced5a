# What lib.makeOverridable of nixpkgs does: results that can be made again with other arguments.
rec {
  makeOverridable =
    make: args:
    let
      made = make args;
      overridden = new: args // (if builtins.isFunction new then new args else new);
    in
    made
    // {
      override = new: makeOverridable make (overridden new);
    };
}
