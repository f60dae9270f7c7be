// Refunds: one more of them, in whatever way the policy records them, never raises pay.
#include <algorithm>

#include "interpreter/model/field_names.hpp"
#include "interpreter/model/walk.hpp"
#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

using Form = model::Attack::Form;
using value::Kind;
using value::Value;

namespace {

/// The field records what was given back: its name, its column or its label in any language says so, or an attack gives
/// it its value only in the next period.
bool records_refunds(const model::Policy& policy, const std::vector<model::Attack>& attacks, model::EventsId id,
                     std::uint32_t field) {
  const model::Events& events = policy.events[id.index];
  const model::Field& of = events.fields[field];
  if (model::is_refund_name(of.named.name) || model::is_refund_name(of.column) || model::is_refund_name(of.named.label))
    return true;
  for (const auto& [language, texts] : policy.labels.by_language) {
    const auto label = texts.find(events.named.name + "." + of.named.name);
    if (label != texts.end() && model::is_refund_name(label->second)) return true;
  }
  return std::any_of(attacks.begin(), attacks.end(), [&](const model::Attack& attack) {
    return std::any_of(attack.forms.begin(), attack.forms.end(), [&](const Form& form) {
      return form.events == id && std::any_of(form.values.begin(), form.values.end(), [&](const auto& value) {
               return value.next_period && value.field.index == field;
             });
    });
  });
}

/// Texts that conditions compare this field with and that speak of refunds, such as `status = "returned"`.
std::vector<std::string> refund_states(const model::Policy& policy, model::EventsId id, std::uint32_t field) {
  std::vector<std::string> found;
  const auto is_field = [&](model::ExprId expr) {
    const auto* node = std::get_if<model::RowField>(&policy.expr(expr).node);
    return node != nullptr && node->source == model::SourceRef::of(id) && node->path.refs.empty() &&
           node->path.field.index == field;
  };
  const auto add = [&](model::ExprId expr) {
    const auto* constant = std::get_if<model::Constant>(&policy.expr(expr).node);
    if (constant == nullptr || !constant->value.is<std::string>()) return;
    const std::string& text = constant->value.text();
    if (model::is_refund_name(text) && std::find(found.begin(), found.end(), text) == found.end())
      found.push_back(text);
  };
  for (const model::Expr& expr : policy.exprs) {
    if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node)) {
      if (is_field(node->left)) add(node->right);
      if (is_field(node->right)) add(node->left);
    } else if (const auto* in = std::get_if<model::InExpr>(&expr.node); in != nullptr && is_field(in->item)) {
      if (const auto* list = std::get_if<model::ListExpr>(&policy.expr(in->collection).node)) {
        for (const model::ExprId item : list->items) add(item);
      }
    }
  }
  return found;
}

}  // namespace

/// One order is refunded, or more of it; one event of the refunds more.
Finding Decider::refund(const std::string& what, model::EventsId events, const FieldChange* change, const Said& text) {
  Finding finding = start(Property::refund, what, span());
  Graph& graph = shape_.graph;
  model::Attack one;
  one.named.name = "refund " + what;
  Form form;
  form.kind = change != nullptr ? Form::Kind::changes : Form::Kind::adds;
  form.events = events;
  if (change != nullptr) form.field = change->field;
  one.forms.push_back(form);
  const AttackGraph encoded = AttackEncoder(shape_, one, change).encode();
  Query query;
  query.objective = encoded.gain;  // it costs nothing
  query.tolerance = cent() * Number(encoded.periods);
  query.require = encoded.require;
  query.attack = &encoded;
  if (const auto moved = deltas(graph, encoded.change).delta[encoded.before]; moved.upper)
    query.native_bound = *moved.upper;
  decide(finding, query);
  finding.sentence = finding.verdict == Verdict::refuted
                         ? Said{text.en + " can raise pay by " + money(*finding.amount),
                                text.zh + "反而可能使报酬增加 " + money(*finding.amount)}
                         : Said{text.en + " never raises pay", text.zh + "不会使报酬增加"};
  return finding;
}

std::vector<Finding> Decider::refunds() {
  std::vector<Finding> result;
  if (!target_.payout.valid()) return result;
  for (std::uint32_t index = 0; index < policy_.events.size(); ++index) {
    const model::EventsId id{index};
    const model::Events& events = policy_.events[index];
    const std::string& name = events.named.name;
    if ((events.role != "orders" && events.role != "refunds") || !touches(shape_, id)) continue;
    if (events.role == "refunds") {
      result.push_back(refund(name, id, nullptr, {"one more of `" + name + "`", "「" + zh(name) + "」多一条"}));
      continue;
    }
    for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
      const model::Field& of = events.fields[field];
      if (of.computed.valid() || of.key || !is_read(id, field)) continue;
      const std::string full = name + "." + of.named.name;
      FieldChange change{model::FieldId{field}, std::nullopt};
      if (of.type.kind == Kind::text) {
        for (const std::string& state : refund_states(policy_, id, field)) {
          change.to = Value(state);
          result.push_back(refund(full + " \"" + state + "\"", id, &change,
                                  {"an order whose `" + full + "` becomes \"" + state + "\"",
                                   "一笔订单的 `" + full + "` 变为「" + state + "」"}));
        }
        continue;
      }
      if (!records_refunds(policy_, declared_, id, field)) continue;
      Said text{"more in `" + full + "`", "`" + full + "` 增加"};
      if (of.type.kind == Kind::boolean) {
        change.to = Value(true);
        text = {"marking an order `" + full + "`", "将一笔订单标记为 `" + full + "` "};
      } else if (of.type.kind == Kind::date || of.type.kind == Kind::datetime) {
        if (!of.type.optional) continue;  // it says when, not whether
        change.to = of.type.kind == Kind::date
                        ? Value(shape_.anchor())
                        : Value(policy_.header.timezone->to_instant_or_jump(
                              (static_cast<std::int64_t>(shape_.anchor().days) * 86'400 + 12 * 3'600) *
                              value::kMicrosPerSecond));
        text = {"giving an order its `" + full + "`", "为一笔订单填上 `" + full + "` "};
      } else if (of.type.kind != Kind::number) {
        continue;
      }
      result.push_back(refund(full, id, &change, text));
    }
  }
  return result;
}

/// Whether pay depends on the field of these events: in a sum, or in a condition that decides which rows count.
bool Decider::is_read(model::EventsId id, std::uint32_t field) const {
  const Graph& graph = shape_.graph;
  const model::SourceRef source = model::SourceRef::of(id);
  const FieldChange any{model::FieldId{field}, Value()};
  const auto inputs = graph.inputs_of(shape_.value());
  return std::any_of(inputs.begin(), inputs.end(), [&](std::uint32_t index) {
    const Input& input = graph.inputs[index];
    if (input.reads.fields.contains({id.index, field})) return true;
    if (input.kind != Input::Kind::rows && input.kind != Input::Kind::total) return false;
    const Group& group = graph.groups[input.group];
    if (goes_along(policy_, group.source, id, false)) return true;
    if (!(group.source == source)) return false;
    if (input.path.field.valid() &&
        (input.path.refs.empty() ? input.path.field : input.path.refs.front()).index == field)
      return true;
    const Turn turn = membership(policy_, id, group.filter, group.at, group.including, any);
    if (turn.up || turn.down) return true;
    for (const auto& exclusion : policy_.exclusions) {
      for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
        if (exclusion.from[i] == id && looks_at_rows(policy_, exclusion.conditions[i], id, model::FieldId{field}))
          return true;
      }
    }
    return false;
  });
}

}  // namespace kpi::prove
