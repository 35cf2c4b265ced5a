"""Which of the paths match which pattern, a pair each, by Python's fnmatch within a component."""
import json, sys
from fnmatch import fnmatchcase


def components(path):
    return path.split("/")[1:] if path != "/" else []


def matches(pattern, path):
    if not pattern:
        return not path
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return matches(rest, path) or bool(path) and matches(pattern, path[1:])
    return bool(path) and fnmatchcase(path[0], first) and matches(rest, path[1:])


print(json.dumps([matches(components(pattern), components(path)) for pattern, path in json.load(sys.stdin)]))
