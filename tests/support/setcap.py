"""What setcap gives a file for each text: the extended attribute in hexadecimal, or null if it refuses."""
import json, os, shutil, subprocess, sys

file = sys.argv[1]
open(file, "w").close()
setcap = shutil.which("setcap", path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def capability(text):
    refused = subprocess.run([setcap, text, file], stderr=subprocess.DEVNULL).returncode != 0
    return None if refused else os.getxattr(file, "security.capability").hex()


print(json.dumps([capability(text) for text in json.load(sys.stdin)]))
