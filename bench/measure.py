"""Runs a command with its standard output piped to `cat >/dev/null`; prints seconds and peak KiB.

usage: measure.py COMMAND [ARGUMENT ...]
"""
import os, subprocess, sys, time

start = time.monotonic()
sink = subprocess.Popen(["sh", "-c", "cat >/dev/null"], stdin=subprocess.PIPE)
child = subprocess.Popen(sys.argv[1:], stdout=sink.stdin)
sink.stdin.close()
_, status, usage = os.wait4(child.pid, 0)
sink.wait()
print(time.monotonic() - start, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
