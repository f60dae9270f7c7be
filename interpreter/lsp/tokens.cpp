// Semantic tokens: what the grammar and the binder know about each word.
#include <algorithm>
#include <map>

#include "grammar/format/token.hpp"
#include "grammar/syntax/keywords.hpp"
#include "grammar/syntax/unicode.hpp"
#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {
namespace {

using syntax::Node;
using syntax::NodeKind;
using syntax::WordGroup;

enum class Type : std::uint8_t {
  comment,
  keyword,
  string,
  number,
  operator_,
  function,
  type,
  class_,
  property,
  variable,
  parameter,
  enum_member,
  namespace_,
};
constexpr std::uint32_t kDeclaration = 1, kDocumentation = 2, kLibrary = 4;

struct Painted {
  std::uint32_t begin = 0, end = 0;
  Type type = Type::keyword;
  std::uint32_t modifiers = 0;
};

Type type_of(What what) {
  switch (what) {
    case What::policy:
    case What::alias:
      return Type::namespace_;
    case What::entity:
    case What::events:
      return Type::class_;
    case What::field:
      return Type::property;
    case What::param:
      return Type::parameter;
    case What::phase:
      return Type::enum_member;
    case What::curve:
    case What::table:
      return Type::function;
    default:
      return Type::variable;
  }
}

bool is_function(std::string_view word) {
  return syntax::is_word(WordGroup::aggregate, word) || syntax::is_word(WordGroup::metric_function, word) ||
         syntax::is_word(WordGroup::scalar_function, word) || syntax::is_word(WordGroup::text_function, word) ||
         syntax::is_word(WordGroup::builtin_curve, word);
}

class Painter {
 public:
  explicit Painter(const View& view) : view_(view), text_(view.analysis.text()), tree_(view.analysis.tree()) {
    for (const bind::Occurrence& occurrence : view.analysis.occurrences()) {
      if (occurrence.use.source != view.analysis.source()) continue;
      const Declaration* declaration = view.analysis.declaration_at(occurrence.declaration);
      if (declaration) names_.emplace(occurrence.use.begin, std::pair(declaration->what, 0U));
    }
    for (const Declaration& declaration : view.analysis.declarations()) {
      if (declaration.span.source == view.analysis.source()) {
        names_[declaration.span.begin] = std::pair(declaration.what, kDeclaration);
      }
    }
    leaves(tree_.root());
  }

  std::vector<Painted> run() {
    const syntax::CleanText& clean = view_.analysis.clean();
    if (!clean.usable) return {};
    const auto tokens = format::tokenize(text_, clean, tree_);
    std::uint32_t behind = 0;
    for (const format::Token& token : tokens) {
      comments(behind, token.begin);
      if (token.end > token.begin) paint(token);
      behind = token.end;
    }
    comments(behind, static_cast<std::uint32_t>(text_.size()));
    std::sort(found_.begin(), found_.end(), [](const Painted& a, const Painted& b) { return a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  void leaves(std::uint32_t index) {
    const Node& node = tree_[index];
    if (node.first_child == 0 && node.end > node.begin) kinds_.emplace(node.begin, node.kind);
    for (std::uint32_t child = node.first_child; child != 0; child = tree_[child].next) leaves(child);
  }

  void comments(std::uint32_t begin, std::uint32_t end) {
    const std::string_view gap = text_.substr(begin, end > begin ? end - begin : 0);
    for (std::size_t at = gap.find('#'); at < gap.size(); at = gap.find('#', at)) {
      const std::size_t stop = std::min(gap.find_first_of("\r\n", at), gap.size());
      found_.push_back({begin + static_cast<std::uint32_t>(at), begin + static_cast<std::uint32_t>(stop), Type::comment,
                        gap.substr(at, 2) == "##" ? kDocumentation : 0});
      at = stop;
    }
  }

  void paint(const format::Token& token) {
    const auto put = [&](Type type, std::uint32_t modifiers = 0) {
      found_.push_back({token.begin, token.end, type, modifiers});
    };
    const std::string_view word = text_.substr(token.begin, token.end - token.begin);
    if (const auto name = names_.find(token.begin); name != names_.end()) {
      const auto [what, modifiers] = name->second;
      return put(type_of(what), modifiers);
    }
    const auto kind = kinds_.find(token.begin);
    const bool is_word = syntax::name_end(word, 0) == word.size() || word.starts_with('`');
    switch (kind == kinds_.end() ? NodeKind::none : kind->second) {
      case NodeKind::text:
        return put(Type::string);
      case NodeKind::number:
      case NodeKind::date:
      case NodeKind::date_time:
      case NodeKind::period:
      case NodeKind::time_of_day:
        return put(Type::number);
      case NodeKind::key:
        return put(Type::keyword);
      case NodeKind::name_expr:
        if (is_function(word)) return put(Type::function, kLibrary);
        if (syntax::is_word(WordGroup::reserved_name, word)) return put(Type::variable, kLibrary);
        return put(Type::variable);
      case NodeKind::rule_id:
      case NodeKind::quoted_name:
        return put(Type::variable);
      case NodeKind::name:
        if (syntax::is_word(WordGroup::type, word)) return put(Type::type, kLibrary);
        return put(Type::property);
      case NodeKind::word:
      case NodeKind::part_kind:
      case NodeKind::part_severity:
        return put(Type::enum_member);
      default:
        break;
    }
    if (is_word) return put(Type::keyword);
    if (word != "|" && word != "{" && word != "}" && word != "(" && word != ")" && word != "," && word != "[" &&
        word != "]") {
      put(Type::operator_);
    }
  }

  const View& view_;
  std::string_view text_;
  const syntax::Tree& tree_;
  std::map<std::uint32_t, std::pair<What, std::uint32_t>> names_;  // by their beginning
  std::map<std::uint32_t, NodeKind> kinds_;
  std::vector<Painted> found_;
};

}  // namespace

const std::vector<std::string>& token_types() {
  static const std::vector<std::string> names = {"comment",   "keyword",    "string",   "number",   "operator",
                                                 "function",  "type",       "class",    "property", "variable",
                                                 "parameter", "enumMember", "namespace"};
  return names;
}

const std::vector<std::string>& token_modifiers() {
  static const std::vector<std::string> names = {"declaration", "documentation", "defaultLibrary"};
  return names;
}

std::vector<std::uint32_t> semantic_tokens(const View& view) {
  std::vector<std::uint32_t> packed;
  const Document& document = view.analysis.document(view.analysis.source());
  Position last;
  for (const Painted& token : Painter(view).run()) {
    const Position begin = document.position(token.begin, view.encoding);
    const Position end = document.position(token.end, view.encoding);
    if (end.line != begin.line || end.character <= begin.character) continue;
    const bool same_line = begin.line == last.line;
    packed.push_back(begin.line - last.line);
    packed.push_back(same_line ? begin.character - last.character : begin.character);
    packed.push_back(end.character - begin.character);
    packed.push_back(static_cast<std::uint32_t>(token.type));
    packed.push_back(token.modifiers);
    last = begin;
  }
  return packed;
}

}  // namespace kpi::lsp
