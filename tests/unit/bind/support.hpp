// From policy text to what the binder says about it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::test {

/// Libraries by file name, kept as texts.
class Libraries final : public bind::LibraryLoader {
 public:
  Libraries(source::SourceMap& sources, std::map<std::string, std::string> texts) : sources_(sources), texts_(std::move(texts)) {}
  const syntax::File* load(std::string_view name, source::SourceId, source::Diagnostics& diagnostics) override {
    const auto text = texts_.find(std::string(name));
    if (text == texts_.end()) return nullptr;
    auto& file = files_[text->first];
    if (!file) {
      file = std::make_unique<syntax::File>(syntax::parse(sources_, sources_.add(text->first, text->second), diagnostics));
    }
    return file.get();
  }

 private:
  source::SourceMap& sources_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::unique_ptr<syntax::File>> files_;
};

struct Bound {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  syntax::File file;
  model::Policy policy;

  /// `K0301 at 'text'` for each finding, in order of place, separated by `; `.
  std::string findings() const {
    std::string result;
    for (const auto& found : diagnostics.items()) {
      if (!result.empty()) result += "; ";
      result += source::code(found.id) + " at '" + std::string(sources.text(found.span)) + "'";
    }
    return result;
  }
  std::string messages(source::Language language = source::Language::en) const {
    std::string result;
    for (const auto& found : diagnostics.items()) {
      result += source::message(found, language) + "\n";
      const std::string help = source::help(found, language);
      if (!help.empty()) result += "  " + help + "\n";
      if (!found.suggestion.empty()) result += "  ? " + found.suggestion + "\n";
      for (const auto& label : found.labels) {
        result += "  '" + std::string(sources.text(label.span)) + "' " + source::label_text(label, language) + "\n";
      }
    }
    return result;
  }
};

inline std::unique_ptr<Bound> bind_text(std::string text, std::map<std::string, std::string> libraries = {}) {
  auto bound = std::make_unique<Bound>();
  const source::SourceId id = bound->sources.add("policy.kpi", std::move(text));
  bound->file = syntax::parse(bound->sources, id, bound->diagnostics);
  Libraries loader(bound->sources, std::move(libraries));
  bound->policy = bind::bind(bound->file, bound->sources, loader, bound->diagnostics);
  bound->diagnostics.sort_and_deduplicate();
  return bound;
}

inline const std::string kHeader = R"(edition 2026
policy p { version "1"  currency GBP  timezone "Europe/London"  effective 2026-01-01 to 2026-12-31 }
)";

/// Hosts in teams, their orders, sessions and staff: enough for most tests.
inline const std::string kData = kHeader + R"(
entity host "Host" from hosts {
  host_id : text key
  name    : text label
  team    : team
  joined  : date
  left    : date?
  site    : text
  daily_budget : money in GBP
  active from joined to left
}
entity team from distinct host.team
entity staff from staff { staff_id : text key  buyer_id : text }
events orders as orders from orders at paid_at {
  order_id : text key
  host     : host from host_id
  paid_at  : datetime
  settled_at : datetime?
  amount   : money in GBP
  refunded : money? in GBP
  quantity : integer
  buyer_id : text
  channel  : text
  is_test  : boolean
  wait     : duration in minutes
}
events sessions as sessions from sessions at started_at {
  session_id : text key
  host : host from host_id
  started_at : datetime
  views : integer
}
)";

/// The findings about `declarations` behind kData.
inline std::string check(const std::string& declarations, std::map<std::string, std::string> libraries = {}) {
  return bind_text(kData + declarations, std::move(libraries))->findings();
}
/// The same behind the header alone.
inline std::string check_alone(const std::string& declarations, std::map<std::string, std::string> libraries = {}) {
  return bind_text(kHeader + declarations, std::move(libraries))->findings();
}

}  // namespace kpi::test
