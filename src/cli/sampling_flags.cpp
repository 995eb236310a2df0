#include "cli/sampling_flags.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <random>

#include "nybble/error.h"

namespace nybble::cli {
namespace {

constexpr const char* group = "Sampling";

template <class T>
CLI::Option* add_number(CLI::App& verb, const char* names, T& value, const char* about) {
  return verb.add_option(names, value, about)->type_name("N")->capture_default_str()->group(group);
}

// "15043+1.5", "29905-inf": a token id, a sign, a number.
std::pair<std::int32_t, float> parse_bias(const std::string& text) {
  const std::size_t sign = text.find_first_of("+-");
  const char* end = text.data() + text.size();
  std::int32_t id = 0;
  const auto id_end = std::from_chars(text.data(), end, id);
  float bias = 0;
  bool good = sign != std::string::npos && id_end.ec == std::errc() &&
              id_end.ptr == text.data() + sign && id >= 0;
  if (good && text.substr(sign + 1) == "inf") {
    bias = std::numeric_limits<float>::infinity();
  } else if (good) {
    const auto bias_end = std::from_chars(text.data() + sign + 1, end, bias);
    good = bias_end.ec == std::errc() && bias_end.ptr == end;
  }
  if (!good) {
    throw Error(
        ErrorKind::invalid_input,
        fmt::format(
            "--logit-bias: expected ID+BIAS or ID-BIAS such as 15043+1 or 29905-inf, found \"{}\"",
            text));
  }
  return {id, text[sign] == '-' ? -bias : bias};
}

}  // namespace

void add_sampling_flags(CLI::App& verb, SamplingFlags& flags) {
  GenerateOptions& generate = flags.generate;
  SamplingOptions& sampling = generate.sampling;
  verb.add_option("-n,--predict,--n-predict", generate.max_tokens,
                  "Tokens of the answer at most; -1: no limit")
      ->type_name("N")
      ->capture_default_str()
      ->envname("LLAMA_ARG_N_PREDICT");
  verb.add_option("-r,--reverse-prompt,--stop", generate.stop,
                  "The answer ends before this text (repeatable)")
      ->type_name("TEXT")
      ->expected(1)
      ->take_all();
  verb.add_flag("--ignore-eos", generate.ignore_eos, "Go on after the end of the answer");
  add_number(verb, "--temp,--temperature", sampling.temperature,
             "Temperature; 0: always the likeliest token")
      ->envname("LLAMA_ARG_TEMPERATURE");
  add_number(verb, "--top-k", sampling.top_k, "Only the k likeliest tokens; 0: all")
      ->envname("LLAMA_ARG_TOP_K");
  add_number(verb, "--top-p", sampling.top_p,
             "The likeliest tokens that reach this probability; 1: all")
      ->envname("LLAMA_ARG_TOP_P");
  add_number(verb, "--min-p", sampling.min_p,
             "Tokens at least this likely beside the likeliest; 0: all")
      ->envname("LLAMA_ARG_MIN_P");
  add_number(verb, "--typical,--typical-p", sampling.typical_p, "Locally typical sampling; 1: off");
  add_number(verb, "--repeat-last-n", sampling.repeat_last_n,
             "Tokens that the penalties look at; 0: off, -1: all");
  add_number(verb, "--repeat-penalty", sampling.repeat_penalty, "Penalty of repetition; 1: off")
      ->envname("LLAMA_ARG_REPEAT_PENALTY");
  add_number(verb, "--presence-penalty", sampling.presence_penalty,
             "Penalty of a token that occurred; 0: off")
      ->envname("LLAMA_ARG_PRESENCE_PENALTY");
  add_number(verb, "--frequency-penalty", sampling.frequency_penalty,
             "Penalty by how often it occurred; 0: off")
      ->envname("LLAMA_ARG_FREQUENCY_PENALTY");
  add_number(verb, "--mirostat", sampling.mirostat,
             "2: mirostat 2.0 instead of top-k, top-p, typical; 0: off");
  add_number(verb, "--mirostat-ent", sampling.mirostat_tau, "Mirostat: entropy aimed at");
  add_number(verb, "--mirostat-lr", sampling.mirostat_eta, "Mirostat: learning rate");
  verb.add_option("-l,--logit-bias", flags.logit_bias,
                  "ID+BIAS or ID-BIAS, e.g. 15043+1 (repeatable)")
      ->type_name("BIAS")
      ->expected(1)
      ->take_all()
      ->group(group);
  add_number(verb, "-s,--seed", flags.seed, "Seed; -1: another one each time");
}

GenerateOptions generate_options(const SamplingFlags& flags) {
  GenerateOptions options = flags.generate;
  for (const std::string& bias : flags.logit_bias)
    options.sampling.logit_bias.push_back(parse_bias(bias));
  options.sampling.seed = flags.seed >= 0 ? static_cast<std::uint64_t>(flags.seed)
                                          : std::uint64_t{std::random_device{}()};
  return options;
}

}  // namespace nybble::cli
