"""Drives a program on a terminal: on_terminal.py COMMAND... reads steps from standard input.

A step is "expect TEXT", "send TEXT" (with \\n) or "interrupt"; what the terminal showed is printed at the end.
"""
import os
import pty
import re
import select
import sys
import time

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown, seen = '', 0


def read_some(seconds):
    global shown
    if not select.select([terminal], [], [], seconds)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        return False
    shown += data.decode('utf-8', 'replace')
    return bool(data)


for step in sys.stdin.read().splitlines():
    word, _, text = step.partition(' ')
    text = text.encode().decode('unicode_escape')
    if word == 'send':
        os.write(terminal, text.encode())
    elif word == 'interrupt':
        os.write(terminal, b'\x03')
    elif word == 'expect':
        deadline = time.time() + 60
        while text not in shown[seen:]:
            if time.time() > deadline or not read_some(1):
                print(f'expected {text!r}, the terminal shows:\n{shown[seen:]}')
                sys.exit(1)
        seen += shown[seen:].index(text) + len(text)
while read_some(60):
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
clean = re.sub(r'\x1b\[[0-9;]*[A-Za-z]|\r', '', shown)
print('\n'.join(line.rstrip() for line in clean.splitlines()))
print(f'exit {status}')
