#!/usr/bin/env python3
"""Streams a layered image the way nixpkgs' streamLayeredImage does, with Python's tarfile.

Each layer is archived twice: once to learn its digest and size, once to be written. This is an
oracle for the bytes and a baseline for the speed.

usage: two_pass_streamer.py PLAN.json TOP-LAYER.tar >IMAGE.tar
PLAN.json is what `nix-image stream --script` writes: layers, owner, times, config.
"""
import hashlib, io, json, os, sys, tarfile, threading
from datetime import datetime, timezone

from layer_tar import write_layer

plan = json.load(open(sys.argv[1]))


class Digest(io.RawIOBase):
    def __init__(self):
        self.sha256, self.size = hashlib.sha256(), 0

    def write(self, data):
        self.sha256.update(data)
        self.size += len(data)
        return len(data)


def add(archive, name, size, content):
    member = tarfile.TarInfo(name)
    member.size, member.mtime = size, plan["mtime"]
    archive.addfile(member, content)


with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
    digests, comments = [], []
    for layer in plan["layers"]:
        first = Digest()
        write_layer(first, layer["paths"], plan["storeRoot"], plan)
        digests.append(first.sha256.hexdigest())
        comments.append(f"store paths: {layer['paths']}")
        reading, writing = os.pipe()
        with open(reading, "rb") as source, open(writing, "wb") as sink:
            def produce():
                write_layer(sink, layer["paths"], plan["storeRoot"], plan)
                sink.close()

            threading.Thread(target=produce).start()
            add(archive, digests[-1] + "/layer.tar", first.size, source)
    with open(sys.argv[2], "rb") as top:
        digests.append(hashlib.file_digest(top, "sha256").hexdigest())
        top.seek(0)
        add(archive, digests[-1] + "/layer.tar", os.path.getsize(sys.argv[2]), top)
    comments.append(f"top layer: {plan['top']['links']}")
    created = datetime.fromtimestamp(plan["created"], timezone.utc).isoformat()
    config = json.dumps({
        "created": created,
        "architecture": plan["architecture"],
        "os": "linux",
        "config": json.loads(json.dumps(plan["config"], sort_keys=True)),
        "rootfs": {"diff_ids": ["sha256:" + digest for digest in digests], "type": "layers"},
        "history": [{"created": created, "comment": comment} for comment in comments],
    }, indent=4).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    add(archive, name, len(config), io.BytesIO(config))
    manifest = json.dumps([{
        "Config": name,
        "RepoTags": [plan["repoTag"]],
        "Layers": [digest + "/layer.tar" for digest in digests],
    }], indent=4).encode()
    add(archive, "manifest.json", len(manifest), io.BytesIO(manifest))
