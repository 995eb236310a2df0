// Reads an adapter of a model and writes it anew, for tests/interop/lora.py.
//   rewrite_lora MODEL ADAPTER OUT
#include <fmt/format.h>

#include <cstdio>

#include "adapters/lora_adapter.h"
#include "nybble/error.h"

int main(int argc, char** argv) {
  using namespace nybble;
  if (argc != 4) {
    fmt::print(stderr, "usage: rewrite_lora MODEL ADAPTER OUT\n");
    return 2;
  }
  try {
    const models::ModelSource model = models::open_model(
        std::make_shared<const files::Checkpoint>(files::open_checkpoint(argv[1])));
    adapters::write_lora(argv[3], adapters::read_lora(argv[2], model), model,
                         id_of<formats::F32>());
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
