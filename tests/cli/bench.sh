# How fast a model runs: the shape of the report, since numbers change.
M=$ROOT/models/tale-6m
say() { echo "\$ $*" | sed "s|$ROOT/||g"; "$@" 2>&1 | sed "s|$ROOT/||g"; local code=${PIPESTATUS[0]}; [ "$code" -eq 0 ] || echo "exit $code"; }
nybble bench $M -p 4 -n 2 -r 2 --json 2>/dev/null | python3 -c "
import json, sys
r = json.load(sys.stdin)
print(*r)
print(*r['peak'])
for row in r['rows']:
    print(*row)
    print(row['test'], row['tokens'], row['tokens_per_second'] > 0, row['percent_of_peak'] > 0)"
nybble bench $M -p 0 -n 2 -r 1 --json 2>/dev/null | python3 -c "
import json, sys
print(*(row['test'] for row in json.load(sys.stdin)['rows']))"
say nybble bench $M -p 0 -n 0
say nybble bench $M -p 4096
say nybble bench $M -p 4,x
say nybble bench
