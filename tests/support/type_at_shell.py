# Types keys at an interactive shell on a pseudo-terminal: COLUMNS COMMAND… < JSON array of keys.
# The shell's prompt is "READY> ", and its answer to \x18p (Ctrl-X p) is "LINE<", the line, ">END".
# Prints a JSON array: for each, what the terminal got from the keys on, and the line then.
import fcntl, json, os, pty, re, select, struct, sys, termios, time

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, int(sys.argv[1]), 0, 0))


def read_until(pattern):
    got, deadline = "", time.monotonic() + 20
    while not re.search(pattern, got, re.S):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            raise SystemExit(f"The shell does not answer: {got!r}")
        got += os.read(terminal, 65536).decode()
    return got


read_until("READY> ")
answers = []
for keys in json.load(sys.stdin):
    os.write(terminal, keys.encode())
    os.write(terminal, b"\x18p")
    got = read_until("LINE<.*>END")
    answers.append({"shown": got[: got.index("LINE<")], "line": re.search("LINE<(.*)>END", got, re.S)[1]})
    os.write(terminal, b"\x15\x18p")
    read_until("LINE<>END")
print(json.dumps(answers))
os.close(terminal)
os.waitpid(pid, 0)
