// What open_model makes of checkpoints that are wrong, and how it says so. Each case changes one
// thing of a good model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "models/model_source.h"
#include "nybble/error.h"

namespace nybble::models {
namespace {

using testing::HasSubstr;

files::Checkpoint good_checkpoint() {
  return files::open_checkpoint("tests/golden/models/llama");
}

ModelSource open_with(const std::function<void(OrderedJson&)>& change,
                      files::Checkpoint checkpoint = good_checkpoint()) {
  OrderedJson config = parse_ordered_json(checkpoint.texts.at("config.json"), "config.json");
  change(config);
  checkpoint.texts["config.json"] = config.dump();
  return open_model(std::make_shared<const files::Checkpoint>(std::move(checkpoint)));
}

// A GGUF of the same model, in memory.
files::Checkpoint good_gguf(std::shared_ptr<const ModelSource>& keep_alive) {
  keep_alive = std::make_shared<const ModelSource>(open_with([](OrderedJson&) {}));
  files::Checkpoint gguf;
  gguf.path = "model.gguf";
  gguf.container = "gguf";
  gguf.metadata = keep_alive->metadata;
  for (const SourceTensor& tensor : keep_alive->tensors) {
    gguf.tensors.push_back(
        {tensor.name, {tensor.format, tensor.shape, tensor.stored->data.bytes}, "model.gguf", 0});
  }
  return gguf;
}

void expect_error(const std::function<void()>& action, ErrorKind kind, const std::string& part) {
  try {
    action();
    ADD_FAILURE() << "nothing was thrown; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

struct BadConfig {
  const char* change;  // merged into config.json
  ErrorKind kind;
  const char* part;  // of the message
};

const BadConfig bad_configs[] = {
    {R"({"num_attention_heads": 0})", ErrorKind::corrupt_file, "num_attention_heads is 0"},
    {R"({"num_key_value_heads": 0})", ErrorKind::corrupt_file, "key-value heads is 0"},
    {R"({"num_key_value_heads": 3})", ErrorKind::corrupt_file,
     "4 heads cannot share 3 key-value heads"},
    {R"({"head_dim": 15})", ErrorKind::corrupt_file, "RoPE turns 15 values of a head of 15"},
    {R"({"head_dim": 1000000})", ErrorKind::corrupt_file, "head length is 1000000"},
    {R"({"num_hidden_layers": 4000})", ErrorKind::corrupt_file, "4000 layers, but only"},
    {R"({"num_hidden_layers": 2000000000})", ErrorKind::corrupt_file, "layers is 2000000000"},
    {R"({"num_hidden_layers": 1e300})", ErrorKind::corrupt_file, "key 'num_hidden_layers' is"},
    {R"({"num_hidden_layers": -1})", ErrorKind::corrupt_file,
     "key 'num_hidden_layers' is -1, expected a whole number"},
    {R"({"num_hidden_layers": 2.5})", ErrorKind::corrupt_file, "key 'num_hidden_layers' is 2.5"},
    {R"({"num_hidden_layers": "2"})", ErrorKind::corrupt_file, "key 'num_hidden_layers' is \"2\""},
    {R"({"num_hidden_layers": null})", ErrorKind::corrupt_file, "no key 'num_hidden_layers'"},
    {R"({"hidden_size": 0})", ErrorKind::corrupt_file, "embedding length is 0"},
    {R"({"vocab_size": 97})", ErrorKind::corrupt_file,
     "tensor 'model.embed_tokens.weight' is [96, 64], expected [97, 64]"},
    {R"({"intermediate_size": 128})", ErrorKind::corrupt_file,
     "mlp.gate_proj.weight' is [112, 64], expected [128, 64]"},
    {R"({"max_position_embeddings": 0})", ErrorKind::corrupt_file, "context length is 0"},
    {R"({"rms_norm_eps": -1})", ErrorKind::corrupt_file, "epsilon is -1"},
    {R"({"hidden_act": "gelu"})", ErrorKind::unsupported, "the activation is 'gelu'"},
    {R"({"attention_bias": true})", ErrorKind::corrupt_file,
     "expected a tensor 'model.layers.0.self_attn.q_proj.bias'"},
    {R"({"tie_word_embeddings": false})", ErrorKind::corrupt_file,
     "expected a tensor 'lm_head.weight'"},
    {R"({"num_hidden_layers": 1})", ErrorKind::unsupported, "tensor 'model.layers.1."},
    {R"({"architectures": ["MambaForCausalLM"]})", ErrorKind::unsupported,
     "unknown architecture 'MambaForCausalLM'; nybble knows MistralForCausalLM, LlamaForCausalLM"},
    {R"({"architectures": "LlamaForCausalLM"})", ErrorKind::corrupt_file, "key 'architectures'"},
    {R"({"quantization_config": {"quant_method": "quip"}})", ErrorKind::unsupported,
     "quant_method 'quip'; nybble reads"},
    {R"({"rope_parameters": {"rope_type": "spiral"}})", ErrorKind::unsupported,
     "unknown RoPE scaling 'spiral'"},
    {R"({"rope_parameters": {"rope_type": "linear"}})", ErrorKind::corrupt_file, "no key 'factor'"},
    {R"({"rope_parameters": {"rope_type": "linear", "factor": 0}})", ErrorKind::corrupt_file,
     "factor of the RoPE scaling is 0"},
    {R"({"rope_parameters": {"rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 0}})",
     ErrorKind::corrupt_file, "original context of the RoPE scaling is 0"},
    {R"({"rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4}})",
     ErrorKind::corrupt_file, "low_freq_factor 4"},
    {R"({"rope_parameters": {"rope_type": "longrope", "short_factor": [1, 2], "long_factor": [1]}})",
     ErrorKind::corrupt_file, "short RoPE factors has 2 entries, expected 8"},
    {R"({"rope_parameters": {"rope_theta": -5}})", ErrorKind::corrupt_file,
     "the base of RoPE is -5"},
    {R"({"rope_parameters": {"partial_rotary_factor": 0.5}})", ErrorKind::unsupported,
     "a part of each head"},
    {R"({"rope_parameters": [1]})", ErrorKind::corrupt_file,
     "key 'rope_parameters' is [1], expected an object"},
};

}  // namespace

TEST(open_model, refuses_a_bad_config_naming_what_is_wrong) {
  for (const BadConfig& bad : bad_configs) {
    SCOPED_TRACE(bad.change);
    const auto open = [&] {
      open_with([&](OrderedJson& config) { config.merge_patch(OrderedJson::parse(bad.change)); });
    };
    expect_error(open, bad.kind, bad.part);
  }
}

TEST(open_model, refuses_a_config_that_is_no_object) {
  files::Checkpoint checkpoint = good_checkpoint();
  checkpoint.texts["config.json"] = "[]";
  expect_error([&] { open_model(std::make_shared<const files::Checkpoint>(checkpoint)); },
               ErrorKind::corrupt_file, "expected an object");
  checkpoint.texts.erase("config.json");
  expect_error([&] { open_model(std::make_shared<const files::Checkpoint>(checkpoint)); },
               ErrorKind::io, "needs its config.json");
}

TEST(open_model, leaves_out_what_follows_from_the_configuration_and_says_so) {
  files::Checkpoint checkpoint = good_checkpoint();
  files::NamedTensor derived = checkpoint.tensors.front();
  derived.name = "model.layers.0.self_attn.rotary_emb.inv_freq";
  checkpoint.tensors.push_back(derived);
  files::NamedTensor head = checkpoint.get("model.embed_tokens.weight");
  head.name = "lm_head.weight";
  checkpoint.tensors.push_back(head);

  const ModelSource source = open_with([](OrderedJson&) {}, std::move(checkpoint));

  EXPECT_THAT(source.notes, testing::ElementsAre(HasSubstr("rotary_emb.inv_freq left out"),
                                                 HasSubstr("lm_head.weight left out")));
  EXPECT_EQ(source.find("output.weight"), nullptr);
}

TEST(open_model, refuses_a_tensor_that_it_has_no_use_for) {
  files::Checkpoint checkpoint = good_checkpoint();
  files::NamedTensor extra = checkpoint.tensors.front();
  extra.name = "model.layers.0.self_attn.q_proj.weight_scale";
  checkpoint.tensors.push_back(extra);

  expect_error(
      [&] { open_with([](OrderedJson&) {}, checkpoint); }, ErrorKind::unsupported,
      "tensor 'model.layers.0.self_attn.q_proj.weight_scale' has no place in a Llama model");
}

TEST(open_model, refuses_bad_gguf_keys_naming_what_is_wrong) {
  struct BadKey {
    const char* key;
    files::MetadataValue value;
    ErrorKind kind;
    const char* part;
  };
  const BadKey bad_keys[] = {
      {"general.architecture", std::string("mamba"), ErrorKind::unsupported,
       "unknown architecture 'mamba'"},
      {"general.architecture", std::uint32_t{7}, ErrorKind::corrupt_file, "general.architecture"},
      {"llama.block_count", std::uint32_t{0}, ErrorKind::corrupt_file, "layers is 0"},
      {"llama.block_count", std::uint64_t{1} << 40, ErrorKind::corrupt_file,
       "expected less than 2^31"},
      {"llama.block_count", std::string("two"), ErrorKind::corrupt_file, "llama.block_count"},
      {"llama.block_count", std::uint32_t{3}, ErrorKind::corrupt_file,
       "expected a tensor 'blk.2.attn_norm.weight'"},
      {"llama.attention.head_count", std::uint32_t{0}, ErrorKind::corrupt_file, "0 heads"},
      {"llama.attention.head_count_kv", std::uint32_t{0}, ErrorKind::corrupt_file,
       "key-value heads is 0"},
      {"llama.attention.value_length", std::uint32_t{8}, ErrorKind::unsupported,
       "differ in length"},
      {"llama.rope.dimension_count", std::uint32_t{0}, ErrorKind::corrupt_file,
       "RoPE turns 0 values"},
      {"llama.rope.dimension_count", std::uint32_t{18}, ErrorKind::corrupt_file,
       "RoPE turns 18 values of a head of 16"},
      {"llama.rope.scaling.type", std::string("spiral"), ErrorKind::unsupported,
       "unknown RoPE scaling 'spiral'"},
      {"llama.rope.scaling.type", std::string("longrope"), ErrorKind::corrupt_file,
       "needs a short and a long list"},
      {"llama.vocab_size", std::uint32_t{95}, ErrorKind::corrupt_file,
       "has 96 rows, but key 'llama.vocab_size' says 95"},
      {"llama.embedding_length", std::uint32_t{32}, ErrorKind::corrupt_file,
       "'token_embd.weight' is [96, 64], expected [96, 32]"},
      {"llama.expert_count", std::uint32_t{8}, ErrorKind::unsupported, "mixture of experts"},
      {"llama.attention.layer_norm_rms_epsilon", std::numeric_limits<float>::quiet_NaN(),
       ErrorKind::corrupt_file, "epsilon is nan"},
  };
  std::shared_ptr<const ModelSource> keep_alive;
  const files::Checkpoint good = good_gguf(keep_alive);
  ASSERT_NO_THROW(open_model(std::make_shared<const files::Checkpoint>(good)));
  for (const BadKey& bad : bad_keys) {
    SCOPED_TRACE(bad.part);
    files::Checkpoint checkpoint = good;
    checkpoint.metadata.set(bad.key, bad.value);
    expect_error([&] { open_model(std::make_shared<const files::Checkpoint>(checkpoint)); },
                 bad.kind, bad.part);
  }
}

TEST(open_model, says_what_llama_cpp_expects_of_a_gguf) {
  const ModelSource source = open_with([](OrderedJson&) {});

  EXPECT_EQ(source.metadata.get_string("general.architecture"), "llama");
  EXPECT_EQ(source.metadata.get_string("general.name"), "llama");
  EXPECT_EQ(source.metadata.get_uint("llama.block_count"), 2u);
  EXPECT_EQ(source.metadata.get_uint("llama.context_length"), 256u);
  EXPECT_EQ(source.metadata.get_uint("llama.embedding_length"), 64u);
  EXPECT_EQ(source.metadata.get_uint("llama.feed_forward_length"), 112u);
  EXPECT_EQ(source.metadata.get_uint("llama.attention.head_count"), 4u);
  EXPECT_EQ(source.metadata.get_uint("llama.attention.head_count_kv"), 2u);
  EXPECT_EQ(source.metadata.get_uint("llama.rope.dimension_count"), 16u);
  EXPECT_EQ(source.metadata.get_float("llama.rope.freq_base"), 10000);
  EXPECT_EQ(source.metadata.get_uint("llama.vocab_size"), 96u);
  EXPECT_EQ(source.metadata.find("llama.rope.scaling.type"), nullptr);
}

}  // namespace nybble::models
