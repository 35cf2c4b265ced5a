"""Writes a NAR of the kind that is the first argument to the file that is the second."""

import sys


def string(text):
    data = text if isinstance(text, bytes) else text.encode()
    return len(data).to_bytes(8, "little") + data + bytes(-len(data) % 8)


def strings(*texts):
    return b"".join(map(string, texts))


def regular(content=b"content", size=None):
    """A file that claims to have another size than it has, if one is given."""
    length = len(content) if size is None else size
    padding = bytes(-len(content) % 8)
    return (
        strings("(", "type", "regular", "contents")
        + length.to_bytes(8, "little") + content + padding + string(")")
    )


def symlink(target):
    return strings("(", "type", "symlink", "target", target, ")")


def directory(*entries):
    inner = b"".join(
        strings("entry", "(", "name", name, "node") + node + string(")")
        for name, node in entries
    )
    return strings("(", "type", "directory") + inner + string(")")


def nested(depth):
    start = strings("(", "type", "directory", "entry", "(", "name", "d", "node")
    return start * depth + directory() + strings(")", ")") * depth


MAGIC = string("nix-archive-1")
PLAIN = directory(("a", regular()), ("b", symlink("a")))

NARS = {
    "parent name": lambda: MAGIC + directory(("..", regular())),
    "own name": lambda: MAGIC + directory((".", regular())),
    "empty name": lambda: MAGIC + directory(("", regular())),
    "slash in a name": lambda: MAGIC + directory(("../../etc/passwd", regular())),
    "zero in a name": lambda: MAGIC + directory((b"a\0b", regular())),
    "unsorted": lambda: MAGIC + directory(("b", regular()), ("a", regular())),
    "duplicate": lambda: MAGIC + directory(("a", regular()), ("a", regular(b"other"))),
    "below a symlink": lambda: MAGIC + directory(
        ("a", symlink("/tmp")), ("a/b", regular())
    ),
    "symlink replaced": lambda: MAGIC + directory(
        ("a", symlink("/tmp")), ("a", directory(("b", regular())))
    ),
    "zero in a target": lambda: MAGIC + directory(("a", symlink(b"a\0b"))),
    "empty target": lambda: MAGIC + directory(("a", symlink(""))),
    "unknown type": lambda: MAGIC + strings("(", "type", "device", ")"),
    "no magic": lambda: string("nix-archive-2") + PLAIN,
    "padding": lambda: (MAGIC + directory(("a", regular(b"x")))).replace(
        b"x" + bytes(7), b"x" + b"\1" * 7
    ),
    "huge name": lambda: MAGIC + strings("(", "type", "directory", "entry", "(", "name")
    + (1 << 60).to_bytes(8, "little") + b"a" * 64,
    "huge file": lambda: MAGIC + directory(("a", regular(b"content", 1 << 62))),
    "negative size": lambda: MAGIC + directory(("a", regular(b"content", (1 << 64) - 8))),
    "deep": lambda: MAGIC + nested(100_000),
    "followed by more": lambda: MAGIC + PLAIN + MAGIC + PLAIN,
    "cut off": lambda: (MAGIC + PLAIN)[:-32],
    # What follows is to be as long.
    "bomb": lambda: MAGIC + strings("(", "type", "regular", "contents") + (1 << 30).to_bytes(8, "little"),
}

if __name__ == "__main__":
    with open(sys.argv[2], "wb") as file:
        file.write(NARS[sys.argv[1]]())
