// What stands before the cursor, read from the text alone, so that it works in the middle of something unfinished.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::lsp {

struct Context {
  bool in_comment = false, in_text = false;
  std::uint32_t begin = 0;  // of the word at the cursor; the cursor itself if there is none
  std::string block;        // the word of the declaration in whose braces the cursor is; empty at the top
  std::string head;         // the word of the declaration whose head or clause is being written; empty at its start
  std::string name;         // of the declaration around, as far as it can be told
  std::string of,
      from;  // what the declaration around is for, and what it takes: `phases for host`, `exclude … from orders`
  std::vector<std::string> path;               // `a`, `b` before `a.b.|`; `result()` before `result(m).|`
  std::map<std::string, std::string> binders;  // in a rule: the element that a variable stands for
  std::string before, before_that;             // the words or signs before, on the same line or not
  bool after_number = false;                   // a number stands before on the same line
  bool at_line_start = false;                  // only blanks stand before the word on its line
  bool at_item_start = false;                  // a clause or declaration may begin here
  bool after_colon = false;                    // `name : |`
  std::string text_owner;                      // in a text: the word before it
  std::string source_in_call;  // the first events or entity name in the innermost open call, for bare names
  // In a table:
  bool in_table = false, in_header = false;
  std::vector<std::string> header;  // the words of each header cell
  std::size_t column = 0;
  std::string subject;  // `given hosts`, `expect host`: the word behind
};

Context context_at(std::string_view text, std::uint32_t offset);

}  // namespace kpi::lsp
