// Values as a person reads them in a message: `12.5%`, `1,200.00 GBP`, `3 minutes`. Results carry exact values instead.
#pragma once

#include "interpreter/model/policy.hpp"

namespace kpi::eval {

std::string display(const value::Value& value, const value::Type& type, const model::Metric::Show& show = {});

}  // namespace kpi::eval
