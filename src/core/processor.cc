#include "tpretrain/core/processor.h"

namespace tpretrain {

void Sample::reset(size_t fields, size_t views) {
  columns.resize(fields);
  for (Column& column : columns) {
    column.bytes.clear();
  }
  lengths.resize(views);
  for (std::vector<int32_t>& sequences : lengths) {
    sequences.clear();
  }
}

}  // namespace tpretrain
