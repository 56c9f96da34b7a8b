#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <malloc.h>

#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

/// Freed tensors stay with the process: giving them back to the kernel and faulting them in again
/// at every op costs more than training with them. (A threshold for mmap may not exceed 32 MiB in
/// glibc, and batches of logits are larger.)
void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

void configure_log(const GlobalArguments& global) {
  log::Options options;
  options.level = global.quiet     ? log::Level::kWarn
                  : global.verbose ? log::Level::kDebug
                                   : log::Level::kInfo;
  options.format = global.log_format == "json" ? log::Format::kJson : log::Format::kText;
  log::configure(options);
}

Outcome run_command(const CommandLine& line, RunState& state) {
  const std::string& name = line.command;
  Outcome outcome;
  if (name == "list") {
    list(line.list);
  } else if (name == "describe") {
    describe(line.describe);
  } else if (name == "compose") {
    compose(line.compose);
  } else if (name == "preprocess") {
    preprocess(line.preprocess);
  } else if (name == "tokenizer train") {
    tokenizer_train(line.tokenizer_train);
  } else if (name == "tokenizer encode") {
    tokenizer_encode(line.tokenizer_encode);
  } else if (name == "data pack") {
    data_pack(line.data_pack);
  } else if (name == "data check") {
    data_check(line.data_check);
  } else if (name == "pretrain") {
    keep_freed_memory();
    outcome = pretrain(line.pretrain, state);
  } else if (name == "eval") {
    keep_freed_memory();
    eval(line.eval);
  } else if (name == "predict") {
    predict(line.predict);
  } else if (name == "report") {
    report(line.report);
  } else if (name == "trace") {
    trace(line.trace);
  } else if (name == "import") {
    import_weights(line.import_weights);
  } else if (name == "export") {
    export_weights(line.export_weights);
  } else {
    docs(line.docs);
  }
  flush_output();
  return outcome;
}

int run(int argc, const char* const* argv) {
  RunState state;
  try {
    const auto line = parse_command_line(argc, argv, build_id());
    if (!line) {
      flush_output();
      return 0;
    }
    configure_log(line->global);
    return finish(run_command(*line, state), state);
  } catch (const std::exception& error) {
    return fail(error, state);
  }
}

}  // namespace
}  // namespace tpretrain::cli

int main(int argc, char** argv) {
  // A file that may not grow is an error of its write, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  const int status = tpretrain::cli::run(argc, argv);
  std::fflush(nullptr);
  // Not `return`: destructors of other libraries have been seen to wait for ever when memory is
  // out.
  std::_Exit(status);
}
