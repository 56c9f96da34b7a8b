#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "tpretrain/train/run_directory.h"

namespace tpretrain {

void write_exit_record(FileSystem& file_system, const fs::path& run_directory,
                       const ExitRecord& record) {
  const nlohmann::ordered_json json = {{"rank", record.rank},
                                       {"host", record.host},
                                       {"step", record.step},
                                       {"code", record.code},
                                       {"reason", record.reason}};
  const fs::path directory = run_directory / "exit";
  file_system.make_directory(directory);
  file_system.replace(directory / fmt::format("rank-{}.json", record.rank),
                      json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace tpretrain
