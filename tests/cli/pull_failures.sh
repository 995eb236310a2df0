. "$ROOT/tests/cli/with_hub.bash"
echo "- a line that breaks is resumed, within a pull and by the next"
say nybble pull org/flaky
requests
rm -r cache/hub/models--org--gguf 2>/dev/null
mkdir -p cache/hub/models--org--gguf/blobs
hash=$(python3 -c "
import hashlib
seed = hashlib.sha256(b'm-Q8_0.gguf').digest()
data = b''.join(hashlib.sha256(seed + bytes([i % 256, i // 256])).digest() for i in range(9600))
print(hashlib.sha256(data).hexdigest())
open('begin', 'wb').write(data[:123456])")
mv begin cache/hub/models--org--gguf/blobs/$hash.incomplete
say nybble pull org/gguf:Q8_0
requests
echo "- wrong bytes are not kept"
say nybble pull org/wrong
find cache/hub/models--org--wrong -type f
echo "- not there, private, gated, nonsense"
say nybble pull org/nothing
say nybble pull org/gguf@v9
say nybble pull org/gguf:Q2_K
say nybble pull hf://org/gguf/other.gguf
say nybble pull org/private
say nybble pull org/gated
say nybble pull org/noise
echo "- names and hashes that would leave the cache"
say nybble pull org/evil
say nybble pull org/evilhash
find . -name 'evil*'
echo "- the token goes to the hub and not to its store"
requests >before
say env HF_TOKEN=hf_secret nybble pull org/private
requests
echo hf_secret >token
HF_TOKEN_PATH=$PWD/token say nybble pull org/private
requests
echo "- what is no reference"
say nybble pull nothing
say nybble pull ./nothing.gguf
say nybble pull user/../x
say nybble pull "$ROOT/models/tale-6m" >passed; sed "s|$ROOT|ROOT|g" passed
