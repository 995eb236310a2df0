M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>&1; local code=$?; [ $code -eq 0 ] || echo "exit $code"; }
say nybble tokenize $M "Once upon a time"
say nybble tokenize $M "Once upon a time" --ids
say nybble tokenize $M "Once upon<|endoftext|>" --ids
say nybble tokenize $M "Once upon<|endoftext|>" --ids --no-special
printf 'two\nlines' >text
say nybble tokenize $M -f text
printf 'Once' | say nybble tokenize $M --json
say nybble tokenize $M "a" -f text
say nybble tokenize $M -f nowhere
say nybble tokenize nowhere.gguf "a"
