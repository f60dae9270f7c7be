#include "interpreter/report/look.hpp"

namespace kpi::report {
namespace {

std::string_view escape(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::bold:
      return "\x1b[1m";
    case Ink::red:
      return "\x1b[1;31m";
    case Ink::yellow:
      return "\x1b[1;33m";
    case Ink::green:
      return "\x1b[32m";
    case Ink::blue:
      return "\x1b[1;34m";
    case Ink::cyan:
      return "\x1b[36m";
    case Ink::dim:
      return "\x1b[2m";
  }
  return "";
}

std::string blanks(std::string_view text, std::size_t width) {
  const std::size_t taken = source::display_width(text);
  return std::string(taken < width ? width - taken : 0, ' ');
}

}  // namespace

std::string paint(std::string_view text, Ink ink, const Look& look) {
  if (!look.colour || ink == Ink::plain || text.empty()) return std::string(text);
  return std::string(escape(ink)) + std::string(text) + "\x1b[0m";
}

std::string pad_right(std::string_view text, std::size_t width) { return std::string(text) + blanks(text, width); }

std::string pad_left(std::string_view text, std::size_t width) { return blanks(text, width) + std::string(text); }

}  // namespace kpi::report
