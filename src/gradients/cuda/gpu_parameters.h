// The parameters of a decoder in the GPU's memory, and gradients by them.
#pragma once

#include <vector>

#include "gradients/cuda/device_array.h"
#include "gradients/parameters.h"

namespace nybble::gradients::gpu {

// Arrays that are empty in host memory are empty here.
struct DeviceLinear {
  DeviceFloats weight, bias, down, up;
  int rows = 0, cols = 0, rank = 0;
  float adapter_scale = 1;
};

struct DeviceLayer {
  DeviceFloats attention_norm, feed_forward_norm, q_norm, k_norm;
  DeviceLinear q, k, v, output, gate, up, down;
};

struct DeviceParameters {
  DeviceFloats embedding;
  std::vector<DeviceLayer> layers;
  DeviceFloats output_norm;
  DeviceLinear head;

  // With the shapes of these, without values.
  explicit DeviceParameters(const Parameters& parameters);
};

namespace detail {

template <class HostLinear, class Action>
void visit_linear(HostLinear& host, DeviceLinear& device, const Action& action) {
  action(host.weight.values, device.weight);
  action(host.bias, device.bias);
  action(host.down.values, device.down);
  action(host.up.values, device.up);
}

}  // namespace detail

// Calls action(values, array) for all tensors, empty ones too, in a fixed order. host: Parameters,
// const or not.
template <class Host, class Action>
void for_both(Host& host, DeviceParameters& device, const Action& action) {
  action(host.embedding.values, device.embedding);
  for (std::size_t i = 0; i < device.layers.size(); ++i) {
    auto& from = host.layers[i];
    DeviceLayer& to = device.layers[i];
    action(from.attention_norm, to.attention_norm);
    action(from.feed_forward_norm, to.feed_forward_norm);
    action(from.q_norm, to.q_norm);
    action(from.k_norm, to.k_norm);
    detail::visit_linear(from.q, to.q, action);
    detail::visit_linear(from.k, to.k, action);
    detail::visit_linear(from.v, to.v, action);
    detail::visit_linear(from.output, to.output, action);
    detail::visit_linear(from.gate, to.gate, action);
    detail::visit_linear(from.up, to.up, action);
    detail::visit_linear(from.down, to.down, action);
  }
  action(host.output_norm, device.output_norm);
  detail::visit_linear(host.head, device.head, action);
}

}  // namespace nybble::gradients::gpu
