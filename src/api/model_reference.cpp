#include "api/model_reference.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"

namespace nybble::api {
namespace {

constexpr std::string_view allowed_letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

[[noreturn]] void refuse(std::string_view text) {
  fail(ErrorKind::invalid_input,
       "'{}' is neither a file or folder here nor a reference such as user/repo, user/repo:Q4_K_M, "
       "user/repo@revision, "
       "hf.co/user/repo or https://host/model.gguf",
       text);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Parts become folders of the cache: nothing that could leave it.
bool is_name(std::string_view part) {
  return !part.empty() && part.size() <= 96 &&
         part.find_first_not_of(allowed_letters) == std::string_view::npos && part.front() != '.' &&
         part.front() != '-' && part.find("..") == std::string_view::npos;
}

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? std::optional(text.substr(prefix.size())) : std::nullopt;
}

std::string join(const std::vector<std::string>& parts, std::size_t begin) {
  std::string text;
  for (std::size_t i = begin; i < parts.size(); ++i) text += (i > begin ? "/" : "") + parts[i];
  return text;
}

// user/repo[/file][:QUANT][@revision], the last two in any order.
std::optional<HubReference> parse_hub(std::string_view text) {
  HubReference reference;
  for (int i = 0; i < 2; ++i) {
    const std::size_t mark = text.find_last_of(":@");
    if (mark == std::string_view::npos) break;
    std::string& part = text[mark] == ':' ? reference.quant : reference.revision;
    part = text.substr(mark + 1);
    // A revision may be a branch such as refs/pr/1.
    for (const std::string& piece : split(part, '/')) {
      if (!is_name(piece)) return std::nullopt;
    }
    text = text.substr(0, mark);
  }
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() < 2) return std::nullopt;
  for (const std::string& part : parts) {
    if (!is_name(part)) return std::nullopt;
  }
  reference.repo = parts[0] + "/" + parts[1];
  reference.file = join(parts, 2);
  return reference;
}

// https://hub/user/repo, .../tree/REVISION, .../blob/REVISION/FILE, .../resolve/REVISION/FILE
std::optional<HubReference> parse_hub_page(std::string_view page) {
  page = page.substr(0, page.find_first_of("?#"));
  if (page.ends_with('/')) page.remove_suffix(1);
  const std::vector<std::string> parts = split(page, '/');
  const bool has_revision =
      parts.size() >= 4 && (parts[2] == "tree" || parts[2] == "blob" || parts[2] == "resolve");
  if (!has_revision) return parse_hub(page);
  std::optional<HubReference> reference = parse_hub(parts[0] + "/" + parts[1]);
  if (!reference || !is_name(parts[3])) return std::nullopt;
  for (std::size_t i = 4; i < parts.size(); ++i) {
    if (!is_name(parts[i])) return std::nullopt;
  }
  reference->revision = parts[3];
  reference->file = join(parts, 4);
  return reference;
}

ModelReference on_hub(std::optional<HubReference> reference, std::string_view text) {
  if (!reference) refuse(text);
  return {.kind = ModelReference::Kind::hub, .path = {}, .hub = std::move(*reference), .url = {}};
}

}  // namespace

ModelReference parse_reference(std::string_view text, std::string_view endpoint) {
  ModelReference path{
      .kind = ModelReference::Kind::path, .path = std::string(text), .hub = {}, .url = {}};
  if (const auto rest = after(text, "file://")) {
    path.path = *rest;
    return path;
  }
  for (const std::string_view scheme : {"hf://", "huggingface://", "hf.co/", "huggingface.co/"}) {
    if (const auto rest = after(text, scheme)) return on_hub(parse_hub(*rest), text);
  }
  for (const std::string_view site :
       {endpoint, std::string_view("https://huggingface.co"), std::string_view("https://hf.co")}) {
    const auto rest = after(text, site);
    if (rest && rest->starts_with('/')) return on_hub(parse_hub_page(rest->substr(1)), text);
  }
  if (text.starts_with("https://") || text.starts_with("http://")) {
    return {.kind = ModelReference::Kind::url, .path = {}, .hub = {}, .url = std::string(text)};
  }
  if (text.find("://") != std::string_view::npos) refuse(text);

  std::error_code ignored;
  if (!text.empty() && std::filesystem::exists(std::filesystem::path(text), ignored)) return path;
  // More than user/repo, or the ending of a file: meant as a path. The hub is not asked by mistake.
  // Slashes of a revision (@refs/pr/1) do not count.
  const std::string_view name = text.substr(0, text.find_first_of("@:"));
  const bool is_path = text.starts_with('/') || text.starts_with('.') || text.starts_with('~') ||
                       text.ends_with(".gguf") || std::ranges::count(name, '/') > 1;
  if (is_path) {
    fail(ErrorKind::io,
         "{}: no such file or folder (a file of a repository is written hf://user/repo/file)",
         text);
  }
  return on_hub(parse_hub(text), text);
}

}  // namespace nybble::api
