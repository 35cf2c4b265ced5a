"""What Python's json.dumps makes of what json.loads makes of each text."""
import json, sys

print(json.dumps([json.dumps(json.loads(text), indent=4) for text in json.load(sys.stdin)]))
