"""Symlink farms as nixpkgs' symlinkJoin makes them with lndir, and GNU tar's archives of them.

usage: lndir_farms.py DIRECTORY
Reads a list of {"trees": {STORE PATH: TREE}, "contents": [PATH]}; a tree is a file's content, a
list with a symlink's target, or an object with a directory's entries. Makes a store with the trees
for each, and writes a list of {"root": DIR, "entries": {PATH: TARGET or null}, "tar": BASE64}.
"""
import base64, json, os, subprocess, sys

os.umask(0o022)
os.environ["LC_ALL"] = "C"


def grow(path, tree):
    if isinstance(tree, dict):
        os.makedirs(path)
        for name, child in tree.items():
            grow(path + b"/" + os.fsencode(name), child)
    elif isinstance(tree, list):
        os.symlink(os.fsencode(tree[0]), path)
    else:
        with open(path, "w") as out:
            out.write(tree)


def join(root, contents):
    farm = root + "/farm"
    os.makedirs(farm)
    for content in contents:
        if os.path.isdir(root + content):  # as symlinkJoin asks
            subprocess.run(["lndir", "-silent", root + content], cwd=farm, stderr=subprocess.DEVNULL)
    entries = {}
    for directory, names, files in os.walk(farm):
        for path in (os.path.join(directory, name) for name in names + files):
            entries[os.path.relpath(path, farm)] = None
            if os.path.islink(path):
                target = os.readlink(path)
                if target.startswith(root + "/nix/store/"):  # in a store of its own there is no root
                    target = target[len(root):]
                    os.remove(path)
                    os.symlink(target, path)
                entries[os.path.relpath(path, farm)] = target
    tar = subprocess.run(
        ["tar", "--sort", "name", "--numeric-owner", "--owner=0", "--group=0", "--mtime",
         "@315532800", "--hard-dereference", "-cf", "-", "."],
        cwd=farm, stdout=subprocess.PIPE, check=True,
    ).stdout
    return {"root": root, "entries": entries, "tar": base64.b64encode(tar).decode()}


if __name__ == "__main__":
    answer = []
    for number, case in enumerate(json.load(sys.stdin)):
        root = f"{sys.argv[1]}/{number}"
        os.makedirs(root + "/nix/store")
        for path, tree in case["trees"].items():
            grow(os.fsencode(root + path), tree)
        answer.append(join(root, case["contents"]))
    print(json.dumps(answer))
