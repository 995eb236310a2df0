say() { echo "\$ $*"; "$@" 2>&1; echo "exit $?"; }
say nybble
say nybble quantise a b c
say nybble frobnicate
say nybble run model.gguf --top-kk 4
say nybble help formats
say nybble version
say nybble --help
