// Commands, flags and the keys of every JSON document are an interface: a change shows here, and in
// CHANGELOG.md.
#include <set>

#include "cli/project.h"

namespace tpretrain {
namespace {

std::string golden(const std::string& name) {
  return read_file(std::filesystem::path(TP_SOURCE_DIR) / "tests/cli" / name);
}

/// "train.loss", "answers[].masks[].position" for every value below.
void collect(const Json& value, const std::string& path, std::set<std::string>& keys) {
  if (value.is_object()) {
    for (const auto& [key, below] : value.items()) {
      collect(below, path.empty() || path.ends_with(' ') ? path + key : path + "." + key, keys);
    }
  } else if (value.is_array()) {
    for (const Json& below : value) {
      collect(below, path + "[]", keys);
    }
  } else {
    keys.insert(path);
  }
}

TEST(FrozenInterface, CommandsAndFlags) {
  const ProgramResult result = run_program({.arguments = {"docs", "flags"}});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, golden("flags.txt"));
}

TEST(FrozenInterface, JsonKeys) {
  const Project project;
  std::set<std::string> keys;
  const auto add = [&](const std::vector<std::string>& arguments) {
    const ProgramResult result = project.run(arguments);
    ASSERT_EQ(result.status, 0) << result.err;
    collect(Json::parse(result.out), arguments.front() + " ", keys);
  };
  add({"list", "--json"});
  add({"describe", "encoder.transformer", "--json"});
  add({"compose", "recipe.yaml", "--json"});
  add({"preprocess", "recipe.yaml", "--json"});
  add({"tokenizer", "train", "train.txt", "--json", "-o", "other.txt", "--size", "45"});
  project.write("line.txt", "the dog\n");
  add({"tokenizer", "encode", "--recipe", "recipe.yaml", "--json", "line.txt"});
  project.write("pictures/a.png", kPixel);
  add({"data", "pack", "pictures", "-o", "shards/a", "--json"});
  add({"data", "check", "recipe.yaml", "--json"});
  add({"pretrain", "recipe.yaml", "--json"});
  add({"eval", "runs/small", "--json"});
  add({"predict", "runs/small", "a [MASK]", "--json"});
  add({"trace", "recipe.yaml", "-o", "t.safetensors", "--json"});
  add({"export", "--to", "hf", "runs/small", "recipe.yaml", "-o", "hf", "--json"});
  add({"import", "--from", "hf", "hf", "recipe.yaml", "-o", "w.safetensors", "--json"});
  for (const std::string& line : lines_of(project.read("runs/small/metrics.jsonl"))) {
    collect(Json::parse(line), "metrics.jsonl ", keys);
  }
  std::string text;
  for (const std::string& key : keys) {
    text += key + "\n";
  }
  EXPECT_EQ(text, golden("json_keys.txt"));
}

}  // namespace
}  // namespace tpretrain
