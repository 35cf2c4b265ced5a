# Derivations for nix-shell images: a small stdenv, built by real programs out of the store.
{
  bash,
  coreutils,
}:
let
  programs = map builtins.storePath [
    bash
    coreutils
  ];
  shell = "${builtins.storePath bash}/bin/bash";

  # As nixpkgs' setup.sh: variables, functions and the PATH, and nothing is built by reading it.
  setup = builtins.toFile "setup" ''
    set -eu
    PATH=
    for package in $initialPath $buildInputs; do
      for directory in "$package/bin" "$package/usr/bin"; do
        [ -d "$directory" ] && PATH="$PATH''${PATH:+:}$directory"
      done
    done
    export PATH
    runHook() {
      local hook=$1
      eval "''${!hook:-}"
    }
    set +u
  '';
  stdenv = derivation {
    name = "stdenv";
    system = builtins.currentSystem;
    builder = shell;
    initialPath = programs;
    args = [
      "-euc"
      ''
        for package in $initialPath; do PATH="$package/bin:$package/usr/bin:''${PATH-}"; done
        mkdir $out
        cat ${setup} > $out/setup
      ''
    ];
    allowSubstitutes = false;
    preferLocalBuild = true;
  };

  build =
    attributes:
    derivation (
      {
        inherit stdenv;
        name = "shell-test";
        system = builtins.currentSystem;
        builder = shell;
        initialPath = programs;
        buildInputs = [ ];
        args = [
          "-e"
          (builtins.toFile "builder.sh" ''
            source $stdenv/setup
            eval "$buildCommand"
          '')
        ];
        buildCommand = "echo built > $out";
        allowSubstitutes = false;
        preferLocalBuild = true;
      }
      // attributes
    );

  program =
    name: text:
    build {
      inherit name text;
      buildCommand = ''
        mkdir -p $out/bin
        printf '#!%s\n%s\n' "$SHELL_TO_USE" "$text" > $out/bin/$name
        chmod +x $out/bin/$name
      '';
      SHELL_TO_USE = shell;
    };
in
rec {
  inherit build stdenv;

  # Says it when its build is asked for; "it's" needs to be quoted in arguments.
  hello = program "hello-1.0" ''echo "Hello, it's the world!"'';

  hook = build {
    buildInputs = [ hello ];
    shellHook = ''
      echo "This is the shell hook!"
      for name in $name; do greeting="hooked into $name"; done
    '';
  };

  passAsFile = build {
    str1 = "this is\na string";
    str2 = "hello\n";
    reference = "${hello}/bin/hello-1.0";
    passAsFile = [
      "str1"
      "str2"
      "reference"
    ];
    buildCommand = ''cat $str1Path $str2Path $referencePath > $out'';
  };
}
