#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/core.h>

#include "interop/float_values.h"
#include "interop/layout.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/shape_text.h"
#include "tpretrain/base/text.h"
#include "tpretrain/interop/convert.h"

namespace tpretrain {
namespace {

constexpr size_t kShownFaults = 8;

std::vector<std::string> names_of(std::span<const WeightSlot> slots) {
  std::vector<std::string> names;
  for (const WeightSlot& slot : slots) {
    names.push_back(slot.name);
  }
  return names;
}

/// Foreign tensors by name, with a prefix and without the family's base where the file has none.
class ForeignNames {
 public:
  ForeignNames(const SafetensorsFile& file, const WeightFamily& family, const std::string& prefix)
      : file_(file), base_(family.base), prefix_(prefix) {}

  const SafetensorsTensor* find(const std::string& name) const {
    const SafetensorsTensor* tensor = file_.find(prefix_ + name);
    if (tensor == nullptr && !base_.empty() && name.starts_with(base_)) {
      tensor = file_.find(prefix_ + name.substr(base_.size()));
    }
    return tensor;
  }

  bool has_all(const NameRule& rule) const {
    return std::all_of(rule.theirs.begin(), rule.theirs.end(),
                       [this](const std::string& name) { return find(name) != nullptr; });
  }

 private:
  const SafetensorsFile& file_;
  std::string base_;
  std::string prefix_;
};

/// The family of `library` that fills most of the parameters.
const WeightFamily& best_family(const SafetensorsFile& file, const std::string& label,
                                std::string_view library, const std::vector<std::string>& names,
                                const std::string& prefix) {
  const WeightFamily* best = nullptr;
  size_t most = 0;
  std::set<std::string> libraries;
  for (const WeightFamily& family : weight_families()) {
    libraries.insert(family.library);
    if (family.library != library) {
      continue;
    }
    const ForeignNames theirs(file, family, prefix);
    size_t filled = 0;
    for (const NameRule& rule : rules_for(family, names)) {
      filled += theirs.has_all(rule) ? rule.ours.size() : 0;
    }
    if (filled > most) {
      best = &family;
      most = filled;
    }
  }
  if (libraries.count(std::string(library)) == 0) {
    throw NotFoundError(fmt::format("unknown library '{}'; there are: {}", library,
                                    join({libraries.begin(), libraries.end()}, ", ")));
  }
  if (best == nullptr) {
    const std::string first =
        file.tensors().empty() ? "nothing" : "'" + escape_control(file.tensors()[0].name) + "'";
    throw DataError(
        fmt::format("{} has no tensor that this model has under a name of {}: it "
                    "begins with {}",
                    label, library, first));
  }
  return *best;
}

/// Side of the square grid behind the first rows of a table, and the number of those.
struct Grid {
  int64_t side = 0;
  int64_t first = 0;
};

Grid grid_of(int64_t rows) {
  auto side = static_cast<int64_t>(std::sqrt(static_cast<double>(rows)));
  side -= side * side > rows ? 1 : 0;
  return {side, rows - side * side};
}

/// What is to be written into the slots, gathered before the first is.
class Import {
 public:
  Import(const ForeignNames& theirs, std::span<const WeightSlot> slots) : theirs_(theirs) {
    for (const WeightSlot& slot : slots) {
      slots_.emplace(slot.name, &slot);
    }
  }

  void add(const NameRule& rule) {
    std::vector<Shape> shapes;
    for (const std::string& name : rule.ours) {
      shapes.push_back(slots_.at(name)->shape);
    }
    Pending pending{&rule, stacked_shape(rule, shapes), {}};
    const std::vector<Shape> expected = part_shapes(rule, foreign_shape(rule, pending.shape));
    for (size_t i = 0; i < rule.theirs.size(); ++i) {
      const SafetensorsTensor& tensor = *theirs_.find(rule.theirs[i]);
      used_.insert(tensor.name);
      if (!has_float_values(tensor.type)) {
        faults_.push_back(fmt::format("'{}' must be F32, F16, BF16 or F64, but is {} instead.",
                                      tensor.name, tensor_type_name(tensor.type)));
      } else if (without_ones(tensor.shape) == without_ones(expected[i])) {
        append_float_values(tensor, pending.values);
      } else if (!rule.grid || !resize(tensor, pending)) {
        faults_.push_back(fmt::format("'{}' must be {}, but is {} instead.", tensor.name,
                                      shape_text(expected[i]), shape_text(tensor.shape)));
      }
    }
    pending_.push_back(std::move(pending));
  }

  std::vector<std::string>& faults() { return faults_; }

  const std::set<std::string>& used() const { return used_; }

  /// Writes the slots. Call when there are no faults.
  void finish(ImportReport& report) {
    for (const Pending& pending : pending_) {
      std::vector<float> ours(pending.values.size());
      to_ours(pending.rule->layout, pending.shape, pending.values, ours);
      auto at = ours.begin();
      for (const std::string& name : pending.rule->ours) {
        const std::span<float> data = slots_.at(name)->data;
        TP_ASSERT(static_cast<size_t>(ours.end() - at) >= data.size());
        std::copy_n(at, data.size(), data.begin());
        at += static_cast<std::ptrdiff_t>(data.size());
        report.loaded.push_back(name);
      }
    }
    report.resized = std::move(resized_);
  }

 private:
  struct Pending {
    const NameRule* rule;
    Shape shape;                ///< ours, stacked
    std::vector<float> values;  ///< in their order
  };

  /// Interpolates a table of positions; false when it is none of ours.
  bool resize(const SafetensorsTensor& tensor, Pending& pending) {
    const Shape from = without_ones(tensor.shape);
    const Shape& to = pending.shape;
    if (from.size() != 2 || to.size() != 2 || from[1] != to[1]) {
      return false;
    }
    const Grid there = grid_of(from[0]);
    const Grid here = grid_of(to[0]);
    if (there.first != here.first || there.side == 0 || here.side == 0) {
      return false;
    }
    std::vector<float> table;
    append_float_values(tensor, table);
    pending.values.resize(static_cast<size_t>(to[0] * to[1]));
    resize_positions(table, pending.values, there.side, here.side, to[1]);
    resized_.push_back({pending.rule->ours.front(), from, to});
    return true;
  }

  const ForeignNames& theirs_;
  std::map<std::string, const WeightSlot*> slots_;
  std::vector<Pending> pending_;
  std::vector<std::string> faults_;
  std::set<std::string> used_;
  std::vector<ResizedWeight> resized_;
};

bool is_ignored(const WeightFamily& family, const std::string& name) {
  return std::any_of(
      family.ignored.begin(), family.ignored.end(),
      [&name](const std::string& pattern) { return match_name(pattern, name).has_value(); });
}

/// Foreign tensors that nothing of ours took.
std::vector<std::string> unexpected(const SafetensorsFile& file, const WeightFamily& family,
                                    const std::set<std::string>& used, const std::string& prefix) {
  std::vector<std::string> names;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    if (tensor.name.starts_with(prefix) && used.count(tensor.name) == 0 &&
        !is_ignored(family, tensor.name.substr(prefix.size()))) {
      names.push_back(tensor.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string shortened(std::vector<std::string> items) {
  const size_t hidden = items.size() > kShownFaults ? items.size() - kShownFaults : 0;
  items.resize(items.size() - hidden);
  return join(items, "; ") + (hidden > 0 ? fmt::format("; and {} more", hidden) : "");
}

/// Parameters that nothing fills, each with the foreign names it would take.
std::vector<std::string> missing_lines(const ImportReport& report,
                                       const std::vector<NameRule>& rules) {
  std::vector<std::string> lines;
  for (const std::string& name : report.missing) {
    std::string line = fmt::format("missing '{}'", name);
    for (const NameRule& rule : rules) {
      if (std::find(rule.ours.begin(), rule.ours.end(), name) != rule.ours.end()) {
        line += fmt::format(" (there '{}')", rule.theirs.front());
      }
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

ImportReport import_weights(const SafetensorsFile& file, const std::string& label,
                            std::string_view library, std::span<const WeightSlot> slots,
                            const ImportOptions& options) {
  const std::vector<std::string> names = names_of(slots);
  const WeightFamily& family = best_family(file, label, library, names, options.prefix);
  const ForeignNames theirs(file, family, options.prefix);
  const std::vector<NameRule> rules = rules_for(family, names);
  ImportReport report;
  report.family = family.name;
  report.library = family.library;
  Import job(theirs, slots);
  std::set<std::string> filled;
  for (const NameRule& rule : rules) {
    if (theirs.has_all(rule)) {
      job.add(rule);
      filled.insert(rule.ours.begin(), rule.ours.end());
    }
  }
  std::copy_if(names.begin(), names.end(), std::back_inserter(report.missing),
               [&filled](const std::string& name) { return filled.count(name) == 0; });
  if (!options.partial) {
    const std::vector<std::string> lines = missing_lines(report, rules);
    job.faults().insert(job.faults().end(), lines.begin(), lines.end());
  }
  if (!job.faults().empty()) {
    throw DataError(fmt::format("{} does not fit the model as {} of {}: {}", label, family.name,
                                family.library, shortened(job.faults())));
  }
  report.unexpected = unexpected(file, family, job.used(), options.prefix);
  job.finish(report);
  return report;
}

}  // namespace tpretrain
