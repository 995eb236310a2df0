#include "gradients/cuda/gpu_parameters.h"

namespace nybble::gradients::gpu {
namespace {

void take_shape(const Linear& host, DeviceLinear& device) {
  device.rows = host.weight.rows;
  device.cols = host.weight.cols;
  device.rank = host.down.rows;
  device.adapter_scale = host.adapter_scale;
}

}  // namespace

DeviceParameters::DeviceParameters(const Parameters& parameters) {
  for (const Layer& layer : parameters.layers) {
    DeviceLayer& own = layers.emplace_back();
    take_shape(layer.q, own.q);
    take_shape(layer.k, own.k);
    take_shape(layer.v, own.v);
    take_shape(layer.output, own.output);
    take_shape(layer.gate, own.gate);
    take_shape(layer.up, own.up);
    take_shape(layer.down, own.down);
  }
  take_shape(parameters.head, head);
  for_both(parameters, *this, [](const std::vector<float>& values, DeviceFloats& array) {
    if (!values.empty()) array.resize(values.size());
  });
}

}  // namespace nybble::gradients::gpu
