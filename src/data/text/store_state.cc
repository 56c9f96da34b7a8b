#include <nlohmann/json.hpp>

#include "data/text/token_store.h"

namespace tpretrain::text {

namespace {

using Json = nlohmann::ordered_json;

Json drops_json(const CorpusCounts& counts) {
  Json drops = Json::array();
  for (const DropCount& drop : counts.dropped) {
    Json places = Json::array();
    for (const DropCount::Place& place : drop.places) {
      places.push_back({place.file, place.offset});
    }
    drops.push_back({drop.count, places});
  }
  return drops;
}

void read_drops(const Json& drops, CorpusCounts& counts) {
  for (size_t i = 0; i < counts.dropped.size(); ++i) {
    counts.dropped[i].count = drops.at(i).at(0).get<int64_t>();
    for (const Json& place : drops.at(i).at(1)) {
      counts.dropped[i].places.push_back({place.at(0).get<int64_t>(), place.at(1).get<int64_t>()});
    }
  }
}

}  // namespace

std::string StoreState::line() const {
  Json segments_json = Json::array();
  for (const Segment& segment : segments) {
    segments_json.push_back(segment.bytes);
  }
  const Json json = {{"chunks", chunks},
                     {"tokens", tokens},
                     {"document_end", document_end},
                     {"bytes", counts.bytes},
                     {"documents", counts.documents},
                     {"sequences", counts.sentences},
                     {"dropped", drops_json(counts)},
                     {"segments", segments_json}};
  return json.dump();
}

std::optional<StoreState> StoreState::parse(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) {
    return std::nullopt;
  }
  try {
    StoreState state;
    state.chunks = json.at("chunks").get<int64_t>();
    state.tokens = json.at("tokens").get<int64_t>();
    state.document_end = json.at("document_end").get<int64_t>();
    state.counts.bytes = json.at("bytes").get<int64_t>();
    state.counts.documents = json.at("documents").get<int64_t>();
    state.counts.sentences = json.at("sequences").get<int64_t>();
    read_drops(json.at("dropped"), state.counts);
    for (const Json& segment : json.at("segments")) {
      state.segments.push_back({segment.get<std::array<int64_t, 3>>()});
    }
    return state;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace tpretrain::text
