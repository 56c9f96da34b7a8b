/// What `preprocess` has done so far, committed bit by bit under `<prefix>.partial/`:
///
///   journal       one JSON line for the job, then one a commit; the last whole line counts
///   sNNNN.bin     tokens, appended by the NNNN-th run of the job
///   sNNNN.len     int32 tokens of each sequence
///   sNNNN.doc     int64 sequence at which each document ends
///
/// A run never touches the files of an earlier one: what lies behind the committed sizes is
/// ignored.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/posix_file.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain::text {

/// A chunk after tokenisation.
struct ChunkTokens {
  std::string bin;               ///< tokens as stored
  std::vector<int32_t> lengths;  ///< of the sequences
  std::vector<int64_t> breaks;   ///< sequences of the chunk before each end of a document
  int64_t tokens = 0;
  CorpusCounts counts;
};

/// Bytes of the three files of one run.
struct Segment {
  std::array<int64_t, 3> bytes{};
};

struct StoreState {
  int64_t chunks = 0;
  int64_t tokens = 0;
  int64_t document_end = 0;  ///< sequences in finished documents
  CorpusCounts counts;       ///< counts.sentences is the number of sequences
  std::vector<Segment> segments;

  std::string line() const;  ///< one line of JSON
  static std::optional<StoreState> parse(const std::string& line);
};

class TokenStore {
 public:
  static constexpr const char* kSuffixes[3] = {".bin", ".len", ".doc"};

  /// Goes on from what is in `folder` when it belongs to `job` and `resume` is set; else empties
  /// it. Errors: OutputError when another process writes there, or when the folder holds what no
  /// TokenStore made; IoError.
  TokenStore(FileSystem& file_system, fs::path folder, const std::string& job, bool resume);

  /// Whether `folder` is what a run of `job` left.
  static bool belongs_to(FileSystem& file_system, const fs::path& folder, const std::string& job);

  const StoreState& state() const { return state_; }

  void append(const ChunkTokens& chunk);
  void commit();
  /// Commits and closes the files of this run.
  void finish();

  fs::path path(size_t segment, size_t kind) const;

  const fs::path& folder() const { return folder_; }

  std::string bin_hash() const { return bin_hash_.hex(); }

 private:
  bool load(const std::string& job);
  bool segments_present(const StoreState& state) const;
  void start_fresh(const std::string& job);
  void open_segment();
  void hash_committed();

  FileSystem& file_system_;
  fs::path folder_;
  Descriptor lock_;
  StoreState state_;
  Xxh3 bin_hash_;
  std::unique_ptr<OutputFile> journal_;
  std::array<std::unique_ptr<OutputFile>, 3> files_;
};

}  // namespace tpretrain::text
