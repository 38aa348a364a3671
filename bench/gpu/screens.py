"""Pictures of the console as it runs a mix, for docs/screens.

    python3 bench/gpu/screens.py FOLDER MIX [--backend cuda] [--warm-s 30] NAME=KEYS ...

Starts the console in a terminal of 200x50, and after a while, for each NAME, types KEYS and has the console write what it then shows to FOLDER/NAME.svg.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import struct
import subprocess
import sys
import termios
import threading
import time

COLUMNS, ROWS = 200, 50
KEY_S, SETTLED_S = 0.3, 3


def drain(terminal):
    try:
        while os.read(terminal, 1 << 16):
            pass
    except OSError:
        pass  # The console has left.


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("mix")
    parser.add_argument("pictures", nargs="+", metavar="NAME=KEYS")
    parser.add_argument("--backend", default="sim")
    parser.add_argument("--warm-s", type=float, default=30)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)

    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    command = ["node", "dist/src/cli/main.js", "--mix", chosen.mix, "--backend", chosen.backend, "--no-listen"]
    console = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment, start_new_session=True)
    os.close(inner)
    threading.Thread(target=drain, args=[terminal], daemon=True).start()

    def press(keys):
        for key in keys:
            os.write(terminal, key.encode())
            time.sleep(KEY_S)

    time.sleep(chosen.warm_s)
    missing = []
    for picture in chosen.pictures:
        name, keys = picture.split("=", 1)
        file = chosen.folder / f"{name}.svg"
        press(keys)
        time.sleep(SETTLED_S)
        press([":", f"screenshot svg {file}", "\r"])
        time.sleep(SETTLED_S)
        if not file.exists():
            missing.append(str(file))
    press("q")
    try:
        console.wait(timeout=15)
    except subprocess.TimeoutExpired:
        console.kill()
    if missing:
        sys.exit(f"not written: {', '.join(missing)}")


main()
