#include "train/report/page.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "tpretrain/base/text.h"
#include "train/report/html.h"
#include "train/report/page_parts.h"
#include "train/report/run_charts.h"
#include "train/report/style.h"

namespace tpretrain::report {
namespace {

// Nothing may be loaded or run, whatever a text of the run holds.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'";

std::string problem_list(const std::vector<std::string>& problems) {
  std::string out;
  for (const std::string& problem : problems) {
    out += "<p class=\"problems\">" + escape_html(problem) + "</p>\n";
  }
  return out;
}

std::string curves(const RunFiles& files) {
  std::string out;
  for (const ChartGroup& group : run_charts(files.metrics, files.baselines)) {
    out += "<h2>" + escape_html(group.title) + "</h2>\n<div class=\"grid\">\n";
    for (const Chart& chart : group.charts) {
      out += figure(chart);
    }
    out += "</div>\n";
  }
  return out.empty() ? "<p>No step was logged yet.</p>\n" : out;
}

std::string recipe_table(const RecipeSection& recipe) {
  std::string out = "<h2>Recipe</h2>\n<p class=\"soft\">" + escape_html(recipe.note) + "</p>\n";
  if (recipe.lines.empty()) {
    return out;
  }
  out += "<div class=\"card wide\"><table class=\"recipe\">\n";
  for (const RecipeLine& line : recipe.lines) {
    out += fmt::format("<tr{}><td>{}</td><td>{}</td></tr>\n",
                       line.origin == "default" ? " class=\"default\"" : "", escape_html(line.text),
                       escape_html(line.origin));
  }
  return out + "</table></div>\n";
}

}  // namespace

std::string page(const RunFiles& files, const RecipeSection& recipe) {
  const std::string name = escape_html(files.name);
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", kPolicy);
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += fmt::format("<title>{}: step {}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
                     name, with_commas(files.metrics.last_step), kStyle);
  out += fmt::format("<h1>{}</h1>\n<p class=\"soft\">step {}</p>\n", name,
                     with_commas(files.metrics.last_step));
  out += problem_list(files.problems);
  out += facts(files) + result_table(files) + curves(files) + retrieved_section(files.retrieved) +
         recipe_table(recipe);
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace tpretrain::report
