#include "data/shard/sample_name.h"

#include <utility>

namespace tpretrain::data {

namespace {

constexpr std::pair<std::string_view, MemberRole> kRoles[] = {
    {"jpg", MemberRole::kImage},    {"jpeg", MemberRole::kImage},
    {"png", MemberRole::kImage},    {"webp", MemberRole::kImage},
    {"txt", MemberRole::kText},     {"text", MemberRole::kText},
    {"caption", MemberRole::kText}, {"transcript", MemberRole::kText},
    {"json", MemberRole::kJson},    {"cls", MemberRole::kLabel},
    {"cls2", MemberRole::kLabel},   {"index", MemberRole::kLabel},
};

}  // namespace

std::optional<SampleName> split_sample_name(std::string_view member) {
  const size_t slash = member.rfind('/');
  const size_t base = slash == std::string_view::npos ? 0 : slash + 1;
  const std::string_view file = member.substr(base);
  const size_t dot = file.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == file.size()) {
    return std::nullopt;
  }
  if (base == 0 && file.size() >= 4 && file.starts_with("__") && file.ends_with("__")) {
    return std::nullopt;
  }
  SampleName name{member.substr(0, base + dot), std::string(file.substr(dot + 1))};
  for (char& c : name.extension) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

MemberRole member_role(std::string_view extension) {
  for (const auto& [name, role] : kRoles) {
    if (name == extension) {
      return role;
    }
  }
  return MemberRole::kOther;
}

}  // namespace tpretrain::data
