#include "train/report/html.h"

#include <gtest/gtest.h>

namespace tpretrain::report {
namespace {

TEST(EscapeHtml, LeavesNoMarkup) {
  EXPECT_EQ(escape_html("<script>alert(\"a\" & 'b')</script>"),
            "&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;");
  EXPECT_EQ(escape_html("&lt;"), "&amp;lt;") << "escaped, not taken as an entity";
}

TEST(EscapeHtml, KeepsLettersOfAllScripts) {
  EXPECT_EQ(escape_html("caf\xC3\xA9 \xE5\x8C\x97"), "caf\xC3\xA9 \xE5\x8C\x97");
}

TEST(EscapeHtml, ShowsControlsAndBrokenBytes) {
  EXPECT_EQ(escape_html(std::string("a\nb\0c", 5)), "a\\x0ab\\x00c");
  EXPECT_EQ(escape_html("\xFF<"), "\\xff&lt;");
}

}  // namespace
}  // namespace tpretrain::report
