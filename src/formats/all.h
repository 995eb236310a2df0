// The list of number formats. A new format is one header and one line here.
#pragma once

#include "formats/float_formats.h"
#include "formats/fp4.h"
#include "formats/group_float8.h"
#include "formats/group_int.h"
#include "formats/iq1_m.h"
#include "formats/iq1_s.h"
#include "formats/iq2_s.h"
#include "formats/iq2_xs.h"
#include "formats/iq2_xxs.h"
#include "formats/iq3_s.h"
#include "formats/iq3_xxs.h"
#include "formats/iq4_nl.h"
#include "formats/iq4_xs.h"
#include "formats/mxfp4.h"
#include "formats/nf4.h"
#include "formats/number_formats.h"
#include "formats/nvfp4.h"
#include "formats/q1_0.h"
#include "formats/q2_0.h"
#include "formats/q2_k.h"
#include "formats/q3_k.h"
#include "formats/q4_0.h"
#include "formats/q4_1.h"
#include "formats/q4_k.h"
#include "formats/q5_0.h"
#include "formats/q5_1.h"
#include "formats/q5_k.h"
#include "formats/q6_k.h"
#include "formats/q8_0.h"
#include "formats/q8_1.h"
#include "formats/q8_k.h"
#include "formats/tq1_0.h"
#include "formats/tq2_0.h"

namespace nybble::formats {

template <class... Fs>
struct FormatList {
  static constexpr int size = sizeof...(Fs);
};

// The order is the order of `nybble formats`; files never store it.
using AllFormats = FormatList<                             //
    F32, F16, BF16,                                        //
    Q4_0, Q4_1, Q5_0, Q5_1, Q8_0,                          //
    Q2_K, Q3_K, Q4_K, Q5_K, Q6_K,                          //
    IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S,  //
    IQ4_NL, IQ4_XS, MXFP4, NVFP4,                          //
    TQ1_0, TQ2_0, Q1_0, Q2_0, Q8_1, Q8_K,                  //
    SignedGroup<2, 32>, SignedGroup<2, 64>, SignedGroup<2, 128>, SignedGroup<3, 32>,
    SignedGroup<3, 64>, SignedGroup<3, 128>, SignedGroup<4, 32>, SignedGroup<4, 64>,
    SignedGroup<4, 128>, SignedGroup<8, 32>, SignedGroup<8, 64>, SignedGroup<8, 128>,
    UnsignedGroup<2, 32>, UnsignedGroup<2, 64>, UnsignedGroup<2, 128>, UnsignedGroup<3, 32>,
    UnsignedGroup<3, 64>, UnsignedGroup<3, 128>, UnsignedGroup<4, 32>, UnsignedGroup<4, 64>,
    UnsignedGroup<4, 128>, UnsignedGroup<8, 32>, UnsignedGroup<8, 64>, UnsignedGroup<8, 128>, NF4,
    FP4, GroupFloat8<32>, GroupFloat8<128>,  //
    F64, I8, I16, I32, I64,                  //
    U8, U16, U32, U64, Bool, F8_E4M3, F8_E5M2>;

}  // namespace nybble::formats
