/// JSON lines, and files that hold one JSON list, of objects that name a picture. Torch-free.
#pragma once

#include "data/items/captions.h"
#include "data/items/row_format.h"

namespace tpretrain::data {

class JsonFormat final : public RowFormat {
 public:
  explicit JsonFormat(const JsonKeys& keys) : keys_(keys) {}

  void scan(size_t index, const ByteFile& file, const Take& take) override;
  Row parse(size_t index, std::string_view text) const override;
  const char* expected() const override;

 private:
  JsonKeys keys_;
};

}  // namespace tpretrain::data
