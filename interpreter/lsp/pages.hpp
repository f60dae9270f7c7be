// What a diagnostic or rule means at length: pages that a client shows when its code is followed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grammar/source/diagnostic.hpp"

namespace kpi::lsp {

/// `kpi-doc:/K0208`, `kpi-doc:/rule/payout-cliff`.
std::string page_uri(source::DiagnosticId diagnostic);
std::string rule_page_uri(std::string_view rule);
/// The page behind such a URI; none if there is none. Of a rule it is what `kpi rule ID` prints, for those that come
/// with the program.
std::optional<std::string> page(std::string_view uri, source::Language language);

}  // namespace kpi::lsp
