// Calibration and the methods that need it, on the model of the repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "calibrate/statistics_file.h"
#include "nybble/calibrate.h"
#include "nybble/evaluate.h"
#include "nybble/quantize.h"

namespace nybble::walk {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path tale = "models/tale-6m", stories = "models/tale-6m-eval.txt";

CalibrateRequest calibration(const std::filesystem::path& output, int windows) {
  CalibrateRequest request;
  request.model = tale;
  request.output = output;
  request.settings.context = 64;
  request.settings.max_windows = windows;
  request.settings.written_windows = 0;  // sanitizers make writing slow
  return request;
}

CalibrateReport calibrate_tale(const std::filesystem::path& output, bool moments = true) {
  CalibrateRequest request = calibration(output, 12);
  request.settings.seed = 7;
  request.settings.written_windows = std::nullopt;
  request.moments = moments;
  return calibrate_model(request);
}

QuantizeReport quantize_tale(const std::filesystem::path& output, const std::string& type,
                             const std::string& method, const std::filesystem::path& statistics,
                             int threads = 2) {
  QuantizeRequest request;
  request.input = tale;
  request.output = output;
  request.type = type;
  request.method = method;
  if (!statistics.empty()) request.calibration = {statistics};
  request.threads = threads;
  return quantize_model(request);
}

double divergence(const std::filesystem::path& model) {
  EvaluateRequest request;
  request.model = model;
  request.reference = tale;
  request.settings.text = stories;
  request.settings.context = 64;
  request.settings.chunks = 12;
  return evaluate_model(request).result.divergence->mean.value;
}

}  // namespace

TEST(calibrate_walk, covers_every_input_of_linears) {
  const TemporaryFolder folder;

  const CalibrateReport report = calibrate_tale(folder / "s.gguf");

  EXPECT_EQ(report.windows, 12 + 8);  // two written by the model for three of the text
  EXPECT_EQ(report.tokens, 20 * 64);
  ASSERT_EQ(report.inputs.size(), 6u * 4 + 1);
  for (const InputCoverage& input : report.inputs) {
    EXPECT_EQ(input.tokens, report.tokens);
    EXPECT_EQ(input.dead, 0) << input.weights.front();
  }
  EXPECT_EQ(report.file_bytes, std::filesystem::file_size(folder / "s.gguf"));
}

TEST(calibrate_walk, each_method_loses_less_than_the_one_before) {
  const TemporaryFolder folder;
  // The other stories than those that measure.
  const std::string text = content_of(stories);
  CalibrateRequest request = calibration(folder / "s.gguf", 0);
  request.settings.texts = {folder.make("others.txt", text.substr(text.size() / 2))};
  calibrate_model(request);
  std::map<std::string, double> lost;
  const auto quantize = [&](const std::string& method) {
    const auto path = folder / (method + ".gguf");
    const QuantizeReport report = quantize_tale(path, "Q3_K_S", method, folder / "s.gguf");
    lost[method] = divergence(path);
    return report;
  };
  double before = 1e9;
  for (const std::string method : {"rtn", "kquant", "imatrix", "gptq"}) {
    quantize(method);
    EXPECT_LT(lost[method], before) << method;
    before = lost[method];
  }
  const QuantizeReport best = quantize("best");
  EXPECT_LT(lost["best"], before * 1.05);
  EXPECT_EQ(best.method, "best");
  EXPECT_EQ(best.notes.size(), 6u * 7 + 1);
  // Folding may lose a little on other text than it was chosen by.
  for (const auto& [method, base] : {std::pair{"awq", "imatrix"}, {"awq+gptq", "gptq"}}) {
    quantize(method);
    EXPECT_LT(lost[method], 1.05 * lost[base]) << method;
  }
}

TEST(calibrate_walk, gives_the_same_bytes_for_any_number_of_threads) {
  const TemporaryFolder folder;
  calibrate_tale(folder / "s.gguf");
  std::string first;
  for (const int threads : {1, 2, 4}) {
    const auto path = folder / fmt::format("{}.gguf", threads);
    quantize_tale(path, "Q2_K", "best", folder / "s.gguf", threads);
    const std::string bytes = content_of(path);
    if (first.empty()) first = bytes;
    EXPECT_TRUE(bytes == first) << threads << " threads";
  }
}

TEST(calibrate_walk, statistics_do_not_depend_on_the_threads) {
  const TemporaryFolder folder;
  for (const int threads : {1, 4}) {
    CalibrateRequest request = calibration(folder / fmt::format("{}.gguf", threads), 6);
    request.settings.threads = threads;
    request.settings.written_windows = 2;
    request.settings.fisher = true;
    calibrate_model(request);
  }
  EXPECT_TRUE(content_of(folder / "1.gguf") == content_of(folder / "4.gguf"));
}

TEST(calibrate_walk, fisher_information_weights_tokens_and_keeps_the_traces) {
  const TemporaryFolder folder;
  CalibrateRequest request = calibration(folder / "plain.gguf", 6);
  calibrate_model(request);
  request.output = folder / "fisher.gguf";
  request.settings.fisher = true;
  calibrate_model(request);

  const auto plain = calibrate::read_statistics(folder / "plain.gguf"),
             fisher = calibrate::read_statistics(folder / "fisher.gguf");
  ASSERT_EQ(plain.inputs.size(), fisher.inputs.size());
  for (std::size_t i = 0; i < plain.inputs.size(); ++i) {
    const calibrate::InputStatistics &a = plain.inputs[i], &b = fisher.inputs[i];
    const bool is_head = a.weights[0].starts_with("token_embd");  // which has no loss of its own
    for (std::size_t h = 0; h < 2; ++h) {
      const auto sum = [](const std::vector<float>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0);
      };
      const double before = sum(a.halves[h].square_sums), after = sum(b.halves[h].square_sums);
      EXPECT_NEAR(after, before, 1e-5 * before) << a.weights[0];
      EXPECT_EQ(a.halves[h].second_moment == b.halves[h].second_moment, is_head) << a.weights[0];
    }
    EXPECT_EQ(a.absmax, b.absmax);
  }
}

TEST(calibrate_walk, takes_texts_as_well_as_statistics) {
  const TemporaryFolder folder;
  CalibrateRequest of_stories = calibration(folder / "s.gguf", 0);
  of_stories.settings.texts = {stories};
  of_stories.settings.seed = 3;
  calibrate_model(of_stories);
  quantize_tale(folder / "from_statistics.gguf", "Q4_0", "imatrix", folder / "s.gguf");
  QuantizeRequest request;
  request.input = tale;
  request.output = folder / "from_text.gguf";
  request.type = "Q4_0";
  request.method = "imatrix";
  request.calibration = {stories};
  request.calibration_context = 64;
  request.seed = 3;
  quantize_model(request);

  EXPECT_TRUE(content_of(folder / "from_statistics.gguf") == content_of(folder / "from_text.gguf"));
}

TEST(calibrate_walk, takes_an_importance_matrix_of_llama_cpp) {
  const TemporaryFolder folder;
  quantize_tale(folder / "new.gguf", "Q3_K_S", "imatrix", "tests/golden/imatrix/tale.gguf");
  quantize_tale(folder / "old.gguf", "Q3_K_S", "imatrix", "tests/golden/imatrix/tale.dat");
  quantize_tale(folder / "none.gguf", "Q3_K_S", "kquant", "");

  EXPECT_LT(divergence(folder / "new.gguf"), divergence(folder / "none.gguf"));
  EXPECT_LT(divergence(folder / "old.gguf"), divergence(folder / "none.gguf"));
}

TEST(calibrate_walk, names_what_is_missing) {
  const TemporaryFolder folder;
  calibrate_tale(folder / "diagonal.gguf", false);
  expect_error([&] { quantize_tale(folder / "o.gguf", "Q4_0", "best", folder / "diagonal.gguf"); },
               ErrorKind::invalid_input,
               HasSubstr("holds no second moments, which the method best"));
  const auto of_none =
      folder.make("none.dat", std::string("\1\0\0\0\1\0\0\0x\1\0\0\0\0\0\0\0", 17));
  expect_error([&] { quantize_tale(folder / "o.gguf", "Q4_0", "imatrix", of_none); },
               ErrorKind::invalid_input, HasSubstr("knows none of the model's tensors"));
  CalibrateRequest of_little = calibration(folder / "s.gguf", 0);
  of_little.settings.texts = {folder.make("short.txt", "Once upon a time.\n")};
  expect_error([&] { calibrate_model(of_little); }, ErrorKind::invalid_input,
               HasSubstr("expected at least one in each half"));
  expect_error([&] { quantize_tale(folder / "o.gguf", "Q4_0", "magic", ""); },
               ErrorKind::invalid_input, HasSubstr("'magic' is no method of quantization"));
}

TEST(calibrate_walk, renders_chats_with_the_template_of_the_model) {
  const TemporaryFolder folder;
  std::string chats, rendered;
  for (int i = 0; i < 40; ++i) {
    chats += R"({"messages": [{"role": "user", "content": "A fox?"}]})"
             "\n";
    rendered += "user: A fox?<|endoftext|>";
  }
  CalibrateRequest request = calibration(folder / "text.gguf", 0);
  request.settings.texts = {folder.make("a.txt", rendered)};
  calibrate_model(request);

  request.output = folder / "chat.gguf";
  request.settings.texts = {folder.make("a.jsonl", chats)};
  expect_error([&] { calibrate_model(request); }, ErrorKind::invalid_input,
               HasSubstr("no chat template"));
  std::filesystem::copy(tale, folder / "model");
  folder.make("model/chat_template.jinja",
              "{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}");
  request.model = folder / "model";
  calibrate_model(request);

  // All but the name of the text is the same.
  const std::string of_text = content_of(folder / "text.gguf"),
                    of_chats = content_of(folder / "chat.gguf");
  EXPECT_EQ(of_text.substr(of_text.size() - 100000), of_chats.substr(of_chats.size() - 100000));
  request.output = folder / "bad.gguf";
  request.settings.texts = {folder.make("bad.jsonl", "\n{\"messages\": 3}\n")};
  expect_error([&] { calibrate_model(request); }, ErrorKind::invalid_input,
               HasSubstr("bad.jsonl:2"));
}

}  // namespace nybble::walk
