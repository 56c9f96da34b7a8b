/// Foreign text in HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace tpretrain::report {

/// Safe as text and inside a quoted attribute: & < > " ' become entities, control characters and
/// bytes that are no UTF-8 become \xNN.
std::string escape_html(std::string_view text);

}  // namespace tpretrain::report
