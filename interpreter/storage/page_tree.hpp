// The b-tree of an ordinary table: which leaf pages it has, in the order of their rows.
#pragma once

#include <cstdint>
#include <vector>

#include "interpreter/storage/page_file.hpp"

namespace kpi::storage {

/// Page types of table b-trees.
inline constexpr std::uint8_t kInteriorPage = 5, kLeafPage = 13;

/// Numbers of the leaf pages below `root`; four bytes for each. Only inner pages are read: those on one level are all
/// inner pages or all leaves, which whoever reads the leaves has to check. Throws UnusualPage. With `last_rows` also
/// the largest row id that each of them may hold: rows beyond the one before it, up to this.
std::vector<std::uint32_t> leaf_pages(const PageFile& file, std::uint32_t root,
                                      std::vector<std::int64_t>* last_rows = nullptr);

}  // namespace kpi::storage
