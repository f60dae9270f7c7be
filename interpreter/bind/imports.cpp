// Imports: columns of exported files, and how their texts are read.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/tables_by_name.hpp"

namespace kpi::bind {
namespace {

class ImportBinder {
 public:
  ImportBinder(Session& session, std::size_t index, const TablesByName& tables)
      : s_(session),
        index_(index),
        decl_(*session.imports[index].decl),
        module_(*session.imports[index].module),
        tables_(tables) {}

  void bind() {
    import().table = text_of(decl_.table);
    import().span = decl_.head.keyword;
    table_ = tables_.find(import().table);
    std::unordered_map<std::string, Span> seen;
    for (const auto& column : decl_.columns) {
      const auto [at, inserted] = seen.emplace(column.name.text, column.name.span);
      if (!inserted) {
        s_.report(D::column_twice, column.name.span)
            .with("column", column.name.text)
            .label(at->second, D::first_declared_here);
        continue;
      }
      bind_column(column);
    }
    if (decl_.columns.empty() && !decl_.head.incomplete)
      s_.report(D::import_without_columns, import().named.span).with("name", import().named.name);
    for (const auto& option : decl_.options) bind_option(option);
  }

 private:
  model::Import& import() { return s_.policy.imports[index_]; }

  ExprId bind_expression(syntax::ExprId id, bool condition) {
    std::vector<std::string> headers = std::move(import().header_fields);
    ExprBinder binder(s_, Context{&module_, Place::import_row, {}, {}, {}, &headers});
    const ExprId bound = condition ? binder.bind_boolean(id) : binder.bind(id);
    import().header_fields = std::move(headers);
    return bound;
  }

  void bind_column(const syntax::ImportDecl::Column& decl) {
    model::ImportColumn column;
    column.name = decl.name.text;
    column.span = decl.name.span;
    if (decl.from) column.headers.push_back(decl.from->value);
    for (const syntax::Text& other : decl.alternatives) column.headers.push_back(other.value);
    column.trim = decl.trim;
    if (decl.format) column.format = decl.format->value;
    if (decl.decimal) column.decimal = decl.decimal->value;
    if (decl.group) column.group = decl.group->value;
    if (decl.prefix) column.prefix = decl.prefix->value;
    for (const syntax::Ident& flag : decl.flags) bind_flag(column, flag);
    for (const auto& [option, text] : decl.options) bind_column_option(column, option, text);
    if (table_) {
      if (const auto* known = table_->find(column.name)) column.type = known->type;
    }
    if (decl.type)
      bind_type(column, *decl.type);
    else if (column.type)
      column.optional = column.type->optional;
    if (decl.value) column.value = bind_expression(*decl.value, false);
    if (!column.decimal.empty() && column.decimal == column.group) {
      s_.report(D::decimal_equals_group, decl.group->span).with("mark", column.group);
    }
    import().columns.push_back(std::move(column));
  }

  void bind_flag(model::ImportColumn& column, const syntax::Ident& flag) {
    if (!require_word(s_, flag, {"key", "percent", "code", "trim", "optional", "carry"})) return;
    if (flag.text == "trim")
      column.trim = true;
    else if (flag.text == "optional")
      column.optional = true;
    else
      column.flags.push_back(flag.text);
  }

  void bind_column_option(model::ImportColumn& column, const syntax::Ident& option,
                          const std::optional<syntax::Text>& text) {
    static const std::vector<std::string> kWithText = {"format", "decimal", "group", "prefix",
                                                       "carry",  "empty",   "yes",   "no"};
    static const std::vector<std::string> kAll = {"trim",  "percent", "code",  "key",   "format", "decimal",
                                                  "group", "prefix",  "carry", "empty", "yes",    "no"};
    if (!require_word(s_, option, text ? kWithText : kAll)) return;
    if (!text && option.text != "carry") {
      s_.report(D::clause_incomplete, option.span).with("clause", option.text).with("example", option.text + " \"…\"");
      return;
    }
    column.options.emplace_back(option.text, text ? text->value : "");
  }

  void bind_type(model::ImportColumn& column, const syntax::TypeRef& type) {
    static const std::vector<std::string> kTypes = {"text",    "integer", "number",  "money",
                                                    "boolean", "date",    "datetime"};
    const auto index = require_word(s_, type.name, kTypes);
    if (!index) return;
    column.as = static_cast<model::ColumnType>(*index + 1);  // after `unspecified`
    column.optional = type.optional;
  }

  void bind_option(const syntax::ImportDecl::Option& option) {
    const std::string& key = option.key.text;
    if (key == "skip" && option.where) {
      const ExprId condition = bind_expression(*option.where, true);
      if (s_.type(condition).kind != Kind::error) import().skip_where.push_back(condition);
    } else if (key == "key") {
      for (const syntax::Ident& word : option.words) bind_key(word);
    } else if (key == "encoding" && !option.texts.empty()) {
      import().encoding = option.texts[0].value;
    } else if (key == "separator") {
      bind_separator(option);
    } else if (key == "short") {
      import().short_rows = true;
    } else if (key == "plain") {
      import().plain_quotes = true;
    } else {
      require_word(s_, option.key, {"skip", "key", "encoding", "separator", "short", "plain"});
    }
  }

  void bind_key(const syntax::Ident& word) {
    std::vector<std::string> names;
    for (const auto& column : decl_.columns) {
      if (std::find(names.begin(), names.end(), column.name.text) == names.end()) names.push_back(column.name.text);
    }
    if (std::find(names.begin(), names.end(), word.text) != names.end()) {
      import().key.push_back(word.text);
      return;
    }
    suggest(s_.report(D::unknown_column, word.span).with("column", word.text).with("allowed", join(names)), word.text,
            names);
  }

  void bind_separator(const syntax::ImportDecl::Option& option) {
    static constexpr const char* kMarks[] = {",", "\t", ";"};
    if (!option.words.empty()) {
      const auto index = require_word(s_, option.words[0], {"comma", "tab", "semicolon"});
      if (index) import().separator = kMarks[*index];
    } else if (!option.texts.empty() && !option.texts[0].value.empty()) {
      import().separator = option.texts[0].value;
    } else {
      s_.report(D::clause_incomplete, option.span).with("clause", "separator").with("example", "separator tab");
    }
  }

  Session& s_;
  std::size_t index_;
  const syntax::ImportDecl& decl_;
  Module& module_;
  const TablesByName& tables_;
  const TablesByName::Table* table_ = nullptr;
};

}  // namespace

void bind_imports(Session& session) {
  if (session.imports.empty()) return;
  const TablesByName tables(session);
  for (std::size_t i = 0; i < session.imports.size(); ++i) ImportBinder(session, i, tables).bind();
}

}  // namespace kpi::bind
