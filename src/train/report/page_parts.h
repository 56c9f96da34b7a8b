/// Sections of the page as HTML text; a section without content is "".
#pragma once

#include <string>
#include <vector>

#include "train/report/run_files.h"
#include "train/report/svg_chart.h"

namespace tpretrain::report {

/// Samples, tokens, time, rate, memory, checkpoints, program.
std::string facts(const RunFiles& files);

/// The last number of every loss, accuracy, recall and zero-shot, a column for each split and
/// baseline.
std::string result_table(const RunFiles& files);

/// A chart under its title and legend, which has the last number of every line.
std::string figure(const Chart& chart);

std::string retrieved_section(const std::vector<Retrieved>& results);

/// Seconds of all the processes of a run: `seconds` begins anew in each.
double total_seconds(const Series& seconds);

/// The middle value, of an even number the lower one; 0 for none. Not finite ones are left out.
double median(const Series& series);

}  // namespace tpretrain::report
