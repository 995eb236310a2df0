#include "nybble/machine.h"

#include <cctype>
#include <fstream>

#include "api/hub_cache.h"
#include "api/small_decoder.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "cpu/choose_kernels.h"
#include "cpu/machine_peak.h"

namespace nybble {
namespace fs = std::filesystem;
namespace {

// As the kernel of Linux names it.
std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (!line.starts_with("model name") || colon == std::string::npos) continue;
    const std::size_t first = line.find_first_not_of(' ', colon + 1);
    return first == std::string::npos ? "" : line.substr(first);
  }
  return "";
}

// "amd-epyc-9r14-96-core-processor-avx512vnni-2"; another ISA level by NYBBLE_ISA is another
// machine.
fs::path file_of(const MachineReport& machine) {
  std::string name;
  for (const char c : machine.cpu.empty() ? "cpu" : machine.cpu) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      name += static_cast<char>(std::tolower(byte));
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  return api::url_cache_folder() / "machines" /
         fmt::format("{}-{}-{}.json", name.substr(0, 100), machine.isa, machine.threads);
}

MachineReport this_machine(const ThreadPool& pool) {
  return {.cpu = cpu_name(),
          .isa = std::string(cpu::choose_kernels().name),
          .threads = pool.size(),
          .small_reads = {},
          .kept = {}};
}

OrderedJson rates_json(std::span<const ReadRate> rates) {
  OrderedJson json = OrderedJson::array();
  for (const ReadRate& rate : rates) json.push_back({rate.bytes, rate.bytes_per_second});
  return json;
}

void keep(const MachineReport& machine) {
  std::error_code problem;
  fs::create_directories(machine.kept.parent_path(), problem);
  if (problem) {
    fail(ErrorKind::io, "{}: the cache cannot be written: {}", machine.kept.parent_path().string(),
         problem.message());
  }
  const OrderedJson json = {{"cpu", machine.cpu},
                            {"isa", machine.isa},
                            {"threads", machine.threads},
                            {"int8_macs", machine.int8_macs},
                            {"float_macs", machine.float_macs},
                            {"read_bytes", machine.read_bytes},
                            {"panel_seconds", machine.panel_seconds},
                            {"small_reads", rates_json(machine.small_reads)}};
  const std::string text = json.dump(2) + "\n";
  AtomicFile file(machine.kept, true);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

double positive_number(const Json& json, const char* key, const std::string& where) {
  const auto found = json.find(key);
  if (found != json.end() && found->is_number() && found->get<double>() > 0)
    return found->get<double>();
  fail(ErrorKind::corrupt_file,
       "{}: key '{}' is missing or no positive number; `nybble bench --machine` measures again",
       where, key);
}

std::vector<ReadRate> rates_of(const Json& json, const std::string& where) {
  std::vector<ReadRate> rates;
  const auto found = json.find("small_reads");
  const auto is_rate = [&](const Json& pair) {
    return pair.is_array() && pair.size() == 2 && pair[0].is_number() && pair[1].is_number() &&
           pair[1].get<double>() > 0 &&
           pair[0].get<double>() > (rates.empty() ? 0 : rates.back().bytes);
  };
  if (found != json.end() && found->is_array()) {
    for (const Json& pair : *found) {
      if (!is_rate(pair)) break;
      rates.push_back({pair[0].get<double>(), pair[1].get<double>()});
    }
    if (rates.size() == found->size()) return rates;
  }
  fail(ErrorKind::corrupt_file,
       "{}: key 'small_reads' is missing or no list of rising [bytes, bytes a second]; `nybble "
       "bench "
       "--machine` measures again",
       where);
}

}  // namespace

MachineReport measure_machine(int threads) {
  ThreadPool pool(threads);
  MachineReport machine = this_machine(pool);
  const cpu::MachinePeak peak = cpu::measure_peak(pool);
  machine.int8_macs = peak.int8_macs;
  machine.float_macs = peak.float_macs;
  machine.read_bytes = peak.read_bytes;
  const api::SmallDecoderSpeed small = api::measure_small_decoders(threads);
  machine.panel_seconds = small.panel_seconds;
  machine.small_reads = small.rates;
  machine.kept = file_of(machine);
  keep(machine);
  return machine;
}

std::optional<MachineReport> kept_machine(int threads) {
  MachineReport machine = this_machine(ThreadPool(threads));
  machine.kept = file_of(machine);
  std::error_code ignored;
  if (!fs::is_regular_file(machine.kept, ignored)) return std::nullopt;
  const std::string where = machine.kept.string();
  const Json json = parse_json(read_text_file(machine.kept, 1 << 16), where);
  if (!json.is_object()) fail(ErrorKind::corrupt_file, "{}: expected an object", where);
  machine.int8_macs = positive_number(json, "int8_macs", where);
  machine.float_macs = positive_number(json, "float_macs", where);
  machine.read_bytes = positive_number(json, "read_bytes", where);
  machine.panel_seconds = positive_number(json, "panel_seconds", where);
  machine.small_reads = rates_of(json, where);
  return machine;
}

}  // namespace nybble
