"""Reads base64 gzip data as JSON; answers its members' headers and the content's digest."""
import base64, gzip, hashlib, json, sys, zlib

data = base64.b64decode(json.load(sys.stdin))
content = gzip.decompress(data)
headers, sizes = [], []
while data:
    member = zlib.decompressobj(wbits=31)
    sizes.append(len(member.decompress(data)))
    headers.append(data[:10].hex())
    data = member.unused_data
json.dump({"sha256": hashlib.sha256(content).hexdigest(), "headers": headers, "sizes": sizes}, sys.stdout)
