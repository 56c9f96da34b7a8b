#include "data/text/ordered_pipeline.h"

#include <algorithm>

#include <sched.h>

namespace tpretrain::text {

int worker_count(int threads) {
  if (threads > 0) {
    return threads;
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace tpretrain::text
