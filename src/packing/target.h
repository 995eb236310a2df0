// Layouts of quantized linears to write: the way back of a scheme. all_targets.cpp is the list.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "files/gguf.h"

namespace nybble::packing {

class Target {
 public:
  using Take = std::function<void(std::span<const std::byte>)>;
  using Texts = std::map<std::string, std::string, std::less<>>;

  virtual ~Target() = default;
  // "gptq:4b-g128"
  const std::string& name() const { return name_; }
  // Of what is not packed: scales follow it where programs load them as that.
  FormatId model_type() const { return model_type_; }
  // Of the blocks that are packed.
  virtual FormatId format() const = 0;
  // Why a weight of this shape cannot be packed; empty: it can.
  virtual std::string refuses(const Shape& shape) const = 0;
  // Whether scales are not each block's own. If so share_scales() gets those that the blocks of a
  // weight would choose, [rows, cols / block_len], and makes of them those that can be stored.
  virtual bool shares_scales() const { return false; }
  virtual void share_scales(const Shape& shape, std::span<float> scales) const {
    static_cast<void>(shape), static_cast<void>(scales);
  }
  // The same for blocks that are exact: one scale for each group of them, if one is right for all.
  virtual void unify_scales(const Shape& shape, std::span<float> scales) const {
    share_scales(shape, scales);
  }
  // What the values of the blocks are multiplied by: a weight is divided by it before it is
  // encoded. A power of two.
  virtual float scale() const { return 1; }
  // Whether the parts hold such blocks as they are. Those that the format encodes they do; blocks
  // that come from elsewhere may have scales of more bits or zero points beyond the codes.
  virtual bool can_store(std::span<const std::byte> blocks) const {
    static_cast<void>(blocks);
    return true;
  }
  // The tensors of a module with a weight of this shape, in the order in which pack() gives them.
  virtual std::vector<files::TensorPlan> parts(std::string_view module,
                                               const Shape& shape) const = 0;
  // blocks [rows, row_bytes(format(), cols)], rows in the order of Hugging Face.
  virtual void pack(const Shape& shape, std::span<const std::byte> blocks,
                    const Take& take) const = 0;
  // Adds quantization_config, and what else programs read. kept: linears that stay unpacked.
  virtual void describe(std::span<const std::string> kept, OrderedJson& config,
                        Texts& texts) const = 0;

 private:
  friend std::shared_ptr<const Target> find_target(std::string_view name, FormatId model_type);
  std::string name_;
  FormatId model_type_ = id_of<formats::BF16>();
};

struct TargetKind {
  std::string_view name;     // before the ':'
  std::string_view example;  // for people
  std::string_view about;
  std::unique_ptr<Target> (*make)(std::string_view options);
};

std::span<const TargetKind> targets();
// "gptq:4b-g128". nullptr when the name has no ':'. Throws Error(invalid_input) naming the known
// ones.
std::shared_ptr<const Target> find_target(std::string_view name,
                                          FormatId model_type = id_of<formats::BF16>());

}  // namespace nybble::packing
