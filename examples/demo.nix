# Three small store paths that refer to each other, built without nixpkgs: a message, a program that
# prints it, and an environment with the program and a shell. The builder is a static busybox.
#
#   nix-build examples/demo.nix --out-link examples/result
#   nix-image stream examples/hello.json | docker load
{
  # A directory that holds a static busybox. Debian's busybox-static has it here.
  directory ? /usr/bin,
}:
let
  busybox = builtins.path {
    name = "busybox-static";
    path = directory;
    filter = path: _: baseNameOf path == "busybox";
  };

  build =
    name: script:
    derivation {
      inherit name;
      system = builtins.currentSystem;
      builder = "${busybox}/busybox";
      args = [
        "sh"
        "-euc"
        script
      ];
      PATH = "/bin";
      # Nothing of this is in any cache, so do not ask one.
      allowSubstitutes = false;
      preferLocalBuild = true;
    };

  message = build "message" ''
    echo "Hello from the Nix store" > $out
  '';

  hello = build "hello-1.0" ''
    busybox() { ${busybox}/busybox "$@"; }
    busybox mkdir -p $out/bin
    echo "#!${busybox}/busybox sh" > $out/bin/hello
    echo "exec ${busybox}/busybox cat ${message}" >> $out/bin/hello
    busybox chmod +x $out/bin/hello
  '';

  environment = build "environment" ''
    busybox() { ${busybox}/busybox "$@"; }
    busybox mkdir -p $out/bin
    busybox ln -s ${hello}/bin/hello $out/bin/hello
    busybox ln -s ${busybox}/busybox $out/bin/sh
  '';
in
environment
