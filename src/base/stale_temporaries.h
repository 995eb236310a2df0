// What killed programs left beside their output.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace nybble {

// Removes the temporary files of AtomicFile in a folder whose final name `is_ours`, unless the
// process that made them still runs.
void remove_stale_temporaries(const std::filesystem::path& folder,
                              const std::function<bool(std::string_view name)>& is_ours);

}  // namespace nybble
