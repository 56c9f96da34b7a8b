#include "tpretrain/interop/name_map.h"

#include <cstring>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

/// The shape of the `index`-th of `parts` equal row ranges of a parameter.
std::vector<int64_t> part_shape(const Segment& segment, size_t parts) {
  std::vector<int64_t> shape = segment.shape;
  if (shape[0] % static_cast<int64_t>(parts) != 0) {
    throw ShapeError("'" + segment.name + "' can not be cut into " + std::to_string(parts) +
                     " equal parts");
  }
  shape[0] /= static_cast<int64_t>(parts);
  return shape;
}

const Segment& segment_of(const NameRule& rule, const ParameterBuffer& buffer) {
  const Segment* segment = buffer.find(rule.ours);
  if (segment == nullptr) {
    throw NotFoundError("the model has no parameter '" + rule.ours + "'");
  }
  return *segment;
}

}  // namespace

NameMap bert_names(int64_t layers) {
  NameMap names = {
      {"embedding.word.weight", {"bert.embeddings.word_embeddings.weight"}},
      {"embedding.position.weight", {"bert.embeddings.position_embeddings.weight"}},
      {"embedding.segment.weight", {"bert.embeddings.token_type_embeddings.weight"}},
      {"main.pool.dense.weight", {"bert.pooler.dense.weight"}},
      {"main.pool.dense.bias", {"bert.pooler.dense.bias"}},
      {"target.mlm.output.bias", {"cls.predictions.bias"}},
      {"target.nsp.classifier.weight", {"cls.seq_relationship.weight"}},
      {"target.nsp.classifier.bias", {"cls.seq_relationship.bias"}},
  };
  const auto add = [&names](const std::string& ours, const std::string& theirs) {
    for (const std::string kind : {".weight", ".bias"}) {
      names.push_back({ours + kind, {theirs + kind}});
    }
  };
  add("embedding.norm", "bert.embeddings.LayerNorm");
  add("target.mlm.dense", "cls.predictions.transform.dense");
  add("target.mlm.norm", "cls.predictions.transform.LayerNorm");
  for (int64_t i = 0; i < layers; ++i) {
    const std::string ours = "encoder.layers." + std::to_string(i) + ".";
    const std::string theirs = "bert.encoder.layer." + std::to_string(i) + ".";
    for (const std::string kind : {".weight", ".bias"}) {
      const std::string self = theirs + "attention.self.";
      names.push_back({ours + "attention.qkv" + kind,
                       {self + "query" + kind, self + "key" + kind, self + "value" + kind}});
    }
    add(ours + "attention.output", theirs + "attention.output.dense");
    add(ours + "attention.norm", theirs + "attention.output.LayerNorm");
    add(ours + "ffn.input", theirs + "intermediate.dense");
    add(ours + "ffn.output", theirs + "output.dense");
    add(ours + "ffn.norm", theirs + "output.LayerNorm");
  }
  return names;
}

void import_parameters(const SafetensorsFile& file, const NameMap& names, ParameterBuffer& buffer) {
  for (const NameRule& rule : names) {
    const Segment& segment = segment_of(rule, buffer);
    const std::vector<int64_t> shape = part_shape(segment, rule.theirs.size());
    auto* out = static_cast<std::byte*>(buffer.parameter(rule.ours).data_ptr());
    for (const std::string& name : rule.theirs) {
      const SafetensorsTensor& tensor = file.at(name);
      if (tensor.type != TensorType::kF32 || tensor.shape != shape) {
        throw DataError("'" + name + "' has another shape or dtype than '" + rule.ours + "'");
      }
      std::memcpy(out, tensor.data.data(), tensor.data.size());
      out += tensor.data.size();
    }
  }
}

std::vector<SafetensorsTensor> export_parameters(const NameMap& names,
                                                 const ParameterBuffer& buffer) {
  std::vector<SafetensorsTensor> tensors;
  for (const NameRule& rule : names) {
    const Segment& segment = segment_of(rule, buffer);
    const std::vector<int64_t> shape = part_shape(segment, rule.theirs.size());
    const auto* data = static_cast<const std::byte*>(buffer.parameter(rule.ours).data_ptr());
    for (const std::string& name : rule.theirs) {
      SafetensorsTensor tensor;
      static_cast<SafetensorsSpec&>(tensor) = {name, TensorType::kF32, shape};
      tensor.data = {data, tensor.bytes()};
      data += tensor.bytes();
      tensors.push_back(std::move(tensor));
    }
  }
  return tensors;
}

}  // namespace tpretrain
