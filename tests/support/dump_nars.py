#!/usr/bin/env python3
"""Writes NARs (E. Dolstra, "The Purely Functional Software Deployment Model", figure 5.2).

usage: dump_nars.py FROM=TO...
Writes the NAR of each file FROM to TO.
"""
import os, struct, sys


def write_nar(out, path):
    def string(data):
        out.write(struct.pack("<Q", len(data)) + data + bytes(-len(data) % 8))

    def strings(*all):
        for data in all:
            string(data)

    def node(path):
        strings(b"(", b"type")
        if os.path.islink(path):
            strings(b"symlink", b"target", os.readlink(path))
        elif os.path.isdir(path):
            string(b"directory")
            for name in sorted(os.listdir(path)):
                strings(b"entry", b"(", b"name", name, b"node")
                node(path + b"/" + name)
                string(b")")
        else:
            string(b"regular")
            if os.stat(path).st_mode & 0o100:
                strings(b"executable", b"")
            string(b"contents")
            with open(path, "rb") as content:
                string(content.read())
        string(b")")

    string(b"nix-archive-1")
    node(path)


for argument in sys.argv[1:]:
    source, target = os.fsencode(argument).split(b"=", 1)
    with open(target, "wb") as out:
        write_nar(out, source)
