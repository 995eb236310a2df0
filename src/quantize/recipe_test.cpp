// Reading of recipes, and what choose_types says beyond the types themselves.
#include "quantize/recipe.h"

#include <gtest/gtest.h>

#include "nybble/error.h"
#include "quantize/recipe_file.h"

namespace nybble::quantize {
namespace {

TensorFacts tensor(std::string name, Shape shape) {
  return {std::move(name), std::move(shape), id_of<formats::BF16>()};
}

Recipe recipe_of(std::string_view text) {
  return parse_recipe({"test", text}, tensor_table());
}

ModelFacts small_model() {
  ModelFacts model;
  model.architecture = "llama";
  model.layers = 2;
  model.heads = model.kv_heads = 4;
  return model;
}

TEST(recipe, every_compiled_in_recipe_speaks_of_known_formats) {
  ASSERT_GE(recipes().size(), 30u);
  for (const Recipe& recipe : recipes()) {
    if (!recipe.format.empty()) {
      EXPECT_TRUE(formats::find_by_name(recipe.format)) << recipe.name();
    }
    for (const RecipeRule& rule : recipe.rules) {
      EXPECT_TRUE(formats::find_by_name(rule.format)) << recipe.name() << ": " << rule.text;
    }
  }
}

TEST(recipe, names_and_file_types_are_unique) {
  for (const Recipe& recipe : recipes()) {
    for (const std::string& name : recipe.names) EXPECT_EQ(find_recipe(name), &recipe);
    for (const Recipe& other : recipes()) {
      if (&other == &recipe) continue;
      EXPECT_NE(other.file_type, recipe.file_type) << recipe.name();
    }
  }
}

TEST(recipe, is_found_by_alias_in_any_case) {
  ASSERT_NE(find_recipe("q4_k"), nullptr);
  EXPECT_EQ(find_recipe("q4_k")->name(), "Q4_K_M");
  EXPECT_EQ(find_recipe("Q4_K_M")->file_type, 15);
  EXPECT_EQ(find_recipe("Q9"), nullptr);
  EXPECT_EQ(find_recipe(""), nullptr);
}

TEST(recipe, first_rule_whose_conditions_hold_decides) {
  const Recipe recipe = recipe_of(
      "name T\nabout test\nformat Q8_0  # main\nattn_v F16 if index >= n/2 and not calibrated\n"
      "attn_v BF16\n");
  const TensorFacts tensors[] = {tensor("blk.0.attn_v.weight", {32, 32}),
                                 tensor("blk.1.attn_v.weight", {32, 32}),
                                 tensor("blk.1.attn_q.weight", {32, 32})};
  const auto choices = choose_types(recipe, small_model(), tensors);
  EXPECT_EQ(choices[0].format, id_of<formats::BF16>());
  EXPECT_EQ(choices[1].format, id_of<formats::F16>());
  EXPECT_EQ(choices[1].reason, "recipe: attn_v F16 if index >= n/2 and not calibrated");
  EXPECT_EQ(choices[2].format, id_of<formats::Q8_0>());
  EXPECT_EQ(choices[2].reason, "recipe");
}

TEST(recipe, keeps_vectors_and_routing_as_f32_and_says_why) {
  const TensorFacts tensors[] = {
      tensor("blk.0.attn_norm.weight", {32}), tensor("blk.0.ffn_gate_inp.weight", {8, 32}),
      tensor("blk.0.attn_v.weight", {1, 32}), tensor("blk.0.something", {32, 32})};
  const auto choices = choose_types(*find_recipe("Q8_0"), small_model(), tensors);
  EXPECT_EQ(choices[0].format, id_of<formats::F32>());
  EXPECT_EQ(choices[0].reason, "kept: 1-D");
  EXPECT_EQ(choices[1].format, id_of<formats::F32>());
  EXPECT_EQ(choices[1].reason, "kept: *ffn_gate_inp.weight*");
  EXPECT_EQ(choices[2].reason, "kept: 1-D");
  EXPECT_EQ(choices[3].format, id_of<formats::BF16>());
  EXPECT_EQ(choices[3].reason, "kept: not a weight");
}

TEST(recipe, copy_keeps_matrices_as_stored) {
  const TensorFacts tensors[] = {tensor("blk.0.attn_v.weight", {4, 32})};
  const auto choices = choose_types(*find_recipe("COPY"), small_model(), tensors);
  EXPECT_EQ(choices[0].format, id_of<formats::BF16>());
}

TEST(recipe, a_format_that_does_not_fit_the_rows_falls_back_and_says_so) {
  const TensorFacts tensors[] = {tensor("blk.0.attn_v.weight", {4, 40})};
  const auto choices = choose_types(*find_recipe("Q8_0"), small_model(), tensors);
  EXPECT_EQ(choices[0].format, id_of<formats::F16>());
  EXPECT_TRUE(choices[0].fallback);
  EXPECT_EQ(choices[0].reason, "fallback: rows of 40 are not divisible by 32 (Q8_0)");
}

TEST(recipe, overrides_win_also_where_the_recipe_is_unquantized) {
  const TensorFacts tensors[] = {tensor("blk.0.attn_v.weight", {4, 32}),
                                 tensor("blk.0.attn_k.weight", {4, 32})};
  Overrides overrides;
  overrides.tensor_types = {{"attn_v", "q8_0"}};
  const auto choices = choose_types(*find_recipe("F16"), small_model(), tensors, overrides);
  EXPECT_EQ(choices[0].format, id_of<formats::Q8_0>());
  EXPECT_EQ(choices[0].reason, "asked: --tensor-type attn_v");
  EXPECT_EQ(choices[1].format, id_of<formats::F16>());
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(recipe, names_what_is_wrong_with_an_override) {
  const auto with = [](Overrides overrides) {
    const TensorFacts tensors[] = {tensor("output.weight", {4, 32})};
    return message_of(
        [&] { choose_types(*find_recipe("Q8_0"), small_model(), tensors, overrides); });
  };
  Overrides overrides;
  overrides.tensor_types = {{"(", "Q8_0"}};
  EXPECT_EQ(with(overrides), "--tensor-type: \"(\" is not a regular expression");
  overrides.tensor_types.clear();
  overrides.output_tensor_type = "Q9";
  EXPECT_EQ(with(overrides),
            "--output-tensor-type names the format \"Q9\", which nybble does not know; `nybble "
            "formats` lists them");
}

TEST(recipe, a_hostile_name_is_an_error_before_a_regular_expression_sees_it) {
  const TensorFacts tensors[] = {tensor(std::string(1 << 20, 'a') + ".weight", {4, 32})};
  Overrides overrides;
  overrides.tensor_types = {{"(a|b)*c", "Q8_0"}};
  EXPECT_THROW(choose_types(*find_recipe("Q8_0"), small_model(), tensors, overrides), Error);
}

TEST(recipe, faults_in_its_text_are_named_with_their_line) {
  const auto wrong = [](std::string_view text) { return message_of([&] { recipe_of(text); }); };
  EXPECT_EQ(wrong("format Q8_0"), "test: a recipe needs the lines \"name\" and \"about\"");
  EXPECT_EQ(wrong("\nattn_w Q8_0"), "test line 2: \"attn_w\" is neither a statement nor a role");
  EXPECT_EQ(wrong("attn_v Q8_0 when large"), "test line 1: expected \"if\", found \"when\"");
  EXPECT_EQ(wrong("attn_v Q8_0 if"), "test line 1: \"attn_v Q8_0 if\" ends too early");
  EXPECT_EQ(wrong("attn_v Q8_0 if huge"), "test line 1: \"huge\" is not understood in a condition");
  EXPECT_EQ(wrong("attn_v Q8_0 if gqa > n/0"),
            "test line 1: \"n/0\" is not understood in a condition");
  EXPECT_EQ(wrong("attn_v Q8_0 if gqa > 1 or large"),
            "test line 1: \"or\" is not understood in a condition");
  EXPECT_EQ(wrong("attn_v Q8_0 if gqa >"),
            "test line 1: \"end of line\" is not understood in a condition");
  EXPECT_EQ(wrong("file_type x"), "test line 1: \"x\" is not a number");
}

TEST(recipe, globs_match_whole_names) {
  EXPECT_TRUE(glob_matches("output.weight", "output.weight"));
  EXPECT_FALSE(glob_matches("output.weight", "attn_output.weight"));
  EXPECT_TRUE(glob_matches("*attn_v.weight*", "blk.0.attn_v.weight"));
  EXPECT_TRUE(glob_matches("a*b*c", "aXbbYc"));
  EXPECT_FALSE(glob_matches("a*b*c", "ac"));
  EXPECT_FALSE(glob_matches("ab*ba", "aba"));
  EXPECT_TRUE(glob_matches("*", ""));
}

// 12 layers: the first and the last eighth (1), and every third between them.
TEST(recipe, more_bits_are_the_ends_and_every_third_layer) {
  std::string chosen;
  for (int i = 0; i < 12; ++i) {
    Place place;
    place.index = i;
    place.n = 12;
    place.every_third = (i - 1) % 3 == 2;
    const Condition more_bits{false, "more_bits", Condition::Relation::holds, "", 0, 0};
    chosen += all_hold({more_bits}, place, tensor_table().definitions) ? '1' : '0';
  }
  EXPECT_EQ(chosen, "100100100111");
}

}  // namespace
}  // namespace nybble::quantize
