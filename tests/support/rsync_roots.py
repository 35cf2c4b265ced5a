"""Root file systems as nixpkgs' buildImage makes them with rsync.

usage: rsync_roots.py DIRECTORY
Reads a list of {"trees": {STORE PATH: TREE}, "items": [PATH], "keep": BOOL, "canonical": BOOL};
trees are those of lndir_farms.py. Makes a store with the trees for each, with modes that follow
from the names or, where they are to be canonical, as Nix gives them; and writes a list of
{"root": DIR, "entries": {PATH: [TYPE, MODE, CONTENT or TARGET]}}, without entries where rsync
fails. Files with the same size and time are copied all the same (--ignore-times).
"""
import json, os, stat, subprocess, sys, zlib

from lndir_farms import grow

FILE_MODES = [0o444, 0o555, 0o644, 0o755, 0o600, 0o4755, 0o2711]
DIRECTORY_MODES = [0o555, 0o755, 0o700, 0o1777, 0o2775]


def below(top):
    """All below a directory as bytes, what is in a directory before the directory."""
    for directory, names, files in os.walk(os.fsencode(top), topdown=False):
        for name in names + files:
            yield os.path.join(directory, name)


def set_modes(top, canonical, keep):
    for path in [*below(top), os.fsencode(top)]:
        if os.path.islink(path):
            continue
        directory = os.path.isdir(path)
        # rsync 3.5 can't set the mode of a directory behind a symlink, and says that it failed.
        modes = ([0o755] if keep else DIRECTORY_MODES) if directory else FILE_MODES
        mode = modes[zlib.crc32(os.path.relpath(path, os.fsencode(top))) % len(modes)]
        if canonical:
            mode = 0o555 if directory or mode & 0o111 else 0o444
        os.chmod(path, mode)


def relocate(tree, root):
    """The tree for a store below `root`, where there is nothing else to find absolute paths."""
    if isinstance(tree, dict):
        return {name: relocate(child, root) for name, child in tree.items()}
    if isinstance(tree, list) and tree[0].startswith("/"):
        return [root + tree[0]]
    return tree


def listing(top, store):
    entries = {}
    for path in below(top):
        info = os.lstat(path)
        if stat.S_ISLNK(info.st_mode):
            kind, what = "symlink", os.fsdecode(os.readlink(path)).removeprefix(store)
        elif stat.S_ISDIR(info.st_mode):
            kind, what = "directory", ""
        else:
            with open(path) as file:
                kind, what = "file", file.read()
        entries[os.fsdecode(os.path.relpath(path, os.fsencode(top)))] = [
            kind, stat.S_IMODE(info.st_mode), what
        ]
    return entries


def answer(case, root):
    store, target = root + "/for-rsync", root + "/target"
    os.makedirs(target)
    for path, tree in case["trees"].items():
        for place, grown in [(root, tree), (store, relocate(tree, store))]:
            os.makedirs(place + "/nix/store", exist_ok=True)
            grow(os.fsencode(place + path), grown)
            if isinstance(tree, dict):
                set_modes(place + path, case["canonical"], case["keep"])
    for item in case["items"]:
        command = ["rsync", "-aK" if case["keep"] else "-ak", "--ignore-times"]
        command += [f"{store}{item}/", f"{target}/"]
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if ended.returncode != 0:
            return {"root": root}
    return {"root": root, "entries": listing(target, store)}


if __name__ == "__main__":
    cases = json.load(sys.stdin)
    print(json.dumps([answer(case, f"{sys.argv[1]}/{n}") for n, case in enumerate(cases)]))
