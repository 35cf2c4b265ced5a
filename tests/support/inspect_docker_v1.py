"""Reads an image archive as its older format describes it: argument 1. Prints (JSON) repositories and
the layers from the uppermost one down, each with its ID and tarsum worked out anew."""
import hashlib, json, os, subprocess, sys, tarfile, tempfile

path = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))


def tarsum(content):
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        command = [sys.executable, f"{here}/tarsum.py", file.name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


with tarfile.open(path) as archive:
    read = lambda name: archive.extractfile(name).read()
    repositories = json.loads(read("repositories"))
    layers = []
    directory = next(iter(next(iter(repositories.values())).values()))
    while directory is not None:
        assert archive.getmember(directory).isdir()
        described = json.loads(read(f"{directory}/json"))
        content = read(f"{directory}/layer.tar")
        # The ID is that of what is there without ID and size.
        rest = {key: value for key, value in described.items() if key not in ("id", "Size")}
        layers.append({
            "directory": directory,
            "json": described,
            "version": read(f"{directory}/VERSION").decode(),
            "id": hashlib.sha256(json.dumps(rest, indent=4).encode()).hexdigest(),
            "tarsum": tarsum(content),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        })
        directory = described.get("parent")
json.dump({"repositories": repositories, "layers": layers}, sys.stdout)
