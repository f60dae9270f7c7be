#include "interpreter/model/words.hpp"

namespace kpi::model {

std::string_view name(Attain attain) {
  switch (attain) {
    case Attain::ratio:
      return "ratio";
    case Attain::mirror:
      return "mirror";
    case Attain::inverse:
      return "inverse";
    case Attain::from:
      return "from";
    case Attain::none:
      return "";
  }
  return "";
}

std::string_view name(Missing missing) {
  switch (missing) {
    case Missing::unscored:
      return "unscored";
    case Missing::zero:
      return "zero";
    case Missing::skip:
      return "skip";
  }
  return "";
}

}  // namespace kpi::model
