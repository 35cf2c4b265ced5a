"""The extended attributes of a file, by name, in hexadecimal."""
import json, os, sys

file = json.load(sys.stdin)
print(json.dumps({name: os.getxattr(file, name).hex() for name in os.listxattr(file)}))
