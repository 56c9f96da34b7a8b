/// Sentences and documents out of a chunk of text, in each form of a corpus.
#pragma once

#include <string>
#include <string_view>

#include "data/text/chunk_reader.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain::text {

class SentenceSink {
 public:
  virtual ~SentenceSink() = default;
  virtual void sentence(std::string_view text) = 0;  ///< valid UTF-8, not blank
  virtual void end_document() = 0;                   ///< may come twice in a row
};

/// Gives the sentences of `chunk` to `sink`; what is left out or mended is added to `counts`.
/// Errors: DataError (text refused by a policy, the first line of a file in another form).
void parse_chunk(const Chunk& chunk, const CorpusOptions& options, SentenceSink& sink,
                 CorpusCounts& counts);

}  // namespace tpretrain::text
