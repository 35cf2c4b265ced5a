"""Decodes names: a list of lists of bytes to a list of strings with escaped bytes (PEP 383)."""
import json, sys

print(json.dumps([bytes(name).decode("utf-8", "surrogateescape") for name in json.load(sys.stdin)]))
