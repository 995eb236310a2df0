// exp and log made of additions and multiplications only, so that every machine gives the same
// bits.
#pragma once

namespace nybble::text {

// e^x within 1e-15 relative; 0 below -708, infinity above 709. Not compiled with contraction to
// FMA.
double same_exp(double x);
// The natural logarithm of a positive finite number that is not subnormal, within 1e-15 of its size
// plus 2e-16.
double same_log(double x);

}  // namespace nybble::text
