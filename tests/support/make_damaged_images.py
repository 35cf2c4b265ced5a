"""Archives of images, whole or damaged, as Python's tarfile and hashlib make them.

Reads a list of recipes and writes a list of {"archive": base64, "names": {NAME: VALUE}}. A recipe has
  form          "docker-archive" or "oci-archive"
  layers        a list of {"members", "compression": "gzip" or "", "append": text behind the tar}
  set           a list of [DOCUMENT, PATH, VALUE]: changed before anything names its digest; a VALUE
                of null takes the field away
  files         {NAME: text, null for no such file, or {"flip": OFFSET} or {"append": TEXT}}: changed
                when all is made; NAME and texts may hold the names below in braces
  compression   of the archive, "gzip" or ""
  truncate      so many bytes of the archive
  append        text behind it
All but the form may be missing. Names are the digests in hexadecimal, and files, of what was made:
config, manifest, layer0, layer1 and so on (the file), blob0 (its digest), tar0 (its tar's digest); `size DIGEST` and
`size+1 DIGEST` are sizes before `files`, `found FILE` digests after it.
"""
import base64, gzip, hashlib, io, json, sys, tarfile
from make_tars import archive as make_tar

OCI = "application/vnd.oci.image."
DEFAULT_LAYERS = [
    {"members": [{"name": "etc", "type": "directory"}, {"name": "etc/passwd", "content": "root"}]},
    {"members": [{"name": "etc/.wh.passwd"}, {"name": "x", "content": "x"},
                 {"name": "y", "type": "link", "linkname": "x"}]},
]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def change(documents, changes):
    for document, path, value in changes:
        place = documents[document]
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        elif path[-1] == len(place) and isinstance(place, list):
            place.append(value)
        else:
            place[path[-1]] = value


def text(value):
    return json.dumps(value).encode()


def outer(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def filled(template, names):
    for name, value in names.items():
        template = template.replace("{%s}" % name, value)
    return template


def make(recipe):
    files, names, diff_ids, blobs = {}, {}, [], []
    docker = recipe["form"] == "docker-archive"
    for index, layer in enumerate(recipe.get("layers", DEFAULT_LAYERS)):
        tar = make_tar({"members": layer["members"]}) + layer.get("append", "").encode()
        gz = layer.get("compression", "" if docker else "gzip")
        blob = gzip.compress(tar, mtime=0) if gz else tar
        diff_ids.append("sha256:" + sha256(tar))
        file = f"layer{index}/layer.tar" if docker else f"blobs/sha256/{sha256(blob)}"
        files[file] = blob
        names |= {f"layer{index}": file, f"blob{index}": sha256(blob), f"tar{index}": sha256(tar)}
        blobs.append({
            "mediaType": f"{OCI}layer.v1.tar{'+gzip' if gz else ''}",
            "digest": "sha256:" + sha256(blob), "size": len(blob),
        })
    changes = recipe.get("set", [])
    of = lambda document: [each for each in changes if each[0] == document]

    documents = {"config": {
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created_by": "x"}, {"empty_layer": True}] + [{}] * (len(diff_ids) - 1),
    }}
    change(documents, of("config"))
    config = text(documents["config"])
    names["config"] = sha256(config)
    if docker:
        files[sha256(config) + ".json"] = config
        documents["archive"] = [{
            "Config": sha256(config) + ".json", "RepoTags": ["some/image:1.0"],
            "Layers": [names[f"layer{index}"] for index in range(len(diff_ids))],
        }]
        documents["repositories"] = {"some/image": {"1.0": "0" * 64}}
        change(documents, of("archive") + of("repositories"))
        files["manifest.json"] = text(documents["archive"])
        files["repositories"] = text(documents["repositories"])
    else:
        files["blobs/sha256/" + sha256(config)] = config
        documents["manifest"] = {
            "schemaVersion": 2, "mediaType": f"{OCI}manifest.v1+json",
            "config": {"mediaType": f"{OCI}config.v1+json",
                       "digest": "sha256:" + sha256(config), "size": len(config)},
            "layers": blobs,
        }
        change(documents, of("manifest"))
        manifest = text(documents["manifest"])
        names["manifest"] = sha256(manifest)
        files["blobs/sha256/" + sha256(manifest)] = manifest
        documents["index"] = {
            "schemaVersion": 2,
            "manifests": [{
                "mediaType": f"{OCI}manifest.v1+json", "digest": "sha256:" + sha256(manifest),
                "size": len(manifest), "platform": {"os": "linux", "architecture": "amd64"},
                "annotations": {"org.opencontainers.image.ref.name": "1.0"},
            }],
        }
        documents["layout"] = {"imageLayoutVersion": "1.0.0"}
        change(documents, of("index") + of("layout"))
        files["index.json"] = text(documents["index"])
        files["oci-layout"] = text(documents["layout"])

    for content in files.values():
        names |= {f"size {sha256(content)}": str(len(content)),
                  f"size+1 {sha256(content)}": str(len(content) + 1)}
    for name, edit in recipe.get("files", {}).items():
        name = filled(name, names)
        if edit is None:
            del files[name]
        elif isinstance(edit, str):
            files[name] = filled(edit, names).encode()
        elif "append" in edit:
            files[name] += edit["append"].encode()
        else:
            content = bytearray(files[name])
            content[edit["flip"]] ^= 1
            files[name] = bytes(content)
        if name in files:
            names[f"found {name}"] = sha256(files[name])
    data = outer(files)
    if recipe.get("compression"):
        data = gzip.compress(data, mtime=0)
    data = data[:recipe.get("truncate", len(data))] + recipe.get("append", "").encode()
    return {"archive": base64.b64encode(data).decode(), "names": names}


if __name__ == "__main__":
    print(json.dumps([make(recipe) for recipe in json.load(sys.stdin)]))
