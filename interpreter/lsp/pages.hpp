// What a diagnostic or rule means at length: pages that a client shows when its code is followed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/lsp/rules.hpp"

namespace kpi::lsp {

/// `kpi-doc:/K0208`, `kpi-doc:/rule/payout-cliff`.
std::string page_uri(source::DiagnosticId diagnostic);
std::string rule_page_uri(std::string_view rule);
/// The rule that such a URI is about; none for other URIs.
std::optional<std::string_view> rule_of_page(std::string_view uri);
/// The page of a diagnostic behind such a URI; none if there is none.
std::optional<std::string> page(std::string_view uri, source::Language language);
/// What `kpi rule ID` prints.
std::string page(const KnownRule& rule, source::Language language);

}  // namespace kpi::lsp
