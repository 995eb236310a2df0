# The scripts load, and bash completes verbs, flags of llama.cpp among them, and types.
for shell in bash zsh fish; do nybble completion $shell >$shell.txt || exit 1; done
bash -n bash.txt && . ./bash.txt
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _nybble; echo "$*: ${COMPREPLY[*]}"; }
complete_words nybble qu
complete_words nybble run --top
complete_words nybble run -hf
complete_words nybble quantize in out Q4_K_
complete_words nybble train in out --qat Q4_K_
complete_words nybble completion f
complete_words nybble plan llama-3.2
# Every flag that a verb's help shows is in every script.
for verb in inspect convert quantize train run eval plan tokenize template formats pull; do
  for flag in $(nybble $verb --help | grep -o -- '^ *-[^ ]*' | tr ',' ' ' | grep -o -- '--[a-z-]*'); do
    [ "$flag" = --help ] && continue
    for shell in bash zsh; do grep -q -- "$flag" $shell.txt || echo "$shell lacks $flag of $verb"; done
    grep -q -- "-l ${flag#--} " fish.txt || grep -q -- "-l ${flag#--}$" fish.txt || echo "fish lacks $flag of $verb"
  done
done
nybble completion powershell
