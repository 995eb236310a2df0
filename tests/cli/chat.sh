# A conversation on a terminal: commands, several lines, Ctrl-C in an answer and at the prompt.
M=$ROOT/models/tale-6m
T='{% for m in messages %}{{ m.content }} {% endfor %}'
echo "- commands and answers"
python3 "$ROOT/tests/cli/on_terminal.py" nybble run $M --chat-template "$T" -n 8 --temp 0 <<'S'
expect >
send /help\n
expect prompt, the program
expect >
send Lily had a\n
expect >
send """\n
expect .
send One day,\n
expect .
send Tom"""\n
expect >
send /clear\n
expect forgotten
expect >
send /nothing\n
expect >
send /bye\n
S
echo "- Ctrl-C stops an answer, and at the prompt the program"
python3 "$ROOT/tests/cli/on_terminal.py" nybble run $M --temp 0 --ignore-eos -c 1024 <<'S' | sed '/^> Once/,/^>/{/^>/!d}'
expect >
send Once upon a time\n
expect there was
interrupt
expect >
interrupt
S
