#include "interpreter/model/native.hpp"

#include <algorithm>

#include "interpreter/model/walk.hpp"

namespace kpi::model {
namespace {

using value::Kind;

bool is_money(const value::Type& type) { return type.kind == Kind::number && type.unit.money != 0; }

class Collector {
 public:
  explicit Collector(const Policy& policy) : policy_(policy) {}

  void field(std::uint8_t depth, SourceRef source, const std::vector<FieldId>& before, const FieldPath& path) {
    std::vector<FieldId> refs = before;
    for (const FieldId ref : path.refs) {
      const value::Type& type = policy_.fields(source)[ref.index].type;
      source = type.kind == Kind::event ? SourceRef::of(EventsId{type.index}) : SourceRef::of(EntityId{type.index});
      refs.push_back(ref);
    }
    const Field& declared = policy_.fields(source)[path.field.index];
    if (!is_money(declared.type)) return;
    if (declared.currency_field.valid()) {
      add({{}, depth, {refs, declared.currency_field}});
    } else if (!declared.computed.valid()) {
      const value::Currency currency = declared.currency.is_none() ? policy_.header.currency : declared.currency;
      if (!currency.is_none()) add({currency, depth, {}});  // a library checked on its own does not know it
    } else if (++levels_ < kMostLevels) {
      walk(policy_, declared.computed, [&](ExprId, const Expr& part) {
        if (const auto* inner = std::get_if<RowField>(&part.node); inner != nullptr && inner->depth == 0) {
          field(depth, source, refs, inner->path);
        } else if (std::holds_alternative<Constant>(part.node) && is_money(part.type) && !part.type.any_unit &&
                   !part.type.unit.currency.is_none()) {
          add({part.type.unit.currency, depth, {}});
        }
      });
      --levels_;
    }
  }

  void expression(ExprId root) {
    walk(policy_, root, [&](ExprId, const Expr& part) {
      const auto* call = std::get_if<CallExpr>(&part.node);
      if (call == nullptr || call->function != Builtin::native) return;
      if (const auto* argument = std::get_if<RowField>(&policy_.expr(call->arguments[0]).node)) {
        field(argument->depth, argument->source, {}, argument->path);
      }
    });
  }

  std::vector<NativeCurrency> take() { return std::move(found_); }

 private:
  static constexpr int kMostLevels = 100;  // computed fields do not depend on themselves; a broken policy's may
  void add(NativeCurrency one) {
    if (std::find(found_.begin(), found_.end(), one) == found_.end()) found_.push_back(std::move(one));
  }
  const Policy& policy_;
  std::vector<NativeCurrency> found_;
  int levels_ = 0;
};

}  // namespace

std::vector<NativeCurrency> native_currencies(const Policy& policy, const RowField& field) {
  Collector collector(policy);
  collector.field(field.depth, field.source, {}, field.path);
  return collector.take();
}

std::vector<NativeCurrency> native_currencies(const Policy& policy, ExprId expr) {
  Collector collector(policy);
  if (expr.valid()) collector.expression(expr);
  return collector.take();
}

}  // namespace kpi::model
