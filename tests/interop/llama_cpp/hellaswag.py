"""The ending that each of 400 tasks of HellaSwag gets in nybble and in llama-perplexity (F32)."""
import bz2
import json
import re
import subprocess

import peer

TASKS = 400
# `./demo smollm2` fetches it.
REAL = peer.ROOT / "build/models/smollm2-135m-instruct-q4_1.gguf"

# llama-perplexity draws tasks in an order that only the C++ standard library knows.
ORDER = """#include <cstdio>
#include <random>
#include <vector>
int main() {
  std::vector<int> left(%d);
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = static_cast<int>(i);
  std::mt19937 random(1);
  while (!left.empty()) {
    const auto place = std::uniform_int_distribution<std::size_t>(0, left.size() - 1)(random);
    std::printf("%%d ", left[place]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(place));
  }
}
"""


def order():
    source = peer.WORK / "order.cpp"
    source.write_text(ORDER % TASKS)
    subprocess.run(["g++", "-O1", source, "-o", peer.WORK / "order"], check=True)
    return [int(word) for word in subprocess.run([peer.WORK / "order"], check=True, stdout=subprocess.PIPE).stdout.split()]


def tasks_with(right):
    """The tasks with this ending declared to be the right one: whether it was chosen is what llama.cpp tells."""
    def make(out):
        lines = bz2.open(peer.SHARED / "data/eval/hellaswag_val_full.txt.bz2", "rt").read().split("\n")[:6 * TASKS]
        if right is not None:
            lines[1::6] = [str(right)] * TASKS
        out.write_text("\n".join(lines) + "\n")
    return peer.made(f"hellaswag-{TASKS}-{right}.txt", make)


def their_choices(path):
    """Choice of each task in the order of the file."""
    chosen = {}
    for right in range(4):
        command = [peer.tool("llama-perplexity"), "-m", path, "-f", tasks_with(right), "--hellaswag", "--hellaswag-tasks",
                   str(TASKS), "-c", "2048", "-b", "2048", *peer.EXACT]
        answer = lambda: b"".join(peer.run(command)).decode()
        text = peer.remembered([path, *command], answer)
        shares = [float(x) for x in re.findall(r"^\d+\t([\d.]+)%\t", text, re.M)]
        counts = [round(share * (i + 1) / 100) for i, share in enumerate(shares)]
        for place, (before, after) in enumerate(zip([0, *counts], counts)):
            if after > before:
                chosen[place] = right
    return {task: chosen.get(place) for place, task in enumerate(order())}


def check():
    table = peer.Table(f"HellaSwag, {TASKS} tasks, F32", "model", "right in nybble", "right in llama.cpp", "same choice")
    right = [int(line) for line in tasks_with(None).read_text().split("\n")[1::6]]
    share = lambda choices: f"{100 * sum(choices[i] == right[i] for i in range(TASKS)) / TASKS:.2f} %"
    models = {"smollm2-80m": peer.converted("smollm2-80m", "f32")}
    if REAL.exists():
        models["SmolLM2-135M-Instruct"] = peer.made("smollm2-135m.f32.gguf", lambda out: peer.run(
            [peer.tool("llama-quantize"), "--allow-requantize", REAL, out, "F32"]))
    for name, path in models.items():
        report = json.loads(peer.run([peer.program(), "eval", path, "--hellaswag", tasks_with(None), "--json"])[0])
        ours = [task["chosen"] for task in report["tasks"]]
        theirs = their_choices(path)
        same = sum(ours[i] == theirs[i] for i in range(TASKS))
        table.add(same >= 0.99 * TASKS, name, share(ours), share(theirs), f"{same} of {TASKS}")
    return table
