// Values as a person reads them in a message: `12.5%`, `1,200.00 GBP`, `3 minutes`. Results carry exact values instead.
// And exact ones as a policy would write them: `6.5 hours`, `9_000.37 GBP`.
#pragma once

#include "interpreter/model/policy.hpp"

namespace kpi::eval {

std::string display(const value::Value& value, const value::Type& type, const model::Metric::Show& show = {});
/// With `_` between thousands: `100_000`, `-1_234.5`; a fraction stays as it is: `2/375`.
std::string exact_number(const value::Number& number);
/// In the largest unit in which the number is short: `6.5 hours`, `1 minute`, `10/3 seconds`.
std::string exact_duration(const value::Number& seconds);
/// With thousands grouped and its unit: `9_000.37 GBP`, `10/3`, `6.5 hours`, `12.50 GBP per hour`.
std::string exact_quantity(const value::Number& number, value::Unit unit);

}  // namespace kpi::eval
