// What a person could do to be paid more, for the analyser.
#pragma once
#include "interpreter/model/policy.hpp"
namespace kpi::model {
/// Something that a person could do to be paid more, and what it costs. Several forms happen together.
struct Attack {
  Named named;
  struct FieldValue {
    FieldId field;
    bool next_period = false;            // only when the next period is evaluated
    ExprId value;                        // row level: `= EXPR`; invalid when a range is given
    Number least, most;                  // `in A ..= B`: a free value of a number field
    Span span;
  };
  struct Form {
    enum class Kind : std::uint8_t { adds, removes, changes, moves, splits } kind = Kind::adds;
    EventsId events;
    FieldId field;                       // removes, changes
    std::int64_t least = 1, most = 1;    // rows; of `removes`: units
    std::vector<FieldValue> values;      // adds
    ExprId value;                        // changes: the new value, row level
    Span span;
  };
  std::vector<Form> forms;               // empty: switched off, or no events with the role that a library asks for
  ExprId cost;                           // row level over the events of the first form, money for each row (removes: for
                                         // each unit); invalid: free
  std::string because;
  Span span;
  bool is_active() const {
    for (const Form& form : forms) {
      if (form.most == 0) return false;
    }
    return !forms.empty();
  }
};

}
