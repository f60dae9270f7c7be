#include "interpreter/driver/command_line.hpp"
#include "grammar/source/diagnostics/cli.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <list>
#include <set>

namespace kpi::driver {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;
using source::Language;

bool looks_like_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

std::string name_of(const CommandSpec* command) {
  return command ? std::string(command->name) : std::string("COMMAND");
}

const OptionSpec* find_option(const CommandSpec* command, std::string_view name) {
  const auto among = [&](const std::vector<OptionSpec>& options) -> const OptionSpec* {
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const OptionSpec& o) { return o.name == name; });
    return found == options.end() ? nullptr : &*found;
  };
  if (command) {
    if (const OptionSpec* option = among(command->options)) return option;
  }
  return among(common_options());
}

[[noreturn]] void unknown_option(const CommandSpec* command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> candidates;
  if (command) {
    for (const OptionSpec& option : command->options) candidates.emplace_back(option.name);
  }
  for (const OptionSpec& option : common_options()) candidates.emplace_back(option.name);
  throw Failure(ids::unknown_option, {{"command", name_of(command)}, {"option", name}},
                source::nearest_name(name, candidates).value_or(""));
}

[[noreturn]] void unknown_command(const std::string& word) {
  std::vector<std::string> candidates;
  for (const CommandSpec& command : commands()) candidates.emplace_back(command.name);
  throw Failure(ids::unknown_command, {{"word", word}}, source::nearest_name(word, candidates).value_or(""));
}

/// CLI11 splits the words; every value stays text, and what is wrong is reported from our own tables.
class Parser {
 public:
  Parser() {
    app_.set_help_flag();
    app_.allow_extras();
    app_.require_subcommand(0, 1);
    declare(app_, common_options());
    for (const CommandSpec& command : commands()) {
      CLI::App* sub = app_.add_subcommand(std::string(command.name));
      sub->set_help_flag();
      sub->allow_extras();
      sub->fallthrough();
      sub->add_option("arguments", arguments_);
      declare(*sub, command.options);
    }
  }

  Invocation parse(std::vector<std::string> words) {
    Invocation result;
    result.command = command_among(words);
    check_words(result.command, words);
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app_.parse(words);
    for (const Slot& slot : slots_) {
      if (slot.option->count() > 0) result.values[slot.name] = slot.value;
    }
    result.arguments = arguments_;
    take_extras(result);
    return result;
  }

 private:
  struct Slot {
    std::string name;
    CLI::Option* option = nullptr;
    std::string value;
    bool flag = false;
  };

  void declare(CLI::App& app, const std::vector<OptionSpec>& options) {
    for (const OptionSpec& spec : options) {
      Slot& slot = slots_.emplace_back();
      slot.name = spec.name;
      std::string names(spec.name);
      if (spec.name == "--help") names = "-h," + names;
      slot.flag = spec.value.empty();
      slot.option = slot.flag ? app.add_flag(names, slot.flag) : app.add_option(names, slot.value);
    }
  }

  static const CommandSpec* command_among(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (looks_like_option(words[i])) {
        const OptionSpec* option = find_option(nullptr, words[i]);
        if (option && !option->value.empty()) ++i;
        continue;
      }
      for (const CommandSpec& command : commands()) {
        if (command.name == words[i]) return &command;
      }
      return nullptr;
    }
    return nullptr;
  }

  // What CLI11 would refuse in words of its own is found here first: an option without its value, a flag with one, and
  // an option given twice.
  static void check_words(const CommandSpec* command, const std::vector<std::string>& words) {
    std::set<std::string> given;
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
      const std::size_t equals = words[i].find('=');
      const std::string name = words[i].substr(0, equals);
      const OptionSpec* option = looks_like_option(words[i]) ? find_option(command, name) : nullptr;
      if (!option) continue;
      if (!given.insert(name).second) throw Failure(ids::repeated_option, {{"option", name}});
      const bool has_value = equals != std::string::npos;
      if (option->value.empty()) {
        if (has_value) throw Failure(ids::option_takes_no_value, {{"option", name}});
        continue;
      }
      if (has_value) continue;
      if (i + 1 == words.size() || looks_like_option(words[i + 1])) {
        throw Failure(ids::option_without_value, {{"option", name}, {"value", std::string(option->value)}});
      }
      ++i;
    }
  }

  // What no option took. An expression may begin with a minus sign.
  void take_extras(Invocation& result) {
    for (const std::string& word : app_.remaining(true)) {
      if (word == "--") continue;
      const bool expression = result.command && result.command->name == "eval" && result.arguments.empty();
      if (looks_like_option(word) && !expression) unknown_option(result.command, word);
      if (!result.command) unknown_command(word);
      result.arguments.push_back(word);
    }
  }

  CLI::App app_;
  std::list<Slot> slots_;  // CLI11 keeps pointers into them
  std::vector<std::string> arguments_;
};

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "`" : ", `") + std::string(word) + "`";
  return out;
}

void check_choices(const Invocation& invocation) {
  for (const auto& [name, value] : invocation.values) {
    const OptionSpec* option = find_option(invocation.command, name);
    if (!option || option->choices.empty()) continue;
    if (std::find(option->choices.begin(), option->choices.end(), value) != option->choices.end()) continue;
    const std::vector<std::string> candidates(option->choices.begin(), option->choices.end());
    throw Failure(ids::bad_option_value, {{"option", name}, {"value", value}, {"expected", joined(option->choices)}},
                  source::nearest_name(value, candidates).value_or(""));
  }
}

void check_required(const Invocation& invocation) {
  const CommandSpec& command = *invocation.command;
  const std::string name(command.name);
  if (invocation.arguments.size() < command.least_arguments) {
    // The first of the words in `arguments` that has nothing to stand for.
    std::vector<std::string> words;
    for (std::size_t at = 0; at < command.arguments.size();) {
      const std::size_t end = std::min(command.arguments.find(' ', at), command.arguments.size());
      words.emplace_back(command.arguments.substr(at, end - at));
      at = end + 1;
    }
    throw Failure(ids::missing_argument, {{"command", name},
                                          {"argument", words[std::min(invocation.arguments.size(), words.size() - 1)]},
                                          {"usage", usage(command, invocation.language)}});
  }
  if (invocation.arguments.size() > command.most_arguments) {
    throw Failure(ids::unexpected_argument, {{"command", name},
                                             {"word", invocation.arguments[command.most_arguments]},
                                             {"usage", usage(command, invocation.language)}});
  }
  for (const OptionSpec& option : command.options) {
    if (!option.required || invocation.has(option.name)) continue;
    throw Failure(ids::missing_option, {{"command", name},
                                        {"option", std::string(option.name)},
                                        {"value", std::string(option.value)},
                                        {"meaning", std::string(option.meaning.in(invocation.language))}});
  }
}

std::string option_lines(const std::vector<OptionSpec>& options, Language language, bool with_version) {
  std::string out;
  constexpr std::size_t kColumn = 24;
  for (const OptionSpec& option : options) {
    if (option.name == "--version" && !with_version) continue;
    std::string left = "  " + std::string(option.name == "--help" ? "-h, --help" : option.name);
    if (!option.value.empty()) left += " " + std::string(option.value);
    const std::size_t width = source::display_width(left);
    left += width + 2 <= kColumn ? std::string(kColumn - width, ' ') : "\n" + std::string(kColumn, ' ');
    out += left + std::string(option.meaning.in(language)) + "\n";
  }
  return out;
}

}  // namespace

std::optional<std::string> Invocation::value(std::string_view option) const {
  const auto found = values.find(option);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

Language language_of(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string value = arguments[i] == "--lang" && i + 1 < arguments.size() ? arguments[i + 1]
                              : arguments[i].starts_with("--lang=")                ? arguments[i].substr(7)
                                                                                   : "";
    if (!value.empty()) return value == "zh" ? Language::zh : Language::en;
  }
  // Only a variable of our own: output that depends on the machine's locale would differ between a desk and a CI job.
  const char* wanted = std::getenv("KPI_LANG");
  return wanted != nullptr && std::string_view(wanted).starts_with("zh") ? Language::zh : Language::en;
}

Invocation parse_command_line(const std::vector<std::string>& arguments) {
  Invocation result = Parser().parse(arguments);
  result.help = result.has("--help");
  result.version = result.has("--version");
  result.language = language_of(arguments);
  check_choices(result);
  const std::string format = result.value("--format").value_or("pretty");
  result.format = format == "json"       ? Format::json
                  : format == "compact"  ? Format::compact
                  : format == "csv"      ? Format::csv
                  : format == "markdown" ? Format::markdown
                  : format == "html"     ? Format::html
                                         : Format::pretty;
  if (result.command && !result.help && !result.version) check_required(result);
  return result;
}

std::string usage(const CommandSpec& command, Language language) {
  std::string out = "kpi " + std::string(command.name);
  if (!command.arguments.empty()) out += " " + std::string(command.arguments);
  bool optional = false;
  for (const OptionSpec& option : command.options) {
    if (option.required) {
      out += " " + std::string(option.name) + " " + std::string(option.value);
    } else {
      optional = true;
    }
  }
  if (optional) out += language == Language::zh ? " [选项]" : " [options]";
  return out;
}

std::string help_text(const CommandSpec* command, Language language) {
  const bool zh = language == Language::zh;
  const std::string_view usage_title = zh ? "用法：" : "Usage: ";
  if (command) {
    std::string out = std::string(command->summary.in(language)) + "\n\n" + std::string(usage_title) +
                      usage(*command, language) + "\n";
    std::vector<OptionSpec> options = command->options;
    for (const OptionSpec& option : common_options()) {
      if (std::none_of(options.begin(), options.end(), [&](const OptionSpec& o) { return o.name == option.name; }))
        options.push_back(option);
    }
    return out + (zh ? "\n选项：\n" : "\nOptions:\n") + option_lines(options, language, false);
  }
  std::string out = zh ? "KPI 方案语言：从订单数据精确计算指标、得分与报酬。\n\n"
                       : "The KPI policy language: exact metrics, scores and pay from order data.\n\n";
  out += std::string(usage_title) + (zh ? "kpi 命令 [选项]\n\n命令：\n" : "kpi COMMAND [options]\n\nCommands:\n");
  for (const CommandSpec& entry : commands()) {
    out += "  " + std::string(entry.name) + std::string(12 - entry.name.size(), ' ') +
           std::string(entry.summary.in(language)) + "\n";
  }
  out += (zh ? "\n选项：\n" : "\nOptions:\n") + option_lines(common_options(), language, true);
  out += zh ? "\n退出状态：0 正常；1 发现问题或测试失败；2 用法错误、文件无法读取或数据有误；3 方案无法编译；4 "
              "有性质未能判定。\n"
            : "\nExit status: 0 clean, 1 findings or failed tests, 2 wrong usage, unreadable file or bad data,\n"
              "3 the policy does not compile, 4 a property could not be decided.\n";
  return out + (zh ? "`kpi 命令 --help` 查看某个命令的选项。环境变量 `KPI_LANG=zh` 让所有命令使用中文。\n"
                   : "`kpi COMMAND --help` shows the options of one command.\n"
                     "中文：`kpi --lang zh --help`；环境变量 `KPI_LANG=zh` 让所有命令使用中文。\n");
}

}  // namespace kpi::driver
