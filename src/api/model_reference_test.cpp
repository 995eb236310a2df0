#include "api/model_reference.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nybble::api {
namespace {

using Kind = ModelReference::Kind;
constexpr std::string_view hub = "https://huggingface.co";

HubReference hub_of(std::string_view text, std::string_view endpoint = hub) {
  const ModelReference reference = parse_reference(text, endpoint);
  EXPECT_EQ(reference.kind, Kind::hub) << text;
  return reference.hub;
}

TEST(ModelReference, names_a_repository_a_quant_and_a_revision) {
  EXPECT_EQ(hub_of("user/repo").repo, "user/repo");
  EXPECT_EQ(hub_of("user/repo").revision, "main");
  EXPECT_EQ(hub_of("user/repo:q4_k_m").quant, "q4_k_m");
  EXPECT_EQ(hub_of("user/repo@v1.0").revision, "v1.0");
  EXPECT_EQ(hub_of("user/repo:Q8_0@refs/pr/1").revision, "refs/pr/1");
  EXPECT_EQ(hub_of("user/repo@abc:Q8_0").quant, "Q8_0");
  EXPECT_EQ(hub_of("hf://user/repo/sub/model.gguf").file, "sub/model.gguf");
}

TEST(ModelReference, takes_the_forms_of_other_programs) {
  for (const std::string_view text :
       {"hf.co/user/repo:Q8_0", "hf://user/repo:Q8_0", "huggingface://user/repo:Q8_0",
        "https://huggingface.co/user/repo:Q8_0"}) {
    EXPECT_EQ(hub_of(text).repo, "user/repo") << text;
    EXPECT_EQ(hub_of(text).quant, "Q8_0") << text;
  }
  const HubReference page =
      hub_of("https://huggingface.co/user/repo/blob/main/sub/model.gguf?download=true");
  EXPECT_EQ(page.repo, "user/repo");
  EXPECT_EQ(page.file, "sub/model.gguf");
  EXPECT_EQ(hub_of("https://huggingface.co/user/repo/tree/v2").revision, "v2");
  EXPECT_EQ(hub_of("http://mirror:8080/user/repo", "http://mirror:8080").repo, "user/repo");
}

TEST(ModelReference, prefers_what_exists_here) {
  EXPECT_EQ(parse_reference("models/tale-6m", hub).kind, Kind::path);
  EXPECT_EQ(parse_reference("file://models/tale-6m", hub).path, "models/tale-6m");
  EXPECT_EQ(parse_reference("https://host/a.gguf", hub).kind, Kind::url);
}

TEST(ModelReference, asks_no_hub_for_what_looks_like_a_path) {
  for (const std::string_view text :
       {"models/nothing.gguf", "./a/b", "/a/b", "a/b/c", "../x:Q8_0/y"}) {
    try {
      parse_reference(text, hub);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io) << text;
    }
  }
}

TEST(ModelReference, refuses_what_would_leave_the_cache) {
  for (const std::string_view text :
       {"user/..", "../x:Q8_0/y", "user/repo/../../x", "hf://user", "user/repo:../x",
        "user/repo@../../x", "user//repo", "hf://-x/y", "ftp://host/x", "", "word"}) {
    EXPECT_THROW(parse_reference(text, hub), Error) << text;
  }
}

}  // namespace
}  // namespace nybble::api
