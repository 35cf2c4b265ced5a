#!/usr/bin/env python3
"""The archive of a conf.json as nixpkgs' streamLayeredImage makes it, with Python's tarfile and json.

An oracle for bytes and a baseline for speed: each layer of store paths is archived twice.

usage: conf_streamer.py CONF.json ROOT [REPO:TAG] >IMAGE.tar
ROOT is the directory that holds nix/store: "" for the host's own.
"""
import hashlib, io, json, os, sys, tarfile, threading
from datetime import datetime

from layer_tar import write_layer

with open(sys.argv[1]) as file:
    conf = json.load(file)
root = sys.argv[2]
tag = sys.argv[3] if len(sys.argv) > 3 else conf["repo_tag"]
mtime = int(datetime.fromisoformat(conf["mtime"]).timestamp())
created = datetime.fromisoformat(conf["created"]).isoformat()
owner = {"uid": int(conf["uid"]), "gid": int(conf["gid"]), "mtime": mtime}
owner.update({key: conf[key] for key in ("uname", "gname")})
names, digests, comments = [], [], []


def physical(path):
    return root + path if path.startswith("/nix/store/") else path


class Digest(io.RawIOBase):
    def __init__(self):
        self.sha256, self.size = hashlib.sha256(), 0

    def write(self, data):
        self.sha256.update(data)
        self.size += len(data)
        return len(data)


def add(archive, name, size, content):
    member = tarfile.TarInfo(name)
    member.size, member.mtime = size, mtime
    archive.addfile(member, content)


def is_added(name, digest, paths):
    names.append(name)
    digests.append("sha256:" + digest.removeprefix("sha256:"))
    comments.append(f"store paths: {paths}")


with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
    config = conf["config"]
    if conf["from_image"] is not None:
        with tarfile.open(physical(conf["from_image"])) as base:
            entry = json.load(base.extractfile("manifest.json"))[0]
            image = json.load(base.extractfile(entry["Config"]))
            for name, digest in zip(entry["Layers"], image["rootfs"]["diff_ids"]):
                member = base.getmember(name)
                archive.addfile(member, base.extractfile(member))
                is_added(member.name, digest, [member.name])
        variables = image["config"].get("Env", []) + config.get("Env", [])
        if variables:
            config["Env"] = list({text.split("=", 1)[0]: text for text in variables}.values())
    for paths in conf["store_layers"]:
        first = Digest()
        write_layer(first, paths, root, owner)
        digest = first.sha256.hexdigest()
        reading, writing = os.pipe()
        with open(reading, "rb") as source, open(writing, "wb") as sink:
            def produce():
                write_layer(sink, paths, root, owner)
                sink.close()

            threading.Thread(target=produce, daemon=True).start()
            add(archive, digest + "/layer.tar", first.size, source)
        is_added(digest + "/layer.tar", digest, paths)
    directory = conf["customisation_layer"]
    with open(physical(directory) + "/checksum") as file:
        digest = file.read().strip()
    with open(physical(directory) + "/layer.tar", "rb") as content:
        member = archive.gettarinfo(fileobj=content, arcname=digest + "/layer.tar")
        member.mtime = mtime
        archive.addfile(member, content)
    is_added(digest + "/layer.tar", digest, [directory])
    document = json.dumps({
        "created": created,
        "architecture": conf["architecture"],
        "os": "linux",
        "config": config,
        "rootfs": {"diff_ids": digests, "type": "layers"},
        "history": [{"created": created, "comment": comment} for comment in comments],
    }, indent=4).encode()
    name = hashlib.sha256(document).hexdigest() + ".json"
    add(archive, name, len(document), io.BytesIO(document))
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": names}]
    manifest = json.dumps(manifest, indent=4).encode()
    add(archive, "manifest.json", len(manifest), io.BytesIO(manifest))
