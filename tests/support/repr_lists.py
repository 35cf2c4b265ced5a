"""How Python shows each list of strings."""
import json, sys

print(json.dumps([repr(texts) for texts in json.load(sys.stdin)]))
