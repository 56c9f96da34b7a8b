/// Names of members in WebDataset shards. Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tpretrain::data {

/// "cats/003.Seg.PNG" is member "seg.png" of the sample "cats/003".
struct SampleName {
  std::string_view key;   ///< up to the first dot of the file name
  std::string extension;  ///< what follows, in lower case
};

/// None for names that belong to no sample: hidden files, names without a dot, `__x__` metadata.
std::optional<SampleName> split_sample_name(std::string_view member);

/// What a member is for, told by its whole extension.
enum class MemberRole { kOther, kImage, kText, kJson, kLabel };
MemberRole member_role(std::string_view extension);

}  // namespace tpretrain::data
