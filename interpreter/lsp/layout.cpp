// Formatting as edits of lines.
#include <algorithm>
#include <cstdint>

#include "grammar/format/format.hpp"
#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {
namespace {

/// That a text is UTF-8, which some editors keep in front of it.
constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// Where a line begins, and what stands in front of it besides blanks: how much, and a hash of it.
struct LineStart {
  std::size_t at = 0, characters = 0;
  std::uint64_t hash = 0;
};

std::vector<LineStart> line_starts(std::string_view text) {
  constexpr std::uint64_t kPrime = 1'099'511'628'211;  // of FNV-1a
  std::vector<LineStart> result(1);
  LineStart now;
  for (const char c : text) {
    ++now.at;
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      ++now.characters;
      now.hash = (now.hash ^ static_cast<unsigned char>(c)) * kPrime;
    }
    if (c == '\n') result.push_back(now);
  }
  return result;
}

struct Piece {
  std::size_t begin = 0, end = 0;                // of the text as it is
  std::size_t wanted_begin = 0, wanted_end = 0;  // of the text as it should be
};

/// Without the lines at both ends that are right already.
Piece trimmed(Piece piece, std::string_view text, std::string_view wanted) {
  const auto first_line = [](std::string_view all, std::size_t begin, std::size_t end) {
    const std::size_t stop = all.substr(begin, end - begin).find('\n');
    return stop == std::string_view::npos ? all.substr(begin, end - begin) : all.substr(begin, stop + 1);
  };
  while (piece.begin < piece.end && piece.wanted_begin < piece.wanted_end) {
    const std::string_view line = first_line(text, piece.begin, piece.end);
    if (line != first_line(wanted, piece.wanted_begin, piece.wanted_end)) break;
    piece.begin += line.size();
    piece.wanted_begin += line.size();
  }
  const auto last_line = [](std::string_view all, std::size_t begin, std::size_t end) {
    const std::string_view part = all.substr(begin, end - begin);
    const std::size_t stop = part.size() < 2 ? std::string_view::npos : part.find_last_of('\n', part.size() - 2);
    return stop == std::string_view::npos ? part : part.substr(stop + 1);
  };
  while (piece.begin < piece.end && piece.wanted_begin < piece.wanted_end) {
    const std::string_view line = last_line(text, piece.begin, piece.end);
    if (line != last_line(wanted, piece.wanted_begin, piece.wanted_end)) break;
    piece.end -= line.size();
    piece.wanted_end -= line.size();
  }
  return piece;
}

/// Both texts in pieces of whole lines, each with the same characters in both but for blanks.
std::vector<Piece> pieces(std::string_view text, std::string_view wanted) {
  const std::vector<LineStart> left = line_starts(text);
  const std::vector<LineStart> right = line_starts(wanted);
  std::vector<Piece> result;
  Piece piece;
  const auto close = [&](std::size_t end, std::size_t wanted_end) {
    piece.end = end;
    piece.wanted_end = wanted_end;
    result.push_back(piece);
    piece.begin = end;
    piece.wanted_begin = wanted_end;
  };
  for (std::size_t i = 0, j = 0; i < left.size() && j < right.size();) {
    // Of lines that are empty, the last counts.
    while (i + 1 < left.size() && left[i + 1].characters == left[i].characters) ++i;
    while (j + 1 < right.size() && right[j + 1].characters == right[j].characters) ++j;
    if (left[i].characters == right[j].characters) {
      if (left[i].hash == right[j].hash) close(left[i].at, right[j].at);
      ++i;
      ++j;
    } else {
      ++(left[i].characters < right[j].characters ? i : j);
    }
  }
  close(text.size(), wanted.size());
  return result;
}

}  // namespace

std::optional<std::vector<Edit>> formatted(const View& view, const std::optional<Range>& wanted) {
  const Analysis& analysis = view.analysis;
  const std::string& name = analysis.name_of(analysis.source());
  const std::string_view before = analysis.text();
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  auto text = format::format(sources, sources.add(name, std::string(before)), diagnostics);
  if (!text) return std::nullopt;
  // How lines end is a setting of the editor's.
  if (const std::size_t end = before.find('\n'); end != std::string_view::npos && end > 0 && before[end - 1] == '\r') {
    std::string ended;
    for (const char c : *text) ended += c == '\n' ? std::string("\r\n") : std::string(1, c);
    text = std::move(ended);
  }
  if (before.starts_with(kMark)) text->insert(0, kMark);
  std::vector<Edit> edits;
  for (const Piece& whole : pieces(before, *text)) {
    const Piece piece = trimmed(whole, before, *text);
    const std::string_view now = before.substr(piece.begin, piece.end - piece.begin);
    const std::string_view then =
        std::string_view(*text).substr(piece.wanted_begin, piece.wanted_end - piece.wanted_begin);
    if (now == then) continue;
    const Range range =
        view.range({analysis.source(), static_cast<std::uint32_t>(piece.begin), static_cast<std::uint32_t>(piece.end)});
    if (wanted && (range.start > wanted->end || (range.end <= wanted->start && range.start != wanted->start))) continue;
    edits.push_back({name, range, std::string(then)});
  }
  return edits;
}

}  // namespace kpi::lsp
