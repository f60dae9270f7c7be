// `kpi new NAME --template T`: a folder of the user's own to start from.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/project.hpp"
#include "grammar/source/similar_name.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/rule_scaffold.hpp"
#include "interpreter/driver/templates.hpp"
#include "interpreter/report/table.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;
namespace fs = std::filesystem;
using report::Word;

constexpr Word kTemplate{{"Template", "模板"}};
constexpr Word kTitle{{"For", "用途"}};
constexpr Word kMade{{"made {}/ from the template {}", "已用模板 {1} 新建 {0}/"}};
constexpr Word kNext{{"next:", "接下来："}};
constexpr Word kReadMe{{"what the numbers mean and what to adapt", "数字的含义与需要调整之处"}};
constexpr Word kTests{{"the tests", "运行测试"}};

/// What a job of a CI system runs; the same for every template.
constexpr std::string_view kWorkflow =
    R"(# Checks the policy on every change. `kpi` has to be on the path of the machine that runs the job.
name: policy
on: [push, pull_request]
jobs:
  policy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: kpi fmt --check policy.kpi
      - run: kpi check policy.kpi
      - run: kpi lint policy.kpi --format github
      - run: kpi test policy.kpi --min 90
)";
constexpr std::string_view kWorkflowPath = ".github/workflows/policy.yml";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The name of the policy in a folder of that name: `my-hosts` holds the policy `my_hosts`.
std::string policy_name(const std::string& folder) {
  std::string name = fs::path(folder).filename().string();
  const bool usable = !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (!usable) throw Failure(ids::not_a_policy_name, {{"name", name.empty() ? folder : name}});
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

const Template& find_template(const std::vector<Template>& templates, const std::string& name) {
  const auto found =
      std::find_if(templates.begin(), templates.end(), [&](const Template& each) { return each.name == name; });
  if (found != templates.end()) return *found;
  std::vector<std::string> names;
  for (const Template& each : templates) names.push_back(each.name);
  throw Failure(ids::unknown_template, {{"template", name}}, source::similar_name(name, names).value_or(""));
}

std::string list(const std::vector<Template>& templates, const report::Look& look) {
  report::Table table({{std::string(word(kTemplate, look.language))}, {std::string(word(kTitle, look.language))}});
  for (const Template& each : templates) {
    table.add({{each.name}, {each.title[static_cast<std::size_t>(look.language)]}});
  }
  return table.text(look);
}

/// Writes everything into a folder beside the wanted one and renames it at the end, so that nothing half-written stays.
class Folder {
 public:
  explicit Folder(const std::string& wanted) : wanted_(wanted), building_(wanted + ".new") {
    std::error_code error;
    if (fs::exists(fs::symlink_status(wanted_, error))) throw Failure(ids::folder_exists, {{"folder", wanted}});
    fs::remove_all(building_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!finished_) fs::remove_all(building_, ignored);
  }

  void write(std::string_view path, std::string_view text) {
    const fs::path target = building_ / fs::path(path);
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (error) fail(target, error);
    write_result(text, target.string());
  }
  void finish() {
    std::error_code error;
    fs::rename(building_, wanted_, error);
    if (error) fail(wanted_, error);
    finished_ = true;
  }

 private:
  [[noreturn]] static void fail(const fs::path& path, const std::error_code& error) {
    throw Failure(ids::folder_not_writable, {{"file", path.string()}, {"reason", error.message()}});
  }
  fs::path wanted_, building_;
  bool finished_ = false;
};

std::string next_steps(const std::string& folder, const Template& made, source::Language language) {
  std::string out = report::say(kMade, language, folder, made.name) + "\n";
  const auto has = [&](std::string_view path) {
    return std::any_of(made.files.begin(), made.files.end(), [&](const auto& file) { return file.first == path; });
  };
  out += std::string(word(kNext, language)) + "\n";
  const std::string_view read_me =
      language == source::Language::zh && has("README.zh.md") ? "README.zh.md" : "README.md";
  if (has(read_me)) out += fmt::format("  {}/{}: {}\n", folder, read_me, word(kReadMe, language));
  out += fmt::format("  kpi test {}/policy.kpi: {}\n", folder, word(kTests, language));
  for (const auto& [path, text] : made.files) {
    if (!path.starts_with("data/") || !has("imports.kpi")) continue;
    const std::string table = fs::path(path).stem().string();
    out += fmt::format("  kpi import {0}/shop.db {0}/{1} --as {0}/imports.kpi:{2}\n", folder, path, table);
  }
  return out;
}

/// `kpi new rule ID`
Exit new_rule(const Invocation& invocation) {
  if (invocation.arguments[0] != "rule") {
    throw Failure(ids::unexpected_argument, {{"command", "new"},
                                             {"word", invocation.arguments[1]},
                                             {"usage", usage(*invocation.command, invocation.language)}});
  }
  const std::string& id = invocation.arguments[1];
  const std::string file = invocation.value("--rules").value_or("house_rules.kpi");
  scaffold_rule(id, file);
  if (invocation.format != Format::pretty) return Exit::clean;
  const bool zh = invocation.language == source::Language::zh;
  write_result(
      zh ? "规则 `" + id + "` 已写入 `" + file + "`。\n请修改条件、文字和示例，然后运行 `kpi test " + file + "`。\n"
         : "Rule `" + id + "` is in `" + file + "`.\nChange its condition, texts and examples, then run `kpi test " +
               file + "`.\n",
      std::nullopt);
  return Exit::clean;
}

}  // namespace

Exit run_new(const Invocation& invocation, const Terminal& terminal) {
  const std::vector<Template> templates = policy_templates();
  if (invocation.has("--list")) {
    write_result(list(templates, terminal.out), std::nullopt);
    return Exit::clean;
  }
  if (invocation.arguments.empty()) throw Failure(ids::new_needs_a_name, {});
  if (invocation.arguments.size() == 2) return new_rule(invocation);
  const std::string& folder = invocation.arguments.front();
  const std::string name = policy_name(folder);
  const auto wanted = invocation.value("--template");
  if (!wanted) throw Failure(ids::template_not_named, {{"name", folder}});
  const Template& chosen = find_template(templates, *wanted);
  Folder made(folder);
  for (const auto& [path, text] : chosen.files) {
    made.write(path, path == "policy.kpi" ? renamed_policy(text, name) : std::string(text));
  }
  made.write(kWorkflowPath, kWorkflow);
  made.finish();
  if (invocation.format == Format::pretty) {
    write_result(next_steps(folder, chosen, invocation.language), std::nullopt);
  }
  return Exit::clean;
}

}  // namespace kpi::driver
