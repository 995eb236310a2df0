#include "models/hf_decoder_config.h"

#include "base/error.h"
#include "models/rope_config.h"

namespace nybble::models {
namespace {

// The double that reads like this float: 1e-05 instead of 9.999999747378752e-06.
double as_written(float x) {
  return std::stod(fmt::format("{}", x));
}

}  // namespace

DecoderConfig read_hf_config(const files::HfConfig& hf, const Architecture& architecture) {
  const std::string activation = hf.text("hidden_act", "silu");
  if (activation != "silu" && activation != "swish") {
    fail(ErrorKind::unsupported, "{}: the activation is '{}'; nybble knows silu", hf.where(),
         activation);
  }
  DecoderConfig c;
  c.architecture = architecture.gguf_name;
  c.layers = hf.integer("num_hidden_layers");
  c.dim = hf.integer("hidden_size");
  c.hidden = hf.integer("intermediate_size");
  c.vocab = hf.integer("vocab_size");
  c.context = hf.integer("max_position_embeddings", 2048);
  c.heads = hf.integer("num_attention_heads");
  const bool states_kv_heads =
      hf.mentions("num_key_value_heads") || architecture.default_kv_heads == 0;
  c.kv_heads =
      hf.integer("num_key_value_heads", states_kv_heads ? c.heads : architecture.default_kv_heads);
  if (c.heads < 1)
    fail(ErrorKind::corrupt_file, "{}: num_attention_heads is 0, expected 1 or more", hf.where());
  const bool states_head_dim = hf.mentions("head_dim") || architecture.default_head_dim == 0;
  c.head_dim =
      hf.integer("head_dim", states_head_dim ? c.dim / c.heads : architecture.default_head_dim);
  c.rms_epsilon = static_cast<float>(hf.number("rms_norm_eps", 1e-6));
  c.tied = hf.flag("tie_word_embeddings", architecture.tied_by_default);
  read_hf_rope(hf, architecture.default_rope_base, c);
  c.rope.interleaved = architecture.permutes_heads;
  check_config(c, hf.where());
  architecture.read_hf(hf, c);
  check_config(c, hf.where());
  return c;
}

void refuse_architecture(const std::string& model, const std::string& found) {
  fail(ErrorKind::unsupported, "{}: unknown architecture '{}'; nybble knows {}", model, found,
       known_architectures());
}

DescribedModel read_hf_text(std::string_view text, const std::string& where,
                            const std::string& model) {
  const Json json = parse_json(text, where);
  if (!json.is_object()) fail(ErrorKind::corrupt_file, "{}: expected an object", where);
  const files::HfConfig hf(json, where);
  const std::vector<std::string> classes = hf.texts("architectures");
  const std::string type = hf.text("model_type", "");
  DescribedModel described;
  for (const Architecture* architecture : all_architectures()) {
    const bool matches =
        classes.empty() ? architecture->hf_type == type : architecture->hf_class == classes.front();
    if (matches) described.architecture = architecture;
  }
  if (described.architecture == nullptr)
    refuse_architecture(model, classes.empty() ? type : classes.front());
  described.config = read_hf_config(hf, *described.architecture);
  return described;
}

OrderedJson write_hf_config(const DecoderConfig& c, const Architecture& architecture) {
  OrderedJson json = {{"architectures", OrderedJson::array({architecture.hf_class})},
                      {"model_type", architecture.hf_type},
                      {"hidden_act", "silu"},
                      {"hidden_size", c.dim},
                      {"intermediate_size", c.hidden},
                      {"num_hidden_layers", c.layers},
                      {"num_attention_heads", c.heads},
                      {"num_key_value_heads", c.kv_heads},
                      {"head_dim", c.head_dim},
                      {"vocab_size", c.vocab},
                      {"max_position_embeddings", c.context},
                      {"rms_norm_eps", as_written(c.rms_epsilon)},
                      {"tie_word_embeddings", c.tied}};
  describe_hf_rope(c, json);
  architecture.describe_hf(c, json);
  return json;
}

}  // namespace nybble::models
