#!/usr/bin/env python3
"""Makes store paths with random trees, and the tars that Python's tarfile makes of them.

usage: random_trees.py ROOT SEED COUNT
Prints a JSON list, an object for each store path: paths, owner, and size and sha256 of its tar.
"""
import hashlib, io, json, os, random, sys

from layer_tar import write_layer

root, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
choice = random.Random(seed)
NIX32 = "0123456789abcdfghijklmnpqrsvwxyz"
UTF8 = ["a", "b", "Z", "0", "-", ".", "_", "~", " ", "é", "ß", "文", "\ud7ff", "\ue000", "😀"]
BYTES = [b"\x80", b"\xe9", b"\xff", b"\xed\xa0\x80", b"\xf0\x9f", b"\xef\xbf\xbd"]


def name(wild):
    length = choice.choice([1, 1, 2, 3, 5, 30, 60])
    parts = [os.fsencode(choice.choice(UTF8)) for _ in range(length)]
    if wild and choice.random() < 0.2:
        parts.insert(choice.randrange(len(parts) + 1), choice.choice(BYTES))
    made = b"".join(parts)[:250]
    if not wild:
        made = made.decode("utf-8", "ignore").encode()
    return made if made.strip(b".") else b"x" + made


def grow(path, depth, wild, files):
    os.mkdir(path)
    for _ in range(choice.randrange(8)):
        child = path + b"/" + name(wild)
        if os.path.lexists(child):
            continue
        kind = choice.random()
        if kind < 0.3 and depth < 6:
            grow(child, depth + 1, wild, files)
        elif kind < 0.45:
            target = choice.choice([b"", b"/", b"../"]) + b"/".join(name(wild) for _ in range(choice.randrange(1, 4)))
            os.symlink(target, child)
        elif kind < 0.55 and files:
            os.link(choice.choice(files), child)
        else:
            size = max(0, choice.choice([0, 1, 512, 1024, 10240, 300000]) + choice.randrange(-2, 3))
            with open(child, "wb") as out:
                out.write(choice.randbytes(size))
            mode = choice.choice([0o444, 0o555]) if wild else choice.randrange(0o10000) | 0o400
            os.chmod(child, mode)
            files.append(child)
    os.chmod(path, 0o555)


made = []
os.makedirs(root + "/nix/store", exist_ok=True)
for number in range(count):
    digits = "".join(choice.choice(NIX32) for _ in range(32))
    store_path = f"/nix/store/{digits}-tree{number}"
    # Where a name is not UTF-8 the tree is read as a NAR, which knows the modes of a store alone.
    grow(os.fsencode(root + store_path), 0, number % 2 == 0, [])
    owner = {
        "uid": choice.choice([0, 1000, 0o7777777, 0o10000000, 2**32 - 2]),
        "gid": choice.choice([0, 100, 2**31]),
        "uname": choice.choice(["root", "", "user", "ü", "u" * 33]),
        "gname": choice.choice(["root", "group", "g" * 32]),
        "mtime": choice.choice([0, 1, 1700000000, 8**11 - 1, 8**11]),
    }
    tar = io.BytesIO()
    write_layer(tar, [store_path], root, owner)
    sha256 = hashlib.sha256(tar.getvalue()).hexdigest()
    made.append({"paths": [store_path], "owner": owner, "size": len(tar.getvalue()), "sha256": sha256})
print(json.dumps(made))
