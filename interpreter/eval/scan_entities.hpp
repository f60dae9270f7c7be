// Entity tables, read as a whole before any events.
#pragma once

#include <set>

#include "interpreter/eval/scan_resources.hpp"

namespace kpi::eval::scanning {

class EntityLoader {
 public:
  EntityLoader(World& world, Plan& plan) : world_(world), plan_(plan) {}
  /// Loads all entities with a table; rows are in the order of their keys. Distinct entities start empty.
  void load();

 private:
  bool load_keys(model::EntityId entity);
  bool load_fields(model::EntityId entity);
  void spread_badness();
  void take_out_bad_rows(model::EntityId entity);
  void fill_activity(model::EntityId entity);
  Code key_code(const Table& table, std::size_t row, const model::Entity& decl, std::string& text, bool& complete);
  std::optional<TableSchema> schema_of(model::EntityId entity);
  std::vector<FieldId> stored_fields(model::EntityId entity, const TableSchema& schema);

  struct Loaded {
    std::vector<Code> codes;                                   // of keys, by row
    std::vector<std::uint8_t> is_bad;                          // by row
    tsl::robin_map<std::uint64_t, std::uint32_t> row_of_position;
    std::set<std::pair<std::uint64_t, FieldId>> bad_cells;     // position in the table and field
  };
  World& world_;
  Plan& plan_;
  std::map<std::uint32_t, Loaded> loaded_;
  std::set<std::uint32_t> keys_done_, keys_busy_, fields_done_;
};

/// The rows as results show them: money in policy currency, labels, active dates. Distinct entities are put in the
/// order of their keys: `order[i]` is the internal row of the i-th.
struct EntityRows {
  std::vector<EntityRow> rows;
  std::vector<std::uint32_t> order;      // empty: as they are
  std::vector<std::uint32_t> position;   // internal row -> index
  std::vector<std::uint32_t> by_text;    // indices in the order of the texts of keys; empty: they are so already

  /// The index of the row with this key.
  std::optional<std::uint32_t> find(std::string_view key) const;
};
EntityRows entity_rows(World& world, model::EntityId entity);

}  // namespace kpi::eval::scanning
