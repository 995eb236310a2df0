#include "api/device_list.h"

#include <gtest/gtest.h>

#include "base/error_check.h"

namespace nybble::api {

TEST(device_list, finds_names_without_maker_spaces_and_case) {
  EXPECT_EQ(device_named("rtx 4090").name, "NVIDIA RTX 4090");
  EXPECT_EQ(device_named("4090").name, "NVIDIA RTX 4090");
  EXPECT_EQ(device_named("RTX-3090").name, "NVIDIA RTX 3090");
  EXPECT_EQ(device_named("h100").name, "NVIDIA H100 SXM");
  EXPECT_EQ(device_named("m2").name, "Apple M2");
  EXPECT_EQ(device_named("m2-max").name, "Apple M2 Max");
}

TEST(device_list, says_what_it_knows_of_when_it_knows_nothing) {
  for (const char* name : {"voodoo 2", "", "x"}) {
    expect_error([&] { device_named(name); }, ErrorKind::invalid_input,
                 testing::HasSubstr("NVIDIA RTX 4090"));
  }
}

TEST(device_list, takes_the_slowest_card_for_desktops_with_so_much_memory) {
  EXPECT_EQ(device_with(std::uint64_t{24} << 30).name, "NVIDIA RTX 3090");
  EXPECT_EQ(device_with(24'000'000'000).name, "NVIDIA RTX 3090");
  EXPECT_EQ(device_with(80'000'000'000).name, "NVIDIA H100 PCIe");
  EXPECT_EQ(device_with(1'000'000'000'000).name, "AMD MI300X");  // the largest there is
}

TEST(device_list, has_no_name_twice) {
  for (const Device& device : devices()) EXPECT_EQ(&device_named(device.name), &device);
}

}  // namespace nybble::api
