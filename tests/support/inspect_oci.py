"""Reads OCI image layouts, directories or tar archives: recomputes all that one blob says of another.

Standard input: a list of paths. Standard output: for each of them its files in the order of the
archive (or sorted), its index, its images, and what is wrong."""
import gzip, hashlib, json, os, subprocess, sys, tarfile

TAR = "application/vnd.oci.image.layer.v1.tar"
DOCKER_TAR_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def zstd(blob):
    return subprocess.run(["zstd", "-dcq"], input=blob, stdout=subprocess.PIPE, check=True).stdout


DECOMPRESS = {TAR: bytes, TAR + "+gzip": gzip.decompress, TAR + "+zstd": zstd, DOCKER_TAR_GZIP: gzip.decompress}


def read(path):
    files = {}
    if os.path.isdir(path):
        for directory, _, names in os.walk(path):
            for name in names:
                file = os.path.join(directory, name)
                with open(file, "rb") as content:
                    files[os.path.relpath(file, path)] = content.read()
        return dict(sorted(files.items()))
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            facts = member.type, member.mode, member.uid, member.gid, member.uname, member.gname
            assert facts == (tarfile.REGTYPE, 0o644, 0, 0, "", ""), facts
            assert member.name not in files, member.name
            files[member.name] = archive.extractfile(member).read()
            mtimes.add(member.mtime)
    assert os.path.getsize(path) % 10240 == 0
    return files


def inspect(path):
    files, problems, used = read(path), [], set()

    def blob(descriptor):
        algorithm, digest = descriptor["digest"].split(":")
        name = f"blobs/{algorithm}/{digest}"
        used.add(name)
        content = files.get(name)
        if content is None:
            problems.append(f"{name} is missing")
            return b"null"
        if hashlib.sha256(content).hexdigest() != digest:
            problems.append(f"{name} has another digest")
        if len(content) != descriptor["size"]:
            problems.append(f"{name} has another size")
        return content

    if json.loads(files["oci-layout"]) != {"imageLayoutVersion": "1.0.0"}:
        problems.append("oci-layout")
    index, images = json.loads(files["index.json"]), []
    for descriptor in index["manifests"]:
        manifest = json.loads(blob(descriptor))
        if manifest["mediaType"] != descriptor["mediaType"]:
            problems.append("the manifest has another media type")
        config = json.loads(blob(manifest["config"]))
        layers = [DECOMPRESS[layer["mediaType"]](blob(layer)) for layer in manifest["layers"]]
        diff_ids = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
        if config["rootfs"] != {"type": "layers", "diff_ids": diff_ids}:
            problems.append("the config has other diff_ids")
        platform = {key: config[key] for key in ("architecture", "os", "variant") if key in config}
        if descriptor["platform"] != platform:
            problems.append("the config has another platform")
        images.append({"manifest": manifest, "config": config})
    left = set(files) - used - {"oci-layout", "index.json"}
    problems.extend(f"{name} is of no use" for name in sorted(left))
    return {"files": list(files), "index": index, "images": images, "problems": problems}


mtimes = set()
answers = [inspect(path) for path in json.load(sys.stdin)]
print(json.dumps([{**answer, "mtimes": sorted(mtimes)} for answer in answers]))
