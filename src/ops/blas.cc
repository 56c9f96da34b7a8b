#include "ops/blas.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <type_traits>

#include <dlfcn.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "ops/scratch.h"
#include "tpretrain/base/error.h"
#include "tpretrain/ops/ops.h"

extern "C" {
// Exported by libtorch_cpu (its MKL, or the BLAS it was built with).
void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
            const float* beta, float* c, const int* ldc);
void dgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
            const double* beta, double* c, const int* ldc);
// Threads of the calling thread only; 0 gives the choice back. Absent where libtorch has no MKL.
__attribute__((weak)) int MKL_Set_Num_Threads_Local(int threads);
}

namespace tpretrain::ops {
namespace {

/// Multiply-adds of the largest product that is small: up to there our kernel was the faster one on
/// 14 of 15 products of attention (docs/bench/small_products_2026-11-23.md).
constexpr int64_t kSmallProduct = int64_t{1} << 21;

struct Library {
  const char* name;
  decltype(&sgemm_) sgemm;
  decltype(&dgemm_) dgemm;
  bool own_threads;  ///< must be told to stay on the calling thread at each call
};

constexpr Library kMkl{"mkl", &sgemm_, &dgemm_, true};

/// DEEPBIND: without it the library's own calls would reach the sgemm_ that libtorch_cpu exports.
const Library* open_openblas(std::string* error) {
#if defined(TPRETRAIN_SANITIZED)
  *error = "sanitizers do not allow RTLD_DEEPBIND";
  return nullptr;
#else
  // The pthread build first: beside OpenMP's workers, the OpenMP build would nest teams.
  void* handle = nullptr;
  for (const char* file :
       {"/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0", "libopenblas.so.0"}) {
    handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (handle != nullptr) {
      break;
    }
    *error = dlerror();
  }
  if (handle == nullptr) {
    return nullptr;
  }
  const auto set_threads =
      reinterpret_cast<void (*)(int)>(dlsym(handle, "openblas_set_num_threads"));
  const auto sgemm = reinterpret_cast<decltype(&sgemm_)>(dlsym(handle, "sgemm_"));
  const auto dgemm = reinterpret_cast<decltype(&dgemm_)>(dlsym(handle, "dgemm_"));
  if (set_threads == nullptr || sgemm == nullptr || dgemm == nullptr) {
    *error = "libopenblas.so.0 lacks openblas_set_num_threads, sgemm_ or dgemm_";
    return nullptr;
  }
  set_threads(1);
  static const Library library{"openblas", sgemm, dgemm, false};
  return &library;
#endif
}

bool is_amd() {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0, &a, &b, &c, &d) != 0 && b == signature_AMD_ebx && d == signature_AMD_edx &&
         c == signature_AMD_ecx;
#else
  return false;
#endif
}

const Library* resolve(const std::string& name) {
  std::string error;
  if (name == "mkl") {
    return &kMkl;
  }
  if (name == "auto") {
    const Library* library = is_amd() ? open_openblas(&error) : nullptr;
    return library != nullptr ? library : &kMkl;
  }
  if (name != "openblas") {
    throw ConfigError("`blas` must be auto, openblas or mkl, but is '" + name + "' instead.");
  }
  const Library* library = open_openblas(&error);
  if (library == nullptr) {
    throw ConfigError("`blas: openblas` cannot be opened: " + error + ".",
                      "install libopenblas0-pthread, or take blas: auto");
  }
  return library;
}

std::atomic<const Library*> current{nullptr};
std::mutex choice;

/// Opened at first use, so that a program that multiplies nothing does not pay for it.
const Library& library() {
  const Library* chosen = current.load(std::memory_order_acquire);
  if (chosen == nullptr) {
    const std::lock_guard lock(choice);
    chosen = current.load(std::memory_order_relaxed);
    if (chosen == nullptr) {
      chosen = resolve("auto");
      current.store(chosen, std::memory_order_release);
    }
  }
  return *chosen;
}

/// Keeps MKL on the calling thread for one call.
class OneThread {
 public:
  explicit OneThread(bool wanted) : wanted_(wanted && MKL_Set_Num_Threads_Local != nullptr) {
    if (wanted_) {
      before_ = MKL_Set_Num_Threads_Local(1);
    }
  }

  ~OneThread() {
    if (wanted_) {
      MKL_Set_Num_Threads_Local(before_);
    }
  }

  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  bool wanted_;
  int before_ = 0;
};

decltype(&sgemm_) routine(const Library& library, const float*) {
  return library.sgemm;
}

decltype(&dgemm_) routine(const Library& library, const double*) {
  return library.dgemm;
}

struct PackedOperand;

template <typename T>
bool is_small(int64_t m, int64_t n, int64_t k) {
  return std::is_same_v<T, float> && kernels::best_isa() != kernels::Isa::kPlain &&
         m * n * k <= kSmallProduct;
}

}  // namespace

template <typename T>
void gemm(int64_t m, int64_t n, int64_t k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c,
          int64_t c_stride) {
  if (is_small<T>(m, n, k)) {
    kernels::product_kernels<T>().multiply(
        {m, n, k, alpha, a, b, beta, c, c_stride},
        thread_scratch<PackedOperand>().get<T>(kernels::packed_size(n, k)));
  } else {
    library_gemm(m, n, k, alpha, a, b, beta, c, c_stride);
  }
}

template <typename T>
void library_gemm(int64_t m, int64_t n, int64_t k, T alpha, Operand<T> a, Operand<T> b, T beta,
                  T* c, int64_t c_stride) {
  if (m == 0 || n == 0) {
    return;
  }
  // The routines are column-major, where our C is C^T = B^T A^T.
  const char trans_first = b.transposed ? 'T' : 'N';
  const char trans_second = a.transposed ? 'T' : 'N';
  const int rows = static_cast<int>(n);
  const int cols = static_cast<int>(m);
  const int inner = static_cast<int>(k);
  const int ld_first = static_cast<int>(std::max<int64_t>(b.stride, 1));
  const int ld_second = static_cast<int>(std::max<int64_t>(a.stride, 1));
  const int ld_out = static_cast<int>(c_stride);
  const Library& chosen = library();
  const OneThread one_thread(chosen.own_threads);
  routine(chosen, c)(&trans_first, &trans_second, &rows, &cols, &inner, &alpha, b.data, &ld_first,
                     a.data, &ld_second, &beta, c, &ld_out);
}

#define TP_INSTANTIATE(product, T) \
  template void product(int64_t, int64_t, int64_t, T, Operand<T>, Operand<T>, T, T*, int64_t)

TP_INSTANTIATE(gemm, float);
TP_INSTANTIATE(gemm, double);
TP_INSTANTIATE(library_gemm, float);
TP_INSTANTIATE(library_gemm, double);

#undef TP_INSTANTIATE

const char* blas_name() {
  return library().name;
}

void select_blas(const std::string& name) {
  const std::lock_guard lock(choice);
  current.store(resolve(name), std::memory_order_release);
}

}  // namespace tpretrain::ops
