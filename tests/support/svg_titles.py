"""The text of all title elements of an SVG, which it parses as XML: JSON on both sides."""

import json
import sys
import xml.etree.ElementTree as tree

root = tree.fromstring(json.load(sys.stdin))
json.dump([title.text for title in root.iter("{http://www.w3.org/2000/svg}title")], sys.stdout)
