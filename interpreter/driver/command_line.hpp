// The commands with their options, and what the user typed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/driver/failure.hpp"

namespace kpi::driver {

/// A text in both languages, by source::Language.
struct Bilingual {
  std::string_view en, zh;
  std::string_view in(source::Language language) const { return language == source::Language::zh ? zh : en; }
};

struct OptionSpec {
  std::string_view name;   // with its dashes
  std::string_view value;  // what stands for the value in usage texts; empty: a flag
  Bilingual meaning;
  bool required = false;
  std::vector<std::string_view> choices;  // the only values, if not empty
};

struct Invocation;
struct Terminal;

struct CommandSpec {
  std::string_view name;
  std::string_view arguments;  // usage: `POLICY DB`
  std::size_t least_arguments = 0, most_arguments = 0;
  Bilingual summary;
  std::vector<OptionSpec> options;
  Exit (*run)(const Invocation&, const Terminal&) = nullptr;
};

/// One entry per command, in the order of the help.
const std::vector<CommandSpec>& commands();
/// --lang, --format, --help, and --version without a command.
const std::vector<OptionSpec>& common_options();

enum class Format { pretty, compact, json, csv, markdown, html };

/// What the user typed, checked against the command's table: required options are there, choices are among the allowed.
struct Invocation {
  const CommandSpec* command = nullptr;  // none: help or version is asked for
  std::vector<std::string> arguments;
  std::map<std::string, std::string, std::less<>> values;  // `--data` -> shop.db; flags have an empty value
  source::Language language = source::Language::en;
  Format format = Format::pretty;
  bool help = false, version = false;

  bool has(std::string_view option) const { return values.find(option) != values.end(); }
  std::optional<std::string> value(std::string_view option) const;
};

/// Throws Failure for wrong usage.
Invocation parse_command_line(const std::vector<std::string>& arguments);
/// The language of messages about a command line that cannot be understood: what follows `--lang`, wherever it stands,
/// else the environment's `KPI_LANG`.
source::Language language_of(const std::vector<std::string>& arguments);

/// The help of one command, or of the program.
std::string help_text(const CommandSpec* command, source::Language language);
/// `kpi run POLICY --data DB --period PERIOD [options]`
std::string usage(const CommandSpec& command, source::Language language);

}  // namespace kpi::driver
