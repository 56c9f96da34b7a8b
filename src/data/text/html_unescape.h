/// Character references of HTML: `&amp;`, `&#233;`, `&#xE9;`.
#pragma once

#include <string>
#include <string_view>

namespace tpretrain::text {

/// Replaces references as HTML5 does, also those without a semicolon ("&ampx" is "&x"), and as
/// Python's html.unescape: references to control characters vanish, those that are no code point
/// give U+FFFD.
std::u32string html_unescape(std::u32string_view text);

/// The careful form for text that may not be HTML, as ftfy's: only whole references that end in a
/// semicolon, and names written in capitals where nothing else has that name ("&EACUTE;"). Until
/// none is left: "&amp;lt;" is "<". Takes linear time.
std::u32string unescape_entities(std::u32string_view text);

/// What the byte (0x80 to 0x9F) means in Windows-1252; an unassigned one stays what it is.
char32_t windows_1252(char32_t byte);

}  // namespace tpretrain::text
