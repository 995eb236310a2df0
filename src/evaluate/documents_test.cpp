#include "evaluate/documents.h"

#include <gtest/gtest.h>

#include "files/checkpoint.h"

namespace nybble::evaluate {

TEST(documents, begin_after_end_marks) {
  EXPECT_EQ(find_documents("ab<|endoftext|>cd<|endoftext|>"), (std::vector<std::size_t>{0, 15}));
}

TEST(documents, begin_at_titles_of_articles) {
  const std::string text = " \n = One = \n\n = = Part = = \n text = 3 = x\n = Two = \n more\n";
  EXPECT_EQ(find_documents(text), (std::vector<std::size_t>{0, 2, text.find(" = Two")}));
}

TEST(documents, are_one_without_marks) {
  EXPECT_EQ(find_documents("just\ntext\n").size(), 1u);
  EXPECT_EQ(find_documents("").size(), 1u);
}

TEST(documents, of_tokens_follow_the_bytes_of_the_pieces) {
  const text::Tokenizer tokenizer = text::load_tokenizer(files::open_checkpoint("models/tale-6m"));
  const std::string text = "Once upon a time.<|endoftext|>Tom had a red ball.<|endoftext|>The end.";
  const auto tokens = tokenizer.encode(text, {.add_special = false, .parse_special = true});
  const auto documents = documents_of_tokens(text, find_documents(text), tokenizer, tokens);
  std::string by_document[3];
  for (std::size_t i = 0; i < tokens.size(); ++i)
    by_document[documents[i]] += tokenizer.piece(tokens[i]);
  EXPECT_EQ(by_document[0], "Once upon a time.<|endoftext|>");
  EXPECT_EQ(by_document[1], "Tom had a red ball.<|endoftext|>");
  EXPECT_EQ(by_document[2], "The end.");
}

TEST(units, are_documents_when_there_are_enough) {
  std::vector<TokenScore> scores(100);
  std::vector<std::uint32_t> documents(100);
  for (std::size_t i = 0; i < 100; ++i) {
    scores[i].token = i;
    documents[i] = static_cast<std::uint32_t>(i / 4);
  }
  const Units many = choose_units(scores, documents, 10);
  EXPECT_EQ(many.name, "documents");
  EXPECT_EQ(many.count, 25u);
  EXPECT_EQ(many.of_score[99], 24u);

  const Units few = choose_units(scores, std::vector<std::uint32_t>(100, 0), 30);
  EXPECT_EQ(few.name, "windows");
  EXPECT_EQ(few.count, 3u);
  EXPECT_EQ(few.of_score[99], 2u);  // the rest of 10 counts with the third
}

}  // namespace nybble::evaluate
