"""Reads a docker-archive: names and digests of its members, its config and manifest."""
import hashlib, json, sys, tarfile

texts, members = {}, []
with tarfile.open(json.load(sys.stdin)) as archive:
    for member in archive:
        if member.isdir():
            continue
        content = archive.extractfile(member).read()
        members.append({"name": member.name, "sha256": hashlib.sha256(content).hexdigest()})
        if member.name.endswith(".json"):
            texts[member.name] = json.loads(content)
manifest = texts["manifest.json"]
print(json.dumps({"members": members, "manifest": manifest, "config": texts[manifest[0]["Config"]]}))
