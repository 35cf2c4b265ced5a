"""Formats each value of a list as json.dumps does; with the argument "sorted", with sorted keys."""
import json, sys

values = json.load(sys.stdin)
print(json.dumps([json.dumps(value, indent=4, sort_keys="sorted" in sys.argv) for value in values]))
