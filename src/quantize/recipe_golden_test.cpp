// Our choice of types against llama-quantize's, recorded by tests/golden/recipes/make.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "quantize/recipe.h"

namespace nybble::quantize {
namespace {

struct GoldenChoice {
  std::string recipe, codes;
  bool calibrated = false;
  Overrides overrides;
};

struct GoldenModel {
  ModelFacts facts;
  std::map<char, std::string> types;
  std::vector<TensorFacts> tensors;
  std::vector<GoldenChoice> choices;
};

GoldenChoice read_choice(std::istringstream& line) {
  GoldenChoice choice;
  line >> choice.recipe >> choice.codes;
  for (std::string option, value; line >> option;) {
    if (option == "--imatrix") {
      choice.calibrated = true;
    } else if (option == "--pure") {
      choice.overrides.pure = true;
    } else {
      line >> value;
      const std::size_t equal = value.find('=');
      if (option == "--output-tensor-type") choice.overrides.output_tensor_type = value;
      if (option == "--token-embedding-type") choice.overrides.token_embedding_type = value;
      if (option == "--tensor-type") {
        choice.overrides.tensor_types.emplace_back(value.substr(0, equal), value.substr(equal + 1));
      }
    }
  }
  return choice;
}

TensorFacts read_tensor(std::istringstream& line) {
  TensorFacts tensor;
  std::string stored;
  line >> tensor.name >> stored;
  tensor.stored = formats::find_by_name(stored).value();
  std::vector<std::int64_t> dims;
  for (std::int64_t dim; line >> dim;) dims.push_back(dim);
  tensor.shape = Shape(dims);
  return tensor;
}

GoldenModel read_model(const std::filesystem::path& path) {
  GoldenModel model;
  std::map<std::string, int> numbers;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    std::istringstream line(text);
    std::string word;
    line >> word;
    if (word == "architecture") {
      line >> model.facts.architecture;
    } else if (word == "type") {
      char code = 0;
      std::string name;
      line >> code >> name;
      model.types[code] = name;
    } else if (word == "tensor") {
      model.tensors.push_back(read_tensor(line));
    } else if (word == "recipe") {
      model.choices.push_back(read_choice(line));
    } else if (word != "#") {
      line >> numbers[word];
    }
  }
  model.facts.layers = numbers["layers"];
  model.facts.heads = numbers["heads"];
  model.facts.kv_heads = numbers["kv_heads"];
  model.facts.experts = numbers["experts"];
  model.facts.tied = numbers["tied"] == 1;
  return model;
}

class RecipeGolden : public testing::TestWithParam<std::string> {};

TEST_P(RecipeGolden, chooses_what_llama_quantize_chooses) {
  GoldenModel model = read_model("tests/golden/recipes/" + GetParam());
  ASSERT_GE(model.choices.size(), 30u);
  for (const GoldenChoice& golden : model.choices) {
    const Recipe* recipe = find_recipe(golden.recipe);
    ASSERT_NE(recipe, nullptr) << golden.recipe;
    model.facts.calibrated = golden.calibrated;
    const auto choices = choose_types(*recipe, model.facts, model.tensors, golden.overrides);
    ASSERT_EQ(choices.size(), golden.codes.size());
    for (std::size_t i = 0; i < choices.size(); ++i) {
      EXPECT_EQ(formats::info(choices[i].format).name, model.types.at(golden.codes[i]))
          << golden.recipe << " " << model.tensors[i].name << ": " << choices[i].reason;
    }
  }
}

TEST_P(RecipeGolden, does_not_depend_on_the_order_of_tensors) {
  GoldenModel model = read_model("tests/golden/recipes/" + GetParam());
  const Recipe& recipe = *find_recipe("Q4_K_M");
  const auto choices = choose_types(recipe, model.facts, model.tensors);
  std::reverse(model.tensors.begin(), model.tensors.end());
  const auto reversed = choose_types(recipe, model.facts, model.tensors);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    EXPECT_EQ(choices[i].reason, reversed[choices.size() - 1 - i].reason);
  }
}

std::vector<std::string> golden_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("tests/golden/recipes")) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(models, RecipeGolden, testing::ValuesIn(golden_files()),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return !std::isalnum(c); },
                               '_');
                           return name;
                         });

}  // namespace
}  // namespace nybble::quantize
