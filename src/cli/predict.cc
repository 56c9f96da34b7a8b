#include <fstream>
#include <iostream>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/output.h"
#include "cli/picture_inputs.h"
#include "cli/run_choice.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/pretrain.h"
#include "train/fill_mask.h"
#include "train/rank.h"

namespace tpretrain::cli {
namespace {

constexpr size_t kMostText = size_t{1} << 20;  ///< bytes of a query or a candidate

std::vector<std::string> lines_of(std::istream& in, const std::string& name) {
  LineReader reader(in, name, kMostText);
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) {
    if (!trim(line).empty()) {
      lines.push_back(line);
    }
  }
  return lines;
}

/// Answers as they come: lines for people, or parts of one JSON document.
class Answers {
 public:
  explicit Answers(bool json) : json_(json) {}

  void add(const std::string& text, const Json& json) {
    if (json_) {
      list_.push_back(json);
    } else {
      print(text);
      flush_output();
    }
  }

  const Json& list() const { return list_; }

 private:
  bool json_;
  Json list_ = Json::array();
};

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

std::string fill_masks(const TrainedModel& trained, const std::vector<std::string>& texts,
                       int64_t count, Answers& answers) {
  MaskFiller filler(trained);
  for (const std::string& text : texts) {
    const std::vector<MaskAnswer> masks = filler.fill(text, count);
    answers.add(text_of(text, masks), json_of(text, masks));
  }
  return filler.target();
}

/// What `--among` names, else the held-out set of the recipe.
Candidates candidates_of(const PredictArguments& arguments, const Recipe& recipe,
                         const Registry& registry) {
  if (arguments.among.empty()) {
    if (!recipe.config.data.valid) {
      throw UsageError("there is nothing to choose from: the recipe has no data.valid",
                       "--among names a folder of pictures, a table, shards, or lines of text");
    }
    return {open_pictures(recipe.config.data.valid, registry), {}};
  }
  if (arguments.among.ends_with(".txt")) {
    std::ifstream in(arguments.among);
    if (!in) {
      throw NotFoundError("can not read '" + arguments.among + "'");
    }
    return {nullptr, lines_of(in, arguments.among)};
  }
  const auto choice = picture_choice({arguments.among}, {});
  if (!choice) {
    throw UsageError("--among takes pictures or lines of text, not a recipe");
  }
  return {open_pictures(*choice, registry), {}};
}

Json ranked_json(const std::vector<RankedItem>& ranked, const char* key) {
  Json list = Json::array();
  for (const RankedItem& item : ranked) {
    list.push_back({{key, item.name}, {"score", item.score}});
  }
  return list;
}

std::string ranked_text(const std::string& query, const std::vector<RankedItem>& ranked) {
  std::vector<Row> rows;
  for (const RankedItem& item : ranked) {
    rows.push_back({fmt::format("{}.", rows.size() + 1), fmt::format("{:7.4f}", item.score),
                    escape_control(item.name)});
  }
  return escape_control(query) + "\n" + table(rows, "  ");
}

/// Texts for each picture, then pictures for each text.
std::string rank(const TrainedModel& trained, const PredictArguments& arguments,
                 const std::vector<std::string>& texts, Candidates candidates, int64_t batch,
                 Answers& answers) {
  if (candidates.items == nullptr && !texts.empty()) {
    throw UsageError("'" + arguments.among + "' has texts, but a text is compared with pictures",
                     "--image FILE asks for the texts that are most like a picture");
  }
  Ranker ranker(PairModel(trained.model, trained.processor, batch), std::move(candidates));
  for (const std::string& image : arguments.images) {
    const auto ranked = ranker.texts_for(image, arguments.count);
    answers.add(ranked_text(image, ranked),
                {{"image", image}, {"texts", ranked_json(ranked, "text")}});
  }
  for (const std::string& text : texts) {
    const auto ranked = ranker.pictures_for(text, arguments.count);
    answers.add(ranked_text(text, ranked),
                {{"text", text}, {"pictures", ranked_json(ranked, "name")}});
  }
  return ranker.model().target().name();
}

}  // namespace

void predict(const PredictArguments& arguments) {
  const Registry registry = builtin_registry();
  const RunChoice choice = choose_run(arguments, registry);
  if (!choice.recipe.config.tokenizer) {
    throw ConfigError("the recipe has no `tokenizer`: there is nothing to read a text with");
  }
  const TrainedModel trained = load_trained(choice.recipe, registry, choice.weights);
  const bool ranks =
      !arguments.images.empty() || !arguments.among.empty() ||
      (!MaskFiller::fits(*trained.model) && PairModel::fits(*trained.model, *trained.processor));
  std::vector<std::string> texts = arguments.texts;
  if (texts.empty() && arguments.images.empty()) {
    std::ios::sync_with_stdio(false);
    texts = lines_of(std::cin, "standard input");
  }
  Answers answers(arguments.json);
  const std::string target =
      ranks ? rank(trained, arguments, texts, candidates_of(arguments, choice.recipe, registry),
                   choice.recipe.config.train.micro(), answers)
            : fill_masks(trained, texts, arguments.count, answers);
  if (arguments.json) {
    const auto& step = trained.weights.step;
    print_json({{"run", choice.weights.run.string()},
                {"step", step ? Json(*step) : Json(nullptr)},
                {"target", target},
                {"answers", answers.list()}});
  }
}

}  // namespace tpretrain::cli
