#include "interpreter/handbook/phrase.hpp"

#include <fmt/format.h>

namespace kpi::handbook {

using model::ExprId;
using value::BinaryOp;
using value::Kind;
using value::Number;
using value::Unit;

namespace {

template <class... Arguments>
std::string f(const std::string& form, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(form), arguments...);
}

}  // namespace

Inline Phraser::aggregate(model::AggregateId id) const {
  const model::Aggregate& aggregate = policy_.aggregates[id.index];
  const Inline rows = source_name(aggregate.source);
  const Inline filter = aggregate.filter.valid() ? clause(aggregate.filter) : Inline();
  using Function = model::AggregateFunction;
  Inline among, what = aggregate.value.valid() ? phrase(aggregate.value, 2) : rows;
  std::vector<Inline> including;
  for (const model::ExclusionId each : aggregate.including)
    including.push_back(label(policy_.exclusions[each.index].named));
  if (zh()) {
    among = "“" + rows + "”" + (filter.empty() ? "" : "中满足条件（" + filter + "）的记录");
    if (!including.empty()) among += "（" + list(including) + "也计入）";
    if (aggregate.each_inner.valid()) {
      const char* unit = aggregate.each == value::CalendarUnit::day    ? "每天"
                         : aggregate.each == value::CalendarUnit::week ? "每周"
                                                                       : "每月";
      what = std::string(unit) + "的（" + this->aggregate(aggregate.each_inner) + "）";
      among = "";
    }
    const std::string of = among.empty() ? what : among + "的" + what;
    switch (aggregate.function) {
      case Function::sum:
        return of + "合计";
      case Function::count:
        return among + "的笔数";
      case Function::exists:
        return "存在" + among;
      case Function::distinct:
        return among + "中不同 " + what + " 的个数";
      case Function::avg:
        return of + "的平均值";
      case Function::min:
        return of + "的最小值";
      case Function::max:
        return of + "的最大值";
      case Function::median:
        return of + "的中位数";
      case Function::percentile:
        return of + "的第 " + aggregate.percent.to_string() + " 百分位数";
      case Function::first:
        return among + "中最早一条的" + what;
      case Function::last:
        return among + "中最晚一条的" + what;
    }
    return of;
  }
  among = filter.empty() ? "all " + rows : "the " + rows + " where " + filter;
  if (!including.empty()) among += " (" + list(including) + " counted as well)";
  if (aggregate.each_inner.valid()) {
    return f("the {} over all {}s of ({})",
             aggregate.function == Function::avg ? "average"
                                                 : std::string(aggregate.function == Function::max   ? "largest"
                                                               : aggregate.function == Function::min ? "smallest"
                                                                                                     : "total"),
             unit_noun(aggregate.each), this->aggregate(aggregate.each_inner));
  }
  switch (aggregate.function) {
    case Function::sum:
      return "the total of " + what + " over " + among;
    case Function::count:
      // A metric that is called like its rows would otherwise be explained by itself.
      return (is_metric(rows) ? "the number of rows of " : "the number of ") + rows +
             (filter.empty() ? "" : " where " + filter);
    case Function::exists:
      return "there are " + (filter.empty() ? rows : rows + " where " + filter);
    case Function::distinct:
      return "the number of different " + what + " among " + among;
    case Function::avg:
      return "the average of " + what + " over " + among;
    case Function::min:
      return "the smallest " + what + " among " + among;
    case Function::max:
      return "the largest " + what + " among " + among;
    case Function::median:
      return "the middle value (median) of " + what + " over " + among;
    case Function::percentile:
      return "the " + aggregate.percent.to_string() + "th percentile of " + what + " over " + among + " (" +
             aggregate.percent.to_string() + "% of them are at most this)";
    case Function::first:
      return what + " of the earliest of " + among;
    case Function::last:
      return what + " of the latest of " + among;
  }
  return what;
}

Inline Phraser::groups(const model::MetricCall& call) const {
  std::vector<Inline> names;
  for (const model::GroupKey& key : call.groups) {
    if (key.kind == model::GroupKey::Kind::company) names.push_back(pick("the whole company", "全公司"));
    if (key.kind == model::GroupKey::Kind::phase) names.push_back(pick("the same phase", "同一阶段"));
    if (key.kind == model::GroupKey::Kind::field) {
      // The group is a field of whoever is measured; its entity is the first that has such a field.
      Inline name;
      for (std::uint32_t i = 1; i < policy_.entities.size() && name.empty(); ++i) {
        const model::FieldId first = key.field.refs.empty() ? key.field.field : key.field.refs.front();
        if (policy_.entities[i].is_distinct() || first.index >= policy_.entities[i].fields.size()) continue;
        name = field(key.field, model::SourceRef::of(model::EntityId{i}));
      }
      names.push_back(pick("the same ", "同一") + name);
    }
  }
  return list(names);
}

Inline Phraser::metric_call(const model::MetricCall& call) const {
  const Inline what = phrase(call.operand, 2);
  const std::string count = std::to_string(call.count);
  using Function = model::MetricFunction;
  switch (call.function) {
    case Function::previous:
      if (call.count == 1) return zh() ? "上一期的" + what : what + " of the period before";
      return zh() ? count + " 期之前的" + what : what + " " + count + " periods before";
    case Function::year_ago:
      return zh() ? "去年同期的" + what : what + " of the same period a year earlier";
    case Function::at_period:
      return zh() ? call.period.to_string() + " 的" + what : what + " in " + call.period.to_string();
    case Function::rolling:
      return zh() ? "最近 " + count + " 期合并计算的" + what : what + " over the last " + count + " periods together";
    case Function::to_date:
      return zh() ? "从本" + unit_noun(call.unit) + "初到期末累计的" + what
                  : what + " from the start of the " + unit_noun(call.unit) + " to the end of the period";
    case Function::lifetime:
      return zh() ? "截至期末全部数据的" + what : what + " over everything up to the end of the period";
    case Function::total:
      return zh() ? groups(call) + "合计的" + what : what + " of everybody in " + groups(call) + " together";
    case Function::share:
      return zh() ? what + "占" + groups(call) + "合计的比例"
                  : "the share of " + what + " in the total of " + groups(call);
    case Function::rank:
      return zh() ? "在" + groups(call) + "内按" + what + "的名次（1 为最好）"
                  : "the place by " + what + " within " + groups(call) + " (1 is best)";
    case Function::percentile_rank:
      return zh() ? "在" + groups(call) + "内按" + what + "超过的人员比例"
                  : "the share of people within " + groups(call) + " who are below by " + what;
  }
  return what;
}

Inline Phraser::call(const model::CallExpr& call) const {
  std::vector<Inline> arguments;
  for (const ExprId id : call.arguments) arguments.push_back(phrase(id, 1));
  using Builtin = model::Builtin;
  const auto joined = [&] { return list(arguments); };
  switch (call.function) {
    case Builtin::min:
      return zh() ? joined() + "中较小的一个" : "the smaller of " + joined();
    case Builtin::max:
      return zh() ? joined() + "中较大的一个" : "the larger of " + joined();
    case Builtin::abs:
      return zh() ? arguments[0] + "的绝对值" : arguments[0] + " without its sign";
    case Builtin::round:
      return zh() ? arguments[0] + "四舍五入后的值" + (arguments.size() > 1 ? "（" + arguments[1] + " 位小数）" : "")
                  : arguments[0] + " rounded" + (arguments.size() > 1 ? " to " + arguments[1] + " decimals" : "");
    case Builtin::round_significant:
      return zh() ? arguments[0] + "取 " + arguments[1] + " 位有效数字"
                  : arguments[0] + " rounded to " + arguments[1] + " significant digits";
    case Builtin::floor:
      return zh() ? arguments[0] + "向下取整" : arguments[0] + " rounded down to a whole number";
    case Builtin::ceil:
      return zh() ? arguments[0] + "向上取整" : arguments[0] + " rounded up to a whole number";
    case Builtin::upper:
      return zh() ? arguments[0] + "（按大写）" : arguments[0] + " in upper case";
    case Builtin::lower:
      return zh() ? arguments[0] + "（按小写）" : arguments[0] + " in lower case";
    case Builtin::trim:
      return zh() ? arguments[0] + "（去掉首尾空格）" : arguments[0] + " without outer blanks";
    case Builtin::starts_with:
      return zh() ? arguments[0] + "以" + arguments[1] + "开头" : arguments[0] + " begins with " + arguments[1];
    case Builtin::ends_with:
      return zh() ? arguments[0] + "以" + arguments[1] + "结尾" : arguments[0] + " ends with " + arguments[1];
    case Builtin::contains:
      return zh() ? arguments[0] + "包含" + arguments[1] : arguments[0] + " contains " + arguments[1];
    case Builtin::age:
      return zh() ? "从 " + arguments[0] + " 到期初的时间"
                  : "the time from " + arguments[0] + " to the first day of the period";
    case Builtin::months_since:
      return zh() ? "从 " + arguments[0] + " 当月到本期的月数"
                  : "the number of months from that of " + arguments[0] + " to the period's";
    case Builtin::elapsed: {
      const Inline name = call.calendar.valid() ? label(policy_.calendars[call.calendar.index].named) : Inline();
      return zh() ? "从 " + arguments[0] + " 到 " + arguments[1] + " 的工作时间（" + name + "）"
                  : "the working time (" + name + ") from " + arguments[0] + " to " + arguments[1];
    }
    case Builtin::native:
      return zh() ? arguments[0] + "（原币种）" : arguments[0] + " in its own currency";
    case Builtin::convert:
      return zh() ? arguments[0] + "折算成本方案的货币" : arguments[0] + " converted to the currency of this policy";
    case Builtin::exists_value:
      break;
  }
  return joined();
}

Inline Phraser::comparison(const model::BinaryExpr& binary) const {
  const Inline left = phrase(binary.left, 2), right = phrase(binary.right, 2);
  const auto* other = std::get_if<model::RowField>(&policy_.expr(binary.right).node);
  if (binary.op == BinaryOp::eq && other != nullptr && other->depth > 0)
    return zh() ? left + " 与" + right + " 相同" : left + " is the same as " + right;
  const bool duration = policy_.expr(binary.left).type.unit == Unit::duration();
  if (binary.op == BinaryOp::lt && duration && zh()) return left + "不足 " + right;
  switch (binary.op) {
    case BinaryOp::eq:
      return zh() ? left + " 等于 " + right : left + " is " + right;
    case BinaryOp::ne:
      return zh() ? left + " 不等于 " + right : left + " is not " + right;
    case BinaryOp::lt:
      return zh() ? left + " 小于 " + right : left + " is less than " + right;
    case BinaryOp::le:
      return zh() ? left + " 不超过 " + right : left + " is at most " + right;
    case BinaryOp::gt:
      return zh() ? left + " 超过 " + right : left + " is more than " + right;
    case BinaryOp::ge:
      return zh() ? left + " 达到 " + right + " 或以上" : left + " is at least " + right;
    default:
      break;
  }
  return left;
}

Inline Phraser::clause(ExprId id) const {
  const model::Expr& expr = policy_.expr(id);
  const model::ExprNode& node = expr.node;
  const bool yes_no = expr.type.kind == Kind::boolean && (std::holds_alternative<model::RowField>(node) ||
                                                          std::holds_alternative<model::SubjectField>(node) ||
                                                          std::holds_alternative<model::MetricRef>(node));
  if (yes_no) return zh() ? phrase(id, 2) + " 为“是”" : phrase(id, 2) + " is “yes”";
  return phrase(id, 0);
}

Inline Phraser::phrase(ExprId id, int level) const {
  if (!id.valid()) return "";
  const model::Expr& expr = policy_.expr(id);
  const model::ExprNode& node = expr.node;
  const auto wrapped = [&](Inline text, int own) {
    return level > own ? (zh() ? "（" + text + "）" : "(" + text + ")") : text;
  };
  if (const auto* constant = std::get_if<model::Constant>(&node)) {
    // 40% is written as a percentage by whoever thinks of it as one.
    const std::string text = written(id);
    if (expr.type.kind == Kind::number && expr.type.unit.is_plain() && text.ends_with('%') &&
        constant->value.has_value())
      return percent(constant->value.number());
    return amount(constant->value, expr.type);
  }
  if (const auto* param = std::get_if<model::ParamRef>(&node)) {
    const model::Param& declared = policy_.params[param->param.index];
    return label(declared.named) + (zh() ? "（" : " (") + parameter(declared) + (zh() ? "）" : ")");
  }
  if (const auto* field_of = std::get_if<model::RowField>(&node)) {
    const Inline text = field(field_of->path, field_of->source);
    return field_of->depth == 0 ? text : (zh() ? "本条记录的" + text : "this row's " + text);
  }
  if (std::holds_alternative<model::RowSelf>(node)) return pick("the row", "该记录");
  if (const auto* field_of = std::get_if<model::SubjectField>(&node))
    return field(field_of->path, model::SourceRef::of(field_of->entity));
  if (const auto* self = std::get_if<model::SubjectSelf>(&node)) return source_name(model::SourceRef::of(self->entity));
  if (const auto* metric = std::get_if<model::MetricRef>(&node))
    return bold(label(policy_.metrics[metric->metric.index].named));
  if (const auto* ref = std::get_if<model::AggregateRef>(&node)) return wrapped(aggregate(ref->aggregate), 2);
  if (const auto* set = std::get_if<model::ColumnSet>(&node))
    return zh() ? "“" + source_name(set->source) + "”名单中的 " + field(set->path, set->source)
                : "the list of " + field(set->path, set->source) + " in " + source_name(set->source);
  if (const auto* metric = std::get_if<model::MetricCall>(&node)) return wrapped(metric_call(*metric), 2);
  if (const auto* unary = std::get_if<model::UnaryExpr>(&node)) {
    if (unary->op == value::UnaryOp::negate) return "−" + phrase(unary->operand, 3);
    return zh() ? "不满足（" + clause(unary->operand) + "）" : "it is not the case that " + clause(unary->operand);
  }
  if (const auto* binary = std::get_if<model::BinaryExpr>(&node)) {
    switch (binary->op) {
      case BinaryOp::add:
        return wrapped(phrase(binary->left, 1) + " + " + phrase(binary->right, 1), 1);
      case BinaryOp::subtract:
        return wrapped(phrase(binary->left, 1) + " − " + phrase(binary->right, 2), 1);
      case BinaryOp::multiply:
        return wrapped(phrase(binary->left, 2) + " × " + phrase(binary->right, 2), 2);
      case BinaryOp::divide:
        return wrapped(phrase(binary->left, 2) + " ÷ " + phrase(binary->right, 3), 2);
      case BinaryOp::logical_and:
      case BinaryOp::logical_or: {
        // `and` inside `or` needs brackets in plain words.
        const auto part = [&](ExprId side) {
          const auto* inner = std::get_if<model::BinaryExpr>(&policy_.expr(side).node);
          const bool other = inner != nullptr && inner->op != binary->op &&
                             (inner->op == BinaryOp::logical_and || inner->op == BinaryOp::logical_or);
          return other ? pick("(", "（") + clause(side) + pick(")", "）") : clause(side);
        };
        const bool both = binary->op == BinaryOp::logical_and;
        const std::string between = both ? pick(" and ", "，并且 ") : pick(", or ", "，或者 ");
        return wrapped(part(binary->left) + between + part(binary->right), 0);
      }
      default:
        return wrapped(comparison(*binary), 0);
    }
  }
  if (const auto* in = std::get_if<model::InExpr>(&node)) {
    const Inline item = phrase(in->item, 2), among = phrase(in->collection, 2);
    if (std::holds_alternative<model::RangeExpr>(policy_.expr(in->collection).node)) {
      return zh() ? item + (in->negated ? " 不在 " : " 在 ") + among + " 之间"
                  : item + (in->negated ? " is not between " : " is between ") + among;
    }
    return zh() ? item + (in->negated ? " 不属于 " : " 属于 ") + among
                : item + (in->negated ? " is not one of " : " is one of ") + among;
  }
  if (const auto* none = std::get_if<model::IsNoneExpr>(&node)) {
    const Inline text = phrase(none->operand, 2);
    return none->negated ? (zh() ? text + " 有值" : text + " is given")
                         : (zh() ? text + " 没有值" : text + " is not given");
  }
  if (const auto* within = std::get_if<model::WithinExpr>(&node)) {
    const Inline time = phrase(within->time, 2), span = phrase(within->duration, 2), of = phrase(within->of, 2);
    // A day of a duration is not a calendar day.
    Inline exact;
    const auto* constant = std::get_if<model::Constant>(&policy_.expr(within->duration).node);
    if (constant && constant->value.is<Number>()) {
      const Number days = constant->value.number() / Number(86'400);
      if (days.is_integer() && !days.is_zero()) {
        const std::string hours = (days * Number(24)).to_string();
        exact = zh() ? "（" + hours + " 小时）" : " (" + hours + " hours)";
      }
    }
    return zh() ? time + " 与 " + of + " 前后相差不超过 " + span + exact
                : time + " lies at most " + span + exact + " before or after " + of;
  }
  if (const auto* fallback = std::get_if<model::DefaultExpr>(&node)) {
    const Inline text = phrase(fallback->operand, 2), other = phrase(fallback->fallback, 0);
    return zh() ? text + "（没有记录时按 " + other + "）" : text + " (" + other + " where nothing is recorded)";
  }
  if (const auto* choice = std::get_if<model::IfExpr>(&node)) {
    const Inline condition = clause(choice->condition), then_text = phrase(choice->then_value, 0),
                 otherwise = phrase(choice->else_value, 0);
    return wrapped(zh() ? "若 " + condition + "，则 " + then_text + "，否则 " + otherwise
                        : then_text + " if " + condition + ", otherwise " + otherwise,
                   0);
  }
  if (const auto* items = std::get_if<model::ListExpr>(&node)) {
    std::vector<Inline> texts;
    for (const ExprId item : items->items) texts.push_back(phrase(item, 1));
    return list(texts);
  }
  if (const auto* range = std::get_if<model::RangeExpr>(&node)) {
    const Inline lower = range->lower.valid() ? phrase(range->lower, 1) : pick("any", "不限");
    const Inline upper = range->upper.valid() ? phrase(range->upper, 1) : pick("any", "不限");
    const char* limit = range->includes_upper ? (zh() ? "（含）" : "") : (zh() ? "（不含）" : " (not included)");
    return lower + pick(" and ", " 至 ") + upper + limit;
  }
  if (const auto* function = std::get_if<model::CallExpr>(&node)) return wrapped(call(*function), 2);
  if (const auto* lookup = std::get_if<model::TableLookup>(&node)) {
    std::vector<Inline> arguments;
    for (const ExprId argument : lookup->arguments) arguments.push_back(phrase(argument, 1));
    const Inline name = bold(label(policy_.tables[lookup->table.index].named));
    return zh() ? "按 " + list(arguments) + " 查表 " + name + " 的值"
                : "the value in table " + name + " for " + list(arguments);
  }
  if (const auto* apply = std::get_if<model::CurveApply>(&node)) {
    const Inline name = bold(label(policy_.curves[apply->curve.index].named)), argument = phrase(apply->argument, 1);
    return zh() ? name + "（按 " + argument + "）" : name + " (for " + argument + ")";
  }
  if (std::holds_alternative<model::PhaseExpr>(node)) return pick("the phase", "所处阶段");
  if (const auto* phase = std::get_if<model::PhaseName>(&node)) {
    const model::Phases* phases = policy_.phases_of(phase->entity);
    return phases ? label(phases->phases[phase->phase].named) : Inline();
  }
  if (std::holds_alternative<model::ScoreExpr>(node)) return bold(pick("score", "总分"));
  if (const auto* property = std::get_if<model::PeriodProperty>(&node)) {
    using Which = model::PeriodProperty::Which;
    if (property->which == Which::start) return pick("the first day of the period", "期间首日");
    if (property->which == Which::end) return pick("the day after the period", "期间结束后的第一天");
    return pick("the days of the period", "期间天数");
  }
  if (std::holds_alternative<model::ActiveDays>(node)) return pick("the days on which you are active", "在岗天数");
  if (const auto* result = std::get_if<model::ResultField>(&node)) {
    const Inline name = bold(label(policy_.metrics[result->metric.index].named));
    using Which = model::ResultField::Which;
    const char* kWords[][2] = {{"the target for ", "目标"},
                               {"the attainment of ", "达成率"},
                               {"the points for ", "得分"},
                               {"", ""},
                               {"the weight of ", "权重"}};
    const auto index = static_cast<std::size_t>(result->which);
    if (result->which == Which::value) return name;
    return zh() ? name + "的" + kWords[index][1] : kWords[index][0] + name;
  }
  return written(id);
}

}  // namespace kpi::handbook
