// The standard library as a reader wants it: what there is, the source of one library, the documentation of one
// declaration. Documentation comments hold both languages: lines that begin with `zh:` are Chinese, the others English.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "grammar/source/diagnostics/libraries.hpp"
#include "grammar/source/similar_name.hpp"
#include "grammar/syntax/parser.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/embedded_files.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/report/diagnostics_json.hpp"

namespace kpi::driver {
namespace {

using source::Language;
namespace ids = source::ids;

/// A declaration of a library, with what its source says about it.
struct Entry {
  std::string name, kind;
  std::string label, label_zh;
  std::string doc, doc_zh;
  std::string basis, basis_zh;
  std::string text;  // its source
  const std::string& title(Language language) const {
    return language == Language::zh && !label_zh.empty() ? label_zh : label;
  }
  const std::string& documentation(Language language) const {
    return language == Language::zh && !doc_zh.empty() ? doc_zh : doc;
  }
};

struct Library {
  std::string name;  // as behind `std.`
  std::string label, label_zh, version;
  const std::string& title(Language language) const {
    return language == Language::zh && !label_zh.empty() ? label_zh : label;
  }
  std::string_view source;
  std::vector<Entry> entries;
};

void add_line(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

/// Splits a documentation comment into its two languages.
void take_doc(const std::string& doc, Entry& entry) {
  for (std::size_t at = 0; at < doc.size();) {
    const std::size_t end = std::min(doc.find('\n', at), doc.size());
    const std::string_view line = std::string_view(doc).substr(at, end - at);
    if (line.starts_with("zh:")) {
      add_line(entry.doc_zh, line.substr(std::min<std::size_t>(line.starts_with("zh: ") ? 4 : 3, line.size())));
    } else {
      add_line(entry.doc, line);
    }
    at = end + 1;
  }
}

/// The declaration as it stands, with its lines moved to the left.
std::string source_text(const source::SourceMap& sources, source::Span span) {
  std::string text(sources.text(span));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    if (!result.empty()) {
      result += '\n';
      if (line.starts_with("  ")) line.remove_prefix(2);
    }
    result += line;
    at = end + 1;
  }
  return result;
}

class Reader {
 public:
  Library read(const EmbeddedFile& embedded) {
    Library library;
    library.name = embedded.path.substr(4, embedded.path.size() - 4 - std::string_view(".kpi").size());
    std::replace(library.name.begin(), library.name.end(), '/', '.');
    library.source = embedded.text;
    const source::SourceId id = sources_.add(std::string(embedded.path), std::string(embedded.text));
    const syntax::File file = syntax::parse(sources_, id, diagnostics_);
    for (const syntax::Declaration& declaration : file.declarations) {
      std::visit([&](const auto& decl) { add(library, file, decl); }, declaration);
    }
    for (const syntax::Declaration& declaration : file.declarations) {
      if (const auto* labels = std::get_if<syntax::LabelsDecl>(&declaration)) add_labels(library, *labels);
    }
    return library;
  }

 private:
  void add(Library& library, const syntax::File& file, const syntax::LibraryDecl& decl) {
    if (decl.head.label) library.label = decl.head.label->value;
    Entry head;
    take_doc(decl.head.doc, head);
    library.label_zh = head.doc_zh;  // all that a library says of itself in Chinese is its title
    for (const syntax::PolicyClause& clause : decl.clauses) {
      if (clause.key.text == "version" && !clause.texts.empty()) library.version = clause.texts[0].value;
    }
    (void)file;
  }
  void add(Library&, const syntax::File&, const syntax::LabelsDecl&) {}
  template <class Decl>
  void add(Library& library, const syntax::File&, const Decl& decl) {
    if (!decl.head.name) return;
    Entry entry;
    entry.name = decl.head.name->text;
    entry.kind = sources_.text(decl.head.keyword);
    if (decl.head.label) entry.label = decl.head.label->value;
    take_doc(decl.head.doc, entry);
    if constexpr (std::is_same_v<Decl, syntax::MetricDecl>) {
      for (const syntax::MetricClause& clause : decl.clauses) {
        if (clause.key.text == "basis" && !clause.texts.empty()) entry.basis = clause.texts[0].value;
      }
    }
    entry.text = source_text(sources_, decl.head.span);
    library.entries.push_back(std::move(entry));
  }

  static void add_labels(Library& library, const syntax::LabelsDecl& decl) {
    if (decl.language.text != "zh") return;
    for (const auto& label : decl.entries) {
      const auto& parts = label.element.parts;
      const bool of_basis = parts.size() == 2 && parts[1].text == "basis";
      if (parts.size() != 1 && !of_basis) continue;
      for (Entry& entry : library.entries) {
        if (entry.name == parts[0].text) (of_basis ? entry.basis_zh : entry.label_zh) = label.text.value;
      }
    }
  }

  source::SourceMap sources_;
  source::Diagnostics diagnostics_;
};

std::vector<Library> read_all() {
  Reader reader;
  std::vector<Library> all;
  for (const EmbeddedFile& file : embedded_files()) all.push_back(reader.read(file));
  return all;
}

nlohmann::ordered_json json_of(const Entry& entry) {
  nlohmann::ordered_json json;
  json["name"] = entry.name;
  json["kind"] = entry.kind;
  json["label"] = {{"en", entry.label}, {"zh", entry.label_zh}};
  json["doc"] = {{"en", entry.doc}, {"zh", entry.doc_zh}};
  if (!entry.basis.empty()) json["basis"] = entry.basis;
  if (!entry.basis_zh.empty()) json["basis_zh"] = entry.basis_zh;
  json["source"] = entry.text;
  return json;
}

nlohmann::ordered_json json_of(const Library& library) {
  nlohmann::ordered_json json;
  json["library"] = "std." + library.name;
  json["label"] = {{"en", library.label}, {"zh", library.label_zh}};
  json["version"] = library.version;
  json["declarations"] = nlohmann::ordered_json::array();
  for (const Entry& entry : library.entries) json["declarations"].push_back(json_of(entry));
  return json;
}

// Each library with its names, grouped by the word that declares them.
std::string list_text(const std::vector<Library>& all, Language language) {
  std::string out;
  for (const Library& library : all) {
    if (!out.empty()) out += '\n';
    out += "std." + library.name + "  " + library.title(language) + " " + library.version + "\n";
    std::vector<std::pair<std::string, std::string>> kinds;
    for (const Entry& entry : library.entries) {
      auto at = std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.first == entry.kind; });
      if (at == kinds.end()) at = kinds.insert(kinds.end(), {entry.kind, ""});
      at->second += (at->second.empty() ? "" : " ") + entry.name;
    }
    for (const auto& [kind, names] : kinds) {
      std::string line = "  " + kind + ":";
      for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = std::min(names.find(' ', at), names.size());
        if (line.size() + 1 + (end - at) > 100) {
          out += line + "\n";
          line = "   ";
        }
        line += " " + names.substr(at, end - at);
        at = end + 1;
      }
      out += line + "\n";
    }
  }
  return out;
}

std::string entry_text(const Library& library, const Entry& entry, Language language) {
  std::string out = "std." + library.name + "." + entry.name;
  if (const std::string& title = entry.title(language); !title.empty()) out += "  " + title;
  out += "\n";
  if (const std::string& doc = entry.documentation(language); !doc.empty()) out += "\n" + doc + "\n";
  return out + "\n" + entry.text + "\n";
}

[[noreturn]] void fail(const std::string& name, const std::vector<Library>& all) {
  std::vector<std::string> known;
  for (const Library& library : all) {
    known.push_back(library.name);
    for (const Entry& entry : library.entries) known.push_back(library.name + "." + entry.name);
  }
  const std::string part = name.starts_with("std.") ? name.substr(4) : name;
  const auto near = source::similar_name(part, known);
  throw Failure(ids::not_in_standard_library, {{"name", name}},
                near ? name.substr(0, name.size() - part.size()) + *near : "");
}

}  // namespace

Exit run_std(const Invocation& invocation, const Terminal&) {
  const std::vector<Library> all = read_all();
  const bool json = invocation.format == Format::json;
  if (invocation.arguments.empty()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Library& library : all) list.push_back(json_of(library));
    write_result(json ? report::json_text(list) : list_text(all, invocation.language), std::nullopt);
    return Exit::clean;
  }
  std::string name = invocation.arguments.front();
  if (name.starts_with("std.")) name.erase(0, 4);
  for (const Library& library : all) {
    if (library.name == name) {
      write_result(json ? report::json_text(json_of(library)) : std::string(library.source), std::nullopt);
      return Exit::clean;
    }
    for (const Entry& entry : library.entries) {
      if (library.name + "." + entry.name != name) continue;
      write_result(json ? report::json_text(json_of(entry)) : entry_text(library, entry, invocation.language),
                   std::nullopt);
      return Exit::clean;
    }
  }
  fail(invocation.arguments.front(), all);
}

}  // namespace kpi::driver
