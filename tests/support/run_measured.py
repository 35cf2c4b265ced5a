"""Runs commands and says how much memory they took.

Reads {"command": [WORD, ...], "seconds": LIMIT} and prints {"code", "stdout", "stderr", "seconds",
"memory"}: the most that it or one of the programs it started had at a time, in bytes. The code is
null if the limit was reached; then the command and what it started have been ended.
"""
import json, os, resource, signal, subprocess, sys, time

question = json.load(sys.stdin)
start = time.monotonic()
process = subprocess.Popen(
    question["command"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    start_new_session=True,
)
try:
    stdout, stderr = process.communicate(timeout=question["seconds"])
    code = process.returncode
except subprocess.TimeoutExpired:
    os.killpg(process.pid, signal.SIGKILL)
    (stdout, stderr), code = process.communicate(), None
print(json.dumps({
    "code": code, "stdout": stdout.decode(), "stderr": stderr.decode(),
    "seconds": time.monotonic() - start,
    "memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
}))
