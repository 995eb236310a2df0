// Writing files that appear whole or not at all: temporary name beside the final one, fsync,
// rename.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace nybble {

// The temporary file is ".<name>.partial-<process id>" in the same folder; the destructor removes
// it unless it was committed.
class AtomicFile {
 public:
  // Throws Error(io) when the folder cannot be written, Error(invalid_input) when the path exists
  // and !replace, or is something else than a file.
  AtomicFile(std::filesystem::path path, bool replace);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // Sets room for a file of this size aside, so that a full disk is found before the work and not
  // after it. Throws Error(io) "model.gguf: needs 4.10 GB, the disk has 1.20 GB free".
  void reserve(std::uint64_t bytes);
  // Throws Error(io), e.g. "model.gguf: the disk is full after 1.20 GB".
  void write(std::span<const std::byte> bytes);
  // Writes at a place of its own; what lies between the end and a later place is to be filled in
  // later.
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  // One past the last byte written.
  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }
  // Brings the bytes to the disk and closes; nothing can be written afterwards. commit() does it
  // when it was not done.
  void close();
  // Afterwards the file stands under its name.
  void commit();

 private:
  friend void commit_together(std::span<AtomicFile* const> files);
  void put_in_place();
  void take_back() noexcept;
  void forget_old() noexcept;
  [[noreturn]] void fail_write(int reason) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
  bool replace_ = false;
  bool exchanged_ = false;  // the temporary name now holds the file that stood there before
  bool placed_ = false;
  std::uint64_t size_ = 0;
};

// Commits all or none: when one cannot be put in place, those before it are taken back and the
// error is thrown.
void commit_together(std::span<AtomicFile* const> files);

// Throws Error(invalid_input) when the file exists: before work whose result it could not take.
void refuse_existing(const std::filesystem::path& path);

// Throws Error(invalid_input) when both names lead to one existing file: reading it while replacing
// it would lose it.
void refuse_same_file(const std::filesystem::path& input, const std::filesystem::path& output);

}  // namespace nybble
