#include "interpreter/driver/commands.hpp"

namespace kpi::driver {
namespace {

constexpr std::size_t kMany = 100'000;

const OptionSpec kData = {"--data", "DB", {"the SQLite file with the data", "数据所在的 SQLite 文件"}, true, {}};
const OptionSpec kPeriod = {"--period", "PERIOD",
                            {"the period to evaluate, such as `2026-07`, `2026-Q3`, `2026-W27` or `2026-01..2026-12`",
                             "要计算的期间，例如 `2026-07`、`2026-Q3`、`2026-W27` 或 `2026-01..2026-12`"}, true, {}};
const OptionSpec kAsOf = {"--as-of", "TIME",
                          {"look at the data as of this date or time; default: its latest event",
                           "以此日期或时间为数据截止点；默认取最晚的事件"}, false, {}};
const OptionSpec kQuarantine = {"--quarantine", "", {"set rows with errors aside and count them", "隔离有错误的记录并计数，继续运行"}, false, {}};
const OptionSpec kThreads = {"--threads", "N", {"threads that read the data; results do not depend on it", "读取数据的线程数，不影响结果"}, false, {}};

}  // namespace

const std::vector<OptionSpec>& common_options() {
  static const std::vector<OptionSpec> options = {
      {"--lang", "LANG", {"language of messages and labels: `en` or `zh`", "消息与标签的语言：`en` 或 `zh`"}, false, {"en", "zh"}},
      {"--format", "FORMAT", {"`pretty`, `compact` or `json`", "输出格式：`pretty`、`compact` 或 `json`"}, false, {"pretty", "compact", "json"}},
      {"--help", "", {"show this help", "显示帮助"}, false, {}},
      {"--version", "", {"show the version", "显示版本"}, false, {}},
  };
  return options;
}

const std::vector<CommandSpec>& commands() {
  static const std::vector<CommandSpec> table = {
      {"check", "FILE...", 1, kMany,
       {"Check policies: names, types, units, dates, weights, completeness.", "检查政策：名称、类型、单位、日期、权重与完备性。"},
       {{"--deny", "warnings", {"exit with 1 when there are warnings", "有警告时以状态 1 退出"}, false, {"warnings"}},
        {"--dump", "PHASE", {"show what a phase makes of the file: `tokens`, `ast`, `model` or `plan`",
                             "显示某一阶段的结果：`tokens`、`ast`、`model` 或 `plan`"}, false, {"tokens", "ast", "model", "plan"}}},
       run_check},
      {"import", "DB FILE", 2, 2,
       {"Load an export (CSV or TSV) into a SQLite file.", "把平台导出文件（CSV 或 TSV）载入 SQLite 文件。"},
       {{"--as", "NAME", {"the import to use: `std.imports.x`, `x` of `--from`, or `file.kpi:x`",
                          "使用的导入：`std.imports.x`、`--from` 文件中的 `x`，或 `file.kpi:x`"}, true, {}},
        {"--from", "FILE", {"the file that declares the import", "声明该导入的文件"}, false, {}},
        {"--rejects", "FILE", {"where rows that do not fit go; default: beside the export", "不合格的行写入此文件；默认写在导出文件旁"}, false, {}}},
       run_import},
      {"data", "POLICY DB", 2, 2,
       {"Can every metric be computed from this data?", "这些数据能否算出全部指标？"}, {kAsOf, kThreads}, run_data},
      {"run", "POLICY", 1, 1,
       {"Evaluate a policy: metrics, scores, pay, alerts.", "计算政策：指标、得分、报酬与预警。"},
       {kData, kPeriod,
        {"--entity", "KEY", {"report only this person, shop, …; ranks and budgets still see all", "只报告这一个对象；排名和预算仍按全体计算"}, false, {}},
        kAsOf, kQuarantine,
        {"--all-metrics", "", {"report also the metrics that nothing uses", "同时报告未被使用的指标"}, false, {}},
        {"--verbose", "", {"show the steps of payouts and exclusions without rows", "显示报酬的各步骤及没有命中的剔除规则"}, false, {}},
        {"--output", "FILE", {"write the result to this file", "把结果写入此文件"}, false, {}},
        kThreads,
        {"--format", "FORMAT", {"`pretty`, `compact`, `json` or `csv`", "输出格式：`pretty`、`compact`、`json` 或 `csv`"}, false,
         {"pretty", "compact", "json", "csv"}}},
       run_run},
      {"explain", "POLICY", 1, 1,
       {"Why this score and this pay, down to the rows.", "为什么是这个得分和报酬，直到每一行数据。"},
       {kData, kPeriod, {"--entity", "KEY", {"whom to explain", "要解释的对象"}, true, {}},
        {"--why-not", "", {"the smallest change of each metric that reaches the next step", "每个指标达到下一档所需的最小变化"}, false, {}},
        kAsOf, kQuarantine, kThreads,
        {"--output", "FILE", {"write the result to this file", "把结果写入此文件"}, false, {}}},
       run_explain},
      {"test", "FILE...", 1, kMany, {"Run the tests that policies declare.", "运行政策中声明的测试。"}, {}, run_test},
      {"eval", "EXPR", 1, 1,
       {"The exact value of a constant expression; `-` reads one a line.", "常量表达式的精确值；`-` 表示从标准输入逐行读取。"}, {}, run_eval},
  };
  return table;
}

}  // namespace kpi::driver
