// The plots of a plan: what a gigabyte buys of speed, and what it costs in loss.
#pragma once

#include <string>

#include "nybble/plan.h"

namespace nybble::api {

// Tokens a second, and published loss, over the memory that a choice takes; hollow signs do not
// fit. Empty when no choice has such a number.
std::string plan_speed_plot(const PlanReport& report);
std::string plan_loss_plot(const PlanReport& report);
// Which sign is which model.
std::string plan_key(const PlanReport& report);
// CSS class and marker of a choice's model.
std::size_t plan_sign(const PlanReport& report, const PlanChoice& choice);

}  // namespace nybble::api
