/// Which instruction set the fast kernels may use. Each `<op>_simd.cc` is compiled once per set
/// into a namespace of its own (v3: AVX2 + FMA, v4: AVX-512) and exports a table of functions; the
/// plain table of `<op>_cpu.cc` is the oracle and the fallback.
#pragma once

namespace tpretrain::kernels {

enum class Isa { kPlain, kV3, kV4 };

/// The best set of this processor, asked once.
Isa best_isa();

/// The table of the best set. The makers are called at most once per table, by its accessor.
template <typename Table>
Table fastest(Table (*plain)(), Table (*v3)(), Table (*v4)()) {
  switch (best_isa()) {
    case Isa::kV4:
      return v4();
    case Isa::kV3:
      return v3();
    default:
      return plain();
  }
}

}  // namespace tpretrain::kernels

#if defined(__x86_64__)
#define TP_DECLARE_SIMD(Table, name) \
  namespace v3 {                     \
  Table name();                      \
  }                                  \
  namespace v4 {                     \
  Table name();                      \
  }
#define TP_FASTEST(plain, name) fastest(&plain, &v3::name, &v4::name)
#else
#define TP_DECLARE_SIMD(Table, name)
#define TP_FASTEST(plain, name) plain()
#endif
