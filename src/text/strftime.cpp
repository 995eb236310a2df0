// Times as text: the directives of C's strftime in the C locale, with glibc's flags.
#include "text/strftime.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>

namespace nybble::text {
namespace {

constexpr std::array<std::string_view, 7> days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

struct Time {
  std::int64_t year = 0;
  int month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int weekday = 0;   // from Sunday
  int year_day = 0;  // from 0
  std::int64_t epoch = 0;
};

Time split_time(std::int64_t now) {
  using namespace std::chrono;
  const sys_seconds time{seconds(now)};
  const sys_days day = floor<std::chrono::days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  Time t;
  t.year = static_cast<int>(date.year());
  t.month = static_cast<int>(static_cast<unsigned>(date.month()));
  t.day = static_cast<int>(static_cast<unsigned>(date.day()));
  t.hour = static_cast<int>(clock.hours().count());
  t.minute = static_cast<int>(clock.minutes().count());
  t.second = static_cast<int>(clock.seconds().count());
  t.weekday = static_cast<int>(weekday(day).c_encoding());
  t.year_day = static_cast<int>((day - sys_days(date.year() / January / 1)).count());
  t.epoch = now;
  return t;
}

// Year and number of the week that starts on Monday and holds the Thursday of the day's week (ISO
// 8601).
std::pair<std::int64_t, int> iso_week(const Time& t) {
  const int from_monday = (t.weekday + 6) % 7;
  const auto is_leap = [](std::int64_t y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  std::int64_t year = t.year;
  int thursday = t.year_day - from_monday + 3;
  if (thursday < 0) {
    --year;
    thursday += is_leap(year) ? 366 : 365;
  } else if (thursday >= (is_leap(year) ? 366 : 365)) {
    thursday -= is_leap(year) ? 366 : 365;
    ++year;
  }
  return {year, thursday / 7 + 1};
}

// A number with its usual width and padding, which a flag may change.
struct Number {
  std::int64_t value;
  int width;
  char padding = '0';
};

std::optional<Number> number_of(char directive, const Time& t) {
  const int hour12 = t.hour % 12 == 0 ? 12 : t.hour % 12;
  switch (directive) {
    case 'C':
      return Number{t.year / 100, 2};
    case 'd':
      return Number{t.day, 2};
    case 'e':
      return Number{t.day, 2, ' '};
    case 'f':
      return Number{0, 6};
    case 'G':
      return Number{iso_week(t).first, 4};
    case 'g':
      return Number{iso_week(t).first % 100, 2};
    case 'H':
      return Number{t.hour, 2};
    case 'I':
      return Number{hour12, 2};
    case 'j':
      return Number{t.year_day + 1, 3};
    case 'k':
      return Number{t.hour, 2, ' '};
    case 'l':
      return Number{hour12, 2, ' '};
    case 'M':
      return Number{t.minute, 2};
    case 'm':
      return Number{t.month, 2};
    case 'S':
      return Number{t.second, 2};
    case 's':
      return Number{t.epoch, 1};
    case 'U':
      return Number{(t.year_day + 7 - t.weekday) / 7, 2};
    case 'u':
      return Number{t.weekday == 0 ? 7 : t.weekday, 1};
    case 'V':
      return Number{iso_week(t).second, 2};
    case 'W':
      return Number{(t.year_day + 7 - (t.weekday + 6) % 7) / 7, 2};
    case 'w':
      return Number{t.weekday, 1};
    case 'Y':
      return Number{t.year, 1};
    case 'y':
      return Number{t.year % 100, 2};
    default:
      return std::nullopt;
  }
}

std::optional<std::string> words_of(char directive, const Time& t, std::int64_t now) {
  const std::string_view day = days[static_cast<std::size_t>(t.weekday)];
  const std::string_view month = months[static_cast<std::size_t>(t.month - 1)];
  switch (directive) {
    case 'A':
      return std::string(day);
    case 'a':
      return std::string(day.substr(0, 3));
    case 'B':
      return std::string(month);
    case 'b':
    case 'h':
      return std::string(month.substr(0, 3));
    case 'c':
      return format_time("%a %b %e %H:%M:%S %Y", now);
    case 'D':
    case 'x':
      return format_time("%m/%d/%y", now);
    case 'F':
      return format_time("%Y-%m-%d", now);
    case 'n':
      return "\n";
    case 'P':
      return t.hour < 12 ? "am" : "pm";
    case 'p':
      return t.hour < 12 ? "AM" : "PM";
    case 'R':
      return format_time("%H:%M", now);
    case 'r':
      return format_time("%I:%M:%S %p", now);
    case 'T':
    case 'X':
      return format_time("%H:%M:%S", now);
    case 't':
      return "\t";
    case 'Z':
    case 'z':
      return "";  // a time without zone
    case '%':
      return "%";
    default:
      return std::nullopt;
  }
}

std::string pad(std::string text, int width, char padding) {
  const auto wanted = static_cast<std::size_t>(std::max(width, 0));
  return text.size() >= wanted ? text : std::string(wanted - text.size(), padding) + text;
}

std::string change_case(std::string text, bool upper, bool swap) {
  const bool to_lower =
      swap && !upper && !text.empty() && text[0] >= 'A' && text[0] <= 'Z' && text.size() == 2;
  for (char& c : text) {
    if (to_lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (!to_lower && (upper || swap) && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

// One directive without its '%'; place moves behind it.
std::string format_directive(std::string_view format, std::size_t& place, const Time& t,
                             std::int64_t now) {
  const std::size_t start = place;
  char flag = '\0';
  bool upper = false;
  bool swap = false;
  for (; place < format.size() &&
         std::string_view("-_0^#").find(format[place]) != std::string_view::npos;
       ++place) {
    if (format[place] == '^') {
      upper = true;
    } else if (format[place] == '#') {
      swap = true;
    } else {
      flag = format[place];
    }
  }
  int width = 0;
  for (; place < format.size() && format[place] >= '0' && format[place] <= '9' && width < 100;
       ++place) {
    width = width * 10 + (format[place] - '0');
  }
  const char directive = place < format.size() ? format[place++] : '\0';
  if (const auto number = number_of(directive, t)) {
    const char padding = flag == '_' ? ' ' : flag == '0' ? '0' : number->padding;
    return flag == '-'
               ? std::to_string(number->value)
               : pad(std::to_string(number->value), std::max(width, number->width), padding);
  }
  if (auto words = words_of(directive, t, now)) {
    return pad(change_case(*std::move(words), upper, swap), width, flag == '0' ? '0' : ' ');
  }
  return "%" + std::string(format.substr(start, place - start));
}

}  // namespace

std::string format_time(std::string_view format, std::int64_t now) {
  const Time t = split_time(now);
  std::string out;
  for (std::size_t place = 0; place < format.size();) {
    if (format[place] != '%') {
      out += format[place++];
      continue;
    }
    ++place;
    out += format_directive(format, place, t, now);
  }
  return out;
}

}  // namespace nybble::text
