/// Rule-based sentence boundaries for English and Chinese.
#pragma once

#include <functional>
#include <string_view>

namespace tpretrain::text {

/// Calls `on_sentence` with every sentence of `text` (valid UTF-8), trimmed, in order, none empty.
///
/// Chinese: a sentence ends behind one of the full-width marks (full stop, !, ?) and the marks and
/// closing quotes that follow. English: it ends behind . ! ? and closing quotes when white space
/// and something that can start a sentence follow; not behind initials, acronyms and the usual
/// abbreviations.
void split_sentences(std::string_view text,
                     const std::function<void(std::string_view)>& on_sentence);

}  // namespace tpretrain::text
