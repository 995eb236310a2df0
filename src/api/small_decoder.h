// What a token costs beside reading weights.
#pragma once

namespace nybble::api {

// What reading weights reaches of the bandwidth that reading alone has, in large models.
inline constexpr double read_share = 0.8;

// Seconds for each panel of 32 rows that one token takes beside reading, when memory gives
// bytes_per_second: handing panels to threads and waiting for them, moving what one thread computed
// to the others, and what hides behind nothing. Of the best of many tokens through a decoder of
// ordinary width, whose weights do not fit the caches.
double measure_panel_seconds(int threads, double bytes_per_second);

}  // namespace nybble::api
