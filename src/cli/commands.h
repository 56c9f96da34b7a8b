/// The subcommands: each takes its arguments and says how it ended. Errors are thrown.
#pragma once

#include <cstdint>
#include <string>

#include "cli/options.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"

namespace tpretrain::cli {

/// What is known of a run when its process ends, for the last line and the exit record.
struct RunState {
  fs::path run;  ///< empty: no run directory is ours, or not yet
  int64_t step = 0;
};

struct Outcome {
  ExitStatus status = ExitStatus::kOk;
  std::string reason;  ///< of a status that is not kOk
};

void list(const ListArguments& arguments);
void describe(const DescribeArguments& arguments);
void compose(const ComposeArguments& arguments);
void preprocess(const PreprocessArguments& arguments);
void tokenizer_train(const TokenizerTrainArguments& arguments);
void tokenizer_encode(const TokenizerEncodeArguments& arguments);
void data_pack(const DataPackArguments& arguments);
void data_check(const DataCheckArguments& arguments);
Outcome pretrain(const PretrainArguments& arguments, RunState& state);
void eval(const EvalArguments& arguments);
void predict(const PredictArguments& arguments);
void report(const ReportArguments& arguments);
void trace(const TraceArguments& arguments);
void import_weights(const ImportArguments& arguments);
void export_weights(const ExportArguments& arguments);
void docs(const DocsArguments& arguments);

}  // namespace tpretrain::cli
