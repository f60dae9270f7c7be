#include <algorithm>
#include <set>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/data_check.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/progress.hpp"
#include "interpreter/driver/requests.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/eval/run/data_remarks.hpp"
#include "interpreter/eval/scan_schema.hpp"
#include "interpreter/report/data_report.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/storage/sqlite_source.hpp"

namespace kpi::driver {
namespace {

using model::Policy;
using model::SourceRef;
using report::DataReport;

constexpr std::size_t kBatchRows = 4096;

class DataCheck {
 public:
  DataCheck(const Policy& bound, eval::DataSource& store, source::Diagnostics& diagnostics)
      : policy_(bound), data_(store), errors_(diagnostics) {}

  DataReport structure() {
    DataReport report;
    report.policy = policy_.header.name;
    report.database = data_.name();
    for (std::uint32_t i = 0; i < policy_.entities.size(); ++i) {
      const model::Entity& entity = policy_.entities[i];
      if (!entity.table.empty())
        report.sources.push_back(source(SourceRef::of(model::EntityId{i}), entity.named, entity.table));
    }
    for (std::uint32_t i = 0; i < policy_.events.size(); ++i) {
      const model::Events& events = policy_.events[i];
      report.sources.push_back(source(SourceRef::of(model::EventsId{i}), events.named, events.table));
    }
    if (policy_.exchange) exchange(report);
    for (std::uint32_t i = 0; i < policy_.metrics.size(); ++i) report.metrics.push_back(metric({i}));
    return report;
  }

  /// Events whose rows can be read: their table and every column of it that they need is there.
  std::vector<model::EventsId> readable_events() const {
    std::vector<model::EventsId> readable;
    for (std::uint32_t i = 0; i < policy_.events.size(); ++i) {
      if (!damaged_.contains(SourceRef::of(model::EventsId{i}))) readable.push_back({i});
    }
    return readable;
  }

 private:
  DataReport::Source source(SourceRef ref, const model::Named& named, const std::string& table) {
    DataReport::Source result;
    result.name = named.name;
    result.table = table;
    result.is_events = ref.is_events();
    const auto schema = eval::scanning::find_table(data_, table, named.name, named.span, errors_);
    result.table_found = schema.has_value();
    if (!schema) {
      missing_sources_.insert(ref);
      damaged_.insert(ref);
    }
    const auto& fields = policy_.fields(ref);
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      const model::Field& field = fields[i];
      if (field.computed.valid() || field.column.empty()) continue;
      DataReport::Column column{field.named.name, field.column, "", "", field.type.optional};
      if (schema) {
        const auto found = eval::scanning::find_column(*schema, field.column, !field.type.optional, named.name,
                                                       field.named.span, errors_);
        if (found) {
          column.found = schema->columns[*found].name;
          column.declared_type = schema->columns[*found].declared_type;
        } else if (!field.type.optional) {
          missing_fields_.insert({ref, {i}});
          damaged_.insert(ref);
        }
      }
      result.columns.push_back(std::move(column));
    }
    return result;
  }

  DataReport::Metric metric(model::MetricId id) const {
    const model::Metric& declared = policy_.metrics[id.index];
    DataReport::Metric result{declared.named.name, declared.named.name, {}};
    std::set<std::string> missing;
    for (const FieldUse& use : fields_read(policy_, id)) {
      const std::string& owner = use.source.is_events() ? policy_.events[use.source.index].named.name
                                                        : policy_.entities[use.source.index].named.name;
      if (missing_sources_.contains(use.source)) missing.insert(owner);
      if (missing_fields_.contains(use))
        missing.insert(owner + "." + policy_.fields(use.source)[use.field.index].named.name);
    }
    result.missing.assign(missing.begin(), missing.end());
    return result;
  }

  void exchange(DataReport& report) {
    const model::Exchange& declared = *policy_.exchange;
    report.has_exchange = true;
    report.exchange_table = declared.table;
    const auto schema = eval::scanning::find_table(data_, declared.table, "exchange", declared.span, errors_);
    if (!schema) return;
    std::vector<std::string> columns;
    for (const std::string* name : {&declared.day_column, &declared.currency_column, &declared.rate_column}) {
      const auto found = eval::scanning::find_column(*schema, *name, true, "exchange", declared.span, errors_);
      if (!found) return;
      columns.push_back(schema->columns[*found].name);
    }
    report.exchange_found = true;
    columns.pop_back();  // whether the rates themselves are well-formed is seen when they are used
    rates(report, *data_.scan(schema->name, columns));
  }

  static void rates(DataReport& report, eval::TableScan& scan) {
    std::map<std::string, std::set<value::Date>> days;
    eval::Batch batch;
    while (scan.next(batch, kBatchRows)) {
      for (std::size_t row = 0; row < batch.rows; ++row) {
        if (batch.columns[0].classes[row] != eval::CellClass::text ||
            batch.columns[1].classes[row] != eval::CellClass::text)
          continue;
        const auto day = value::Date::parse(batch.text(0, row).substr(0, 10));
        if (day) days[std::string(batch.text(1, row))].insert(*day);
      }
    }
    for (const auto& [currency, set] : days) {
      DataReport::Rates rates{currency, set.size(), *set.begin(), *set.rbegin(), {}};
      for (auto day = set.begin(), next = std::next(day); next != set.end(); day = next++) {
        if (next->days > day->days + 1) rates.missing.push_back({{day->days + 1}, {next->days - 1}});
      }
      report.rates.push_back(std::move(rates));
    }
  }

  const Policy& policy_;
  eval::DataSource& data_;
  eval::scanning::DataErrors errors_;
  std::set<SourceRef> missing_sources_, damaged_;
  std::set<FieldUse> missing_fields_;
};

/// Everything that the metric reads, over all time: a run of it would stop at the same mistakes.
void add_needs(eval::ScanRequest& request, const Policy& policy, model::MetricId id) {
  constexpr eval::Window kAlways{eval::kBeginning, value::Date{-eval::kBeginning.days}};
  const model::Metric& declared = policy.metrics[id.index];
  std::set<model::AggregateId> found;
  aggregates_read(policy, id, found);
  for (std::uint32_t entity = 0; entity < policy.entities.size(); ++entity) {
    if (entity >= declared.evaluable_for.size() || !declared.evaluable_for[entity]) continue;
    for (const model::AggregateId aggregate : found) request.needs.push_back({aggregate, {entity}, kAlways});
  }
}

/// What stops a run of the metric: `orders.amount`, or a currency without rate.
std::string cause(const source::Diagnostic& diagnostic) {
  const auto parameter = [&](const char* name) -> std::string {
    for (const auto& [key, content] : diagnostic.parameters) {
      if (key == name) return content;
    }
    return "";
  };
  if (diagnostic.id == source::ids::data_missing_rate) return parameter("table") + ": " + parameter("currency");
  const std::string table = parameter("table"), column = parameter("column");
  if (!table.empty() && !column.empty()) return table + "." + column;
  return !table.empty() ? table : source::code(diagnostic.id);
}

/// Which metrics the mistakes concern: each is read on its own.
void find_incomputable(DataReport& report, const Policy& policy, eval::DataSource& data, const eval::ScanRequest& all) {
  for (std::uint32_t i = 0; i < policy.metrics.size(); ++i) {
    eval::ScanRequest request;
    request.as_of = all.as_of;
    request.threads = all.threads;
    add_needs(request, policy, {i});
    source::Diagnostics found;
    eval::scan(policy, data, request, found);
    std::set<std::string> causes;
    for (const source::Diagnostic& diagnostic : found.items()) {
      const bool is_error = source::info(diagnostic.id).severity == source::Severity::error;
      if (is_error && diagnostic.id != source::ids::data_more_errors) causes.insert(cause(diagnostic));
    }
    report.metrics[i].missing.assign(causes.begin(), causes.end());
  }
}

/// Currencies of amounts for which there is no rate at all.
void add_currencies_without_rate(DataReport& report, const source::Diagnostics& diagnostics) {
  std::set<std::string> without;
  for (const source::Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.id != source::ids::data_missing_rate) continue;
    for (const auto& [name, content] : diagnostic.parameters) {
      if (name == "currency") without.insert(content);
    }
  }
  for (const DataReport::Rates& known : report.rates) without.erase(known.currency);
  for (const std::string& currency : without) report.rates.push_back({currency, 0, {}, {}, {}});
}

void add_rows(DataReport& report, const Policy& policy, const eval::AggregateStore& store,
              const std::vector<model::EventsId>& read, bool with_entities) {
  report.as_of = store.as_of();
  for (DataReport::Source& source : report.sources) {
    for (const model::EventsId id : read) {
      if (source.is_events && policy.event(id).named.name == source.name) source.events = store.events(id);
    }
    for (std::uint32_t i = 0; with_entities && i < policy.entities.size(); ++i) {
      if (source.is_events || policy.entities[i].named.name != source.name) continue;
      source.rows = store.rows({i}).size();
      source.set_aside = store.quarantined({i});
    }
  }
}

}  // namespace

Exit run_data(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  const auto compiled = compile_policy(session, invocation.arguments[0], invocation, terminal);
  if (!compiled) return Exit::not_compiled;
  const Policy& policy = compiled->policy;
  const eval::RunRequest wanted = run_request(invocation, policy);
  storage::SqliteSource data(invocation.arguments[1]);
  DataCheck check(policy, data, session.diagnostics);
  DataReport report = check.structure();
  report.database = invocation.arguments[1];
  for (std::size_t i = 0; i < report.metrics.size(); ++i) {
    report.metrics[i].label =
        policy.label(policy.metrics[i].named, invocation.language == source::Language::zh ? "zh" : "en");
  }
  {
    const Progress progress{std::string(report::word(report::words::reading_data, invocation.language))};
    eval::ScanRequest request;
    request.count_events = check.readable_events();
    request.as_of = wanted.as_of;
    request.threads = wanted.threads;
    request.memory = wanted.memory;
    const eval::ScanRequest times = request;
    std::unique_ptr<eval::AggregateStore> store;
    if (!session.diagnostics.has_errors()) {
      for (std::uint32_t i = 0; i < policy.entities.size(); ++i)
        request.presence.push_back({{i}, {eval::kBeginning, eval::kBeginning}});
      for (std::uint32_t i = 0; i < policy.metrics.size(); ++i) add_needs(request, policy, {i});
      // First as a run would, which lists the bad rows; if there are any, once more without them, which counts them.
      store = eval::scan(policy, data, request, session.diagnostics);
      if (session.diagnostics.has_errors()) {
        find_incomputable(report, policy, data, request);
        add_currencies_without_rate(report, session.diagnostics);
        source::Diagnostics ignored;
        request.quarantine = true;
        store = eval::scan(policy, data, request, ignored);
        if (ignored.has_errors()) store = nullptr;
      }
    }
    const bool complete = store != nullptr;
    if (!complete) {  // what is there is shown all the same
      source::Diagnostics ignored;
      eval::ScanRequest rough = times;
      rough.times_only = true;
      store = eval::scan(policy, data, rough, ignored);
    }
    add_rows(report, policy, *store, request.count_events, complete);
    eval::report_isolated(policy, *store, session.diagnostics);
  }
  session.diagnostics.sort_and_deduplicate();
  const bool bad = session.diagnostics.has_errors();
  if (invocation.format == Format::json) {
    write_result(report::data_json(report, session.diagnostics, session.sources, invocation.language), std::nullopt);
  } else {
    const value::TimeZone& zone = policy.header.timezone ? *policy.header.timezone : value::TimeZone::utc();
    write_result(report::data_text(report, zone, terminal.out), std::nullopt);
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
  }
  return bad ? Exit::unusable : Exit::clean;
}

}  // namespace kpi::driver
