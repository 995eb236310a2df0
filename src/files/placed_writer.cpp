#include "files/placed_writer.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace nybble::files {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

PlacedWriter::PlacedWriter(Placement placement, bool replace)
    : tensors_(std::move(placement.tensors)), replace_(replace) {
  for (const PlacedFile& plan : placement.files) {
    AtomicFile& file = files_.emplace_back(plan.path, replace);
    file.reserve(plan.size);
    file.write(as_bytes(plan.header));
    header_bytes_.push_back(plan.header.size());
    // The last byte makes the file as long as planned; gaps between tensors read as zeros.
    if (plan.size > file.size()) file.write_at(plan.size - 1, as_bytes(std::string_view("\0", 1)));
  }
  skip_complete();
}

// Tensors without elements take no bytes.
void PlacedWriter::skip_complete() {
  while (next_tensor_ < tensors_.size() && done_in_tensor_ == tensors_[next_tensor_].size) {
    ++next_tensor_;
    done_in_tensor_ = 0;
  }
}

void PlacedWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (next_tensor_ == tensors_.size()) {
      fail(ErrorKind::invalid_input, "{}: {} bytes were given after the last of {} planned tensors",
           files_.front().path().string(), bytes.size(), tensors_.size());
    }
    const PlacedTensor& tensor = tensors_[next_tensor_];
    const std::uint64_t missing = tensor.size - done_in_tensor_;
    const auto piece =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(missing, bytes.size())));
    files_[tensor.file].write_at(tensor.offset + done_in_tensor_, piece);
    done_in_tensor_ += piece.size();
    bytes = bytes.subspan(piece.size());
    skip_complete();
  }
}

void PlacedWriter::replace_headers(const Placement& placement) {
  for (std::size_t i = 0; i < placement.files.size(); ++i) {
    const std::string& header = placement.files[i].header;
    if (header.size() != header_bytes_[i]) {
      fail(ErrorKind::invalid_input, "{}: the header would change from {} to {} bytes",
           files_[i].path().string(), header_bytes_[i], header.size());
    }
    files_[i].write_at(0, as_bytes(header));
  }
}

void PlacedWriter::add_file(const std::filesystem::path& path, std::string_view text) {
  files_.emplace_back(path, replace_).write(as_bytes(text));
}

void PlacedWriter::finish() {
  if (next_tensor_ < tensors_.size()) {
    const PlacedTensor& tensor = tensors_[next_tensor_];
    fail(ErrorKind::invalid_input,
         "{}: tensor '{}' got {} of {} bytes before the file was finished",
         files_[tensor.file].path().string(), tensor.name, done_in_tensor_, tensor.size);
  }
  std::vector<AtomicFile*> all;
  for (AtomicFile& file : files_) all.push_back(&file);
  commit_together(all);
}

}  // namespace nybble::files
