// labels, test, import
#include "grammar/syntax/lower.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

void Lowerer::lower_labels(Ref node) {
  LabelsDecl result;
  result.head = head(node);
  if (result.head.name) result.language = *result.head.name;
  result.head.name.reset();
  for (Ref part = node.child(); part; part = part.next()) {
    if (!part.is(NodeKind::label_entry)) continue;
    result.entries.push_back({path(part.find(NodeKind::path)), text_value(part.find(NodeKind::text))});
  }
  file_.declarations.emplace_back(std::move(result));
}

TestDecl::Given Lowerer::given(Ref node) {
  TestDecl::Given result;
  result.span = span(node);
  const Ref source_name = node.child().next();
  if (source_name.is(NodeKind::text)) {
    result.table = text_value(source_name);
  } else {
    result.table = ident(source_name);
  }
  if (const Ref file = node.find(NodeKind::part_from)) result.file = text_value(file.find(NodeKind::text));
  if (const Ref rows_node = node.find(NodeKind::table)) result.rows = table(rows_node);
  return result;
}

TestDecl::Expect Lowerer::expect(Ref node) {
  TestDecl::Expect result;
  result.span = span(node);
  std::vector<Ident> names;
  std::string form;  // the words before the names: ``, `excluded`, `alert`, `no alert`, `error`
  for (Ref part = node.child().next(); part; part = part.next()) {
    switch (part.kind()) {
      case NodeKind::word:
        form += (form.empty() ? "" : " ") + std::string(text(part));
        break;
      case NodeKind::name:
        names.push_back(ident(part));
        break;
      case NodeKind::text:
        result.key = text_value(part);
        break;
      case NodeKind::number:
      case NodeKind::bad_number: {
        // A key that is a number in the data may be written as one.
        const ExprNode literal = part.is(NodeKind::number) ? number(part) : bad_number(part);
        result.key = Text{std::get<NumberLit>(literal).digits, span(part)};
        break;
      }
      case NodeKind::part_from:
        result.by = ident_of(part);
        break;
      case NodeKind::expect_in:
        result.period = period(part);
        break;
      case NodeKind::table:
        result.table = table(part);
        break;
      default:
        break;
    }
  }
  using Kind = TestDecl::Expect::Kind;
  result.kind = form.empty()         ? Kind::row
                : form == "excluded" ? Kind::excluded
                : form == "alert"    ? Kind::alert
                : form == "error"    ? Kind::error
                                     : Kind::no_alert;
  result.subject = names.front();
  if (names.size() > 1) result.entity = names[1];
  return result;
}

void Lowerer::lower_test(Ref node) {
  TestDecl result;
  result.head = head(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::given)) result.given.push_back(given(part));
    if (part.is(NodeKind::expect)) result.expect.push_back(expect(part));
    if (!part.is(NodeKind::clause)) continue;
    const std::string_view key = text(part.child());
    if (key == "as_of") {
      if (first_time(!result.as_of, part, key)) result.as_of = lower_expression(part.child().next());
    } else if (first_time(!result.period, part, key)) {
      result.period = period(part);
      result.period_span = span(part.child().next());
    }
  }
  file_.declarations.emplace_back(std::move(result));
}

ImportDecl::Column Lowerer::column(Ref node) {
  ImportDecl::Column result;
  result.name = ident_of(node);
  result.span = span(node);
  if (const Ref type_node = node.find(NodeKind::type)) result.type = type(type_node);
  if (const Ref value = node.find(NodeKind::part_value)) result.value = value_of(value);
  for (Ref part = node.child(); part; part = part.next()) {
    const Ref literal = part.find(NodeKind::text);
    if (part.is(NodeKind::column_from)) result.from = text_value(literal);
    if (part.is(NodeKind::column_or)) result.alternatives.push_back(text_value(literal));
    if (!part.is(NodeKind::column_option)) continue;
    const Ident word = ident_of(part);
    const std::optional<Text> value = literal ? std::optional(text_value(literal)) : std::nullopt;
    auto* const named = word.text == "format"    ? &result.format
                        : word.text == "decimal" ? &result.decimal
                        : word.text == "group"   ? &result.group
                        : word.text == "prefix"  ? &result.prefix
                                                 : nullptr;
    if (named && value) {
      if (first_time(!*named, part, word.text)) *named = value;
    } else if (word.text == "trim" && !value) {
      result.trim = true;
    } else if (!value && (word.text == "key" || word.text == "percent" || word.text == "code")) {
      result.flags.push_back(word);
    } else {
      result.options.emplace_back(word, value);
    }
  }
  return result;
}

void Lowerer::lower_import(Ref node) {
  ImportDecl result;
  result.head = head(node);
  result.table = table_ref(node.find(NodeKind::part_into));
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::column)) result.columns.push_back(column(part));
    if (!part.is(NodeKind::import_option)) continue;
    Parts all = parts(part);
    result.options.push_back({all.key, std::move(all.words), std::move(all.texts), all.value(), all.span});
  }
  file_.declarations.emplace_back(std::move(result));
}

}  // namespace kpi::syntax
