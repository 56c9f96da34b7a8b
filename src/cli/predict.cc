#include "train/predict.h"

#include <iostream>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/run_choice.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

std::vector<std::string> lines_of_stdin() {
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);) {
    if (!trim(line).empty()) {
      lines.push_back(line);
    }
  }
  return lines;
}

Json json_of(const std::string& text, const std::vector<MaskAnswer>& answers) {
  Json masks = Json::array();
  for (const MaskAnswer& answer : answers) {
    Json tokens = Json::array();
    for (const RankedToken& token : answer.ranked) {
      tokens.push_back({{"token", token.token},
                        {"id", token.id},
                        {"probability", token.probability},
                        {"score", token.score}});
    }
    masks.push_back({{"position", answer.position}, {"tokens", tokens}});
  }
  return {{"text", text}, {"masks", masks}};
}

std::string text_of(const std::string& text, const std::vector<MaskAnswer>& answers) {
  std::string out = escape_control(text) + "\n";
  for (const MaskAnswer& answer : answers) {
    std::vector<Row> rows;
    for (const RankedToken& token : answer.ranked) {
      rows.push_back({fmt::format("{}.", rows.size() + 1), escape_control(token.token),
                      fmt::format("{:5.1f}%", 100 * token.probability)});
    }
    out += table(rows, "  ");
    out += &answer == &answers.back() ? "" : "  --\n";
  }
  return out;
}

}  // namespace

void predict(const PredictArguments& arguments) {
  const Registry registry = builtin_registry();
  const RunChoice choice = choose_run(arguments, registry);
  MaskFiller filler(choice.recipe, registry, choice.weights);
  Json answers = Json::array();
  for (const std::string& text : arguments.texts.empty() ? lines_of_stdin() : arguments.texts) {
    const std::vector<MaskAnswer> masks = filler.fill(text, arguments.count);
    if (arguments.json) {
      answers.push_back(json_of(text, masks));
    } else {
      print(text_of(text, masks));
      flush_output();
    }
  }
  if (arguments.json) {
    const auto& step = filler.weights().step;
    print_json({{"run", choice.weights.run.string()},
                {"step", step ? Json(*step) : Json(nullptr)},
                {"target", filler.target()},
                {"answers", answers}});
  }
}

}  // namespace tpretrain::cli
