// The full form as a whole: its order and what its pieces say of each other.
#include "tpretrain/core/model_spec.h"

#include <algorithm>
#include <set>

#include "core/model_spec_reader.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

/// A pass that continues another one runs the same encoder unless it names its own.
void inherit_encoders(std::vector<PassSpec>& passes) {
  for (auto pass = passes.begin(); pass != passes.end(); ++pass) {
    const auto source = std::find_if(passes.begin(), pass, [&pass](const PassSpec& earlier) {
      return earlier.name == pass->source;
    });
    if (pass->encoder.empty() && source != pass) {
      pass->encoder = source->encoder;
    }
  }
}

std::vector<std::string> part_names(const ModelSpec& spec) {
  std::vector<std::string> names;
  for (const PartSpec& part : spec.parts) {
    names.push_back(part.name);
  }
  return names;
}

/// Checks that a pass names parts of the right kind.
class PassChecker {
 public:
  PassChecker(const ModelSpec& spec, Faults& faults) : spec_(spec), faults_(faults) {}

  void check(const PassSpec& pass) {
    pass_ = &pass;
    expect(pass.input.part, "input", "embedding");
    expect(pass.encoder, "encoder", "encoder");
    expect(pass.decoder, "decoder", "decoder");
    expect(pass.target_input.part, "target_input", "embedding");
    expect(pass.pool, "pool", "pool");
    expect(pass.project, "project", "project");
    expect_pass(pass.source, "continue");
    expect_pass(pass.memory, "memory");
    if (pass.decoder.empty() != pass.target_input.part.empty()) {
      fault("'decoder' and 'target_input' go together");
    }
  }

 private:
  void fault(const std::string& text) {
    faults_.add(pass_->mark, "'model.passes." + pass_->name + "': " + text);
  }

  void expect(const std::string& part, const std::string& key, const std::string& kind) {
    if (part.empty()) {
      return;
    }
    const PartSpec* found = spec_.part(part);
    if (found == nullptr) {
      fault(key + " names no part '" + part + "'" + suggestion(part, part_names(spec_)));
    } else if (found->kind != kind) {
      fault(key + " must be a part of kind " + kind + ", but '" + part + "' is of kind " +
            found->kind);
    }
  }

  void expect_pass(const std::string& name, const std::string& key) {
    if (name.empty()) {
      return;
    }
    for (const PassSpec& known : spec_.passes) {
      if (known.name == pass_->name) {
        break;  // only earlier passes: no circle is possible
      }
      if (known.name == name) {
        return;
      }
    }
    fault(key + " must name a pass that stands before it, but is '" + name + "' instead");
  }

  const ModelSpec& spec_;
  Faults& faults_;
  const PassSpec* pass_ = nullptr;
};

/// Patterns written out and chains followed to their end.
std::map<std::string, std::string> resolve_shares(const ModelSpec& spec,
                                                  const std::vector<Relation>& rules,
                                                  Faults& faults) {
  std::map<std::string, std::string> owners;
  std::map<std::string, Mark> marks;
  for (const Relation& rule : rules) {
    bool any = false;
    for (const PartSpec& part : spec.parts) {
      const std::string owner = rule.counterpart(part.name);
      any = any || !owner.empty();
      if (owner.empty() || owner == part.name) {
        continue;
      }
      const PartSpec* found = spec.part(owner);
      if (found == nullptr || found->kind != part.kind) {
        faults.add(rule.borrower.mark, "model.share: '" + part.name + "' and '" + owner +
                                           "' must be two parts of one kind");
      }
      owners[part.name] = owner;
      marks[part.name] = rule.borrower.mark;
    }
    if (!any) {
      faults.add(rule.borrower.mark, "model.share: pattern '" + rule.borrower.text +
                                         "' matches no part" +
                                         suggestion(rule.borrower.text, part_names(spec)));
    }
  }
  std::map<std::string, std::string> last = last_owners(owners);
  for (const auto& [part, mark] : marks) {
    if (last.count(part) == 0) {
      faults.add(mark, "model.share of '" + part + "' runs in a circle");
    }
  }
  return last;
}

}  // namespace

const PartSpec* ModelSpec::part(const std::string& name) const {
  for (const PartSpec& part : parts) {
    if (part.name == name) {
      return &part;
    }
  }
  return nullptr;
}

const PassSpec* ModelSpec::pass(const std::string& name) const {
  for (const PassSpec& pass : passes) {
    if (pass.name == name) {
      return &pass;
    }
  }
  return nullptr;
}

std::vector<std::string> ModelSpec::unused_parts() const {
  std::set<std::string> used;
  for (const PassSpec& pass : passes) {
    for (const std::string& part : {pass.input.part, pass.encoder, pass.decoder,
                                    pass.target_input.part, pass.pool, pass.project}) {
      const auto shared = shares.find(part);
      used.insert({part, shared == shares.end() ? part : shared->second});
    }
  }
  std::vector<std::string> unused;
  for (const PartSpec& part : parts) {
    if (used.count(part.name) == 0) {
      unused.push_back(part.name);
    }
  }
  return unused;
}

ModelSpec read_model_spec(const Node& full, const Registry& registry, Faults& faults) {
  ModelSpec spec;
  if (!full.is_map()) {
    return spec;  // expand_model has said why
  }
  ModelSpecReader reader(registry, faults);
  for (const auto& [name, node] : full.find("parts")->entries()) {
    spec.parts.push_back(reader.part(name, node));
  }
  for (const auto& [name, node] : full.find("passes")->entries()) {
    spec.passes.push_back(reader.pass(name, node));
  }
  inherit_encoders(spec.passes);
  PassChecker checker(spec, faults);
  for (const PassSpec& pass : spec.passes) {
    checker.check(pass);
  }
  if (const Node* target = full.find("target")) {
    spec.targets = reader.targets(*target);
  }
  if (spec.targets.empty()) {
    faults.add(full.mark(), "missing key 'model.target': what the model is trained for");
  }
  if (const Node* tie = full.find("tie")) {
    spec.ties = reader.relations(*tie, "model.tie");
  }
  if (const Node* share = full.find("share")) {
    spec.shares = resolve_shares(spec, reader.relations(*share, "model.share"), faults);
  }
  if (const Node* freeze = full.find("freeze")) {
    spec.freeze = reader.patterns(*freeze, "model.freeze");
  }
  return spec;
}

}  // namespace tpretrain
