// How texts of many kinds begin: a model that goes on from these writes what a sample of single
// first tokens rarely gives, such as letters, scenes, recipes, laws and code.
#pragma once

#include <array>
#include <string_view>

namespace nybble::calibrate {

inline constexpr std::array<std::string_view, 48> openings = {
    "Chapter 1\n",
    "It was late in the evening when",
    "\"You cannot mean that,\" she said",
    "My dear sister, your letter came",
    "Once upon a time",
    "He looked at her and",
    "The old woman walked slowly",
    "In the year 1843, the family",
    "Dear Sir or Madam,",
    "I have often thought that",
    "The captain told his men",
    "\"Where are we going?\" he asked",
    "She had never been so",
    "When I was a boy, my father",
    "The king and his youngest son",
    "Somebody knocked at the door",
    "ACT I. SCENE I.",
    "The wind and the sea,\nThe",
    "Breaking news: officials said",
    "Ingredients:\n2 cups of",
    "How to install",
    "The theory of",
    "In this paper, we",
    "Question: What is",
    "def main(",
    "#include <",
    "<html>\n<head>",
    "The patient was admitted with",
    "According to the law,",
    "The company reported",
    "I bought this two weeks ago and",
    "Hi everyone, I am new here and",
    "The history of the church",
    "And the Lord said unto",
    "Abstract. We study",
    "The match was played",
    "The city of",
    "He was born in",
    "Le premier",
    "Der Mann",
    "El gobierno",
    "User: Hello!\nAssistant:",
    "Theorem. Let x be",
    "The best way to lose",
    "A guide to the island of",
    "In the garden, the flowers",
    "Mr. and Mrs. Brown",
    "The detective examined",
};

}  // namespace nybble::calibrate
