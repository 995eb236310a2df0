#include "api/small_decoder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <list>
#include <memory>

#include "formats/all.h"
#include "models/decoder_tensors.h"
#include "runtime/session.h"
#include "tensor/tensor.h"

namespace nybble::api {
namespace {

// The width of small models, where panels count most.
models::DecoderConfig small_config(int layers) {
  models::DecoderConfig c;
  c.architecture = "llama";
  c.layers = layers;
  c.dim = 512;
  c.heads = c.kv_heads = 8;
  c.head_dim = c.rope.rotary_dim = 64;
  c.hidden = 1536;
  c.vocab = 32;
  c.context = 64;
  c.tied = true;
  return c;
}

// All matrices are views of the same bytes, which the backend copies: what they are does not matter
// to the time, as long as they are ordinary numbers.
class SmallDecoder {
 public:
  SmallDecoder(FormatId format, int layers) : format_(format) {
    source_.checkpoint = std::make_shared<const files::Checkpoint>();
    source_.config = small_config(layers);
    for (const models::TensorSpec& spec : models::decoder_tensors(source_.config)) add(spec);
  }
  const models::ModelSource& source() const { return source_; }
  double panels() const { return panels_; }
  double bytes() const { return bytes_; }

 private:
  void add(const models::TensorSpec& spec) {
    models::SourceTensor tensor;
    tensor.name = spec.name;
    tensor.shape = spec.shape;
    if (spec.shape.rank() < 2) {
      tensor.format = id_of<formats::F32>();
      tensor.values.assign(static_cast<std::size_t>(spec.shape.count()), 0.01f);
    } else {
      tensor.format = format_;
      tensor.stored = &stored(spec.shape);
      bytes_ += static_cast<double>(tensor.row_bytes());
      if (!spec.name.ends_with("ffn_up.weight"))
        panels_ += static_cast<double>(spec.shape.rows()) / 32;
    }
    source_.tensors.push_back(std::move(tensor));
  }
  const files::NamedTensor& stored(const Shape& shape) {
    const std::size_t size =
        static_cast<std::size_t>(shape.rows()) * row_bytes(format_, shape.cols());
    // As halves 0x1111 are 0.0006, as codes 17.
    static const std::vector<std::byte> ones(std::size_t{1} << 20, std::byte{0x11});
    files::NamedTensor& tensor = stored_.emplace_back();
    tensor.data = {format_, shape, std::span(ones).first(size)};
    return tensor;
  }

  FormatId format_;
  models::ModelSource source_;
  std::list<files::NamedTensor> stored_;
  double panels_ = 0, bytes_ = 0;
};

struct Measured {
  double bytes, panels, seconds;
};

Measured measure(FormatId format, int layers, int threads) {
  constexpr int runs = 30, at_once = 4;
  const SmallDecoder decoder(format, layers);
  const auto loaded = std::make_shared<const runtime::LoadedModel>(
      decoder.source(),
      runtime::LoadOptions{.threads = threads, .activations = Activations::int8_blocks});
  runtime::Session session(loaded, decoder.source().config.context, 1);
  const std::array<std::int32_t, 1> token{1};
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < runs; ++run) {
    session.rewind(0);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < at_once; ++i) session.step(token);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / at_once);
  }
  return {decoder.bytes(), decoder.panels(), best};
}

}  // namespace

SmallDecoderSpeed measure_small_decoders(int threads) {
  const FormatId eight = id_of<formats::Q8_0>(), four = id_of<formats::Q4_0>();
  // 43, 87 and 174 MB, and about as many as the second in twice the panels.
  const Measured sizes[] = {measure(eight, 12, threads), measure(eight, 24, threads),
                            measure(eight, 48, threads)};
  const Measured more_panels = measure(four, 46, threads);
  const double same_bytes = more_panels.bytes / sizes[1].bytes;
  constexpr double least = 1e-9;  // memory was slower while one was measured than for the other
  SmallDecoderSpeed speed;
  speed.panel_seconds = std::max(least, (more_panels.seconds - same_bytes * sizes[1].seconds) /
                                            (more_panels.panels - same_bytes * sizes[1].panels));
  for (const Measured& m : sizes) {
    // Noise shall not make reading free.
    const double reading = std::max(m.seconds - m.panels * speed.panel_seconds, m.seconds / 4);
    speed.rates.push_back({m.bytes, m.bytes / reading});
  }
  return speed;
}

}  // namespace nybble::api
