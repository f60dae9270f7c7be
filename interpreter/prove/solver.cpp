#include "interpreter/prove/solver.hpp"

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace kpi::prove {
namespace {

/// The few functions of Z3's C interface that are needed; all questions are text.
struct Library {
  using Config = void*;
  using Context = void*;
  Config (*make_config)() = nullptr;
  void (*delete_config)(Config) = nullptr;
  Context (*make_context)(Config) = nullptr;
  void (*delete_context)(Context) = nullptr;
  const char* (*evaluate)(Context, const char*) = nullptr;
  void (*set_error_handler)(Context, void (*)(Context, int)) = nullptr;
  void (*version)(unsigned*, unsigned*, unsigned*, unsigned*) = nullptr;
  bool usable = false;

  Library() {
    void* handle = nullptr;
    for (const char* name : {"libz3.so.4", "libz3.so"}) {
      if (handle == nullptr) handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    }
    if (handle == nullptr) return;
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(handle, name));
      return function != nullptr;
    };
    usable = find(make_config, "Z3_mk_config") && find(delete_config, "Z3_del_config") &&
             find(make_context, "Z3_mk_context") && find(delete_context, "Z3_del_context") &&
             find(evaluate, "Z3_eval_smtlib2_string") && find(version, "Z3_get_version") &&
             find(set_error_handler, "Z3_set_error_handler");
  }
};

bool switched_off() {
  const char* wanted = std::getenv("KPI_SOLVER");
  return wanted != nullptr && std::string_view(wanted) == "none";
}

bool program_wanted() {
  const char* wanted = std::getenv("KPI_SOLVER");
  return wanted != nullptr && std::string_view(wanted) == "program";
}

const Library& library() {
  static const Library loaded;
  return loaded;
}

/// The solver is stopped from outside after so many seconds of its own computing time, whatever its budget says: some
/// steps of exact arithmetic with large numbers do not count. On a busy machine that takes longer; a minute ends it
/// all.
constexpr rlim_t kMostSeconds = 2;
constexpr int kMostMilliseconds = 60'000;

std::string answer_of_library(const std::string& script) {
  const Library& z3 = library();
  const auto config = z3.make_config();
  const auto context = z3.make_context(config);
  z3.delete_config(config);
  z3.set_error_handler(context, [](Library::Context, int) {});  // the default one ends the process
  std::string answer = z3.evaluate(context, script.c_str());
  z3.delete_context(context);
  return answer;
}

void write_all(int to, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(to, text.data() + written, text.size() - written);
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
}

/// What arrives until the other end closes; none when it takes too long.
std::optional<std::string> read_all(int from) {
  std::string answer;
  int left = kMostMilliseconds;
  char buffer[4096];
  while (left > 0) {
    pollfd ready{from, POLLIN, 0};
    constexpr int kSlice = 50;
    const int polled = poll(&ready, 1, kSlice);
    if (polled == 0) {
      left -= kSlice;
      continue;
    }
    const ssize_t count = read(from, buffer, sizeof buffer);
    if (count <= 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

/// Answers the script in a process of its own: by the library, or by `z3 -in`. Empty when that fails or takes too long.
std::string run_apart(const std::string& script, bool program) {
  int to_child[2], from_child[2];
  if (pipe(to_child) != 0) return {};
  if (pipe(from_child) != 0) {
    close(to_child[0]);
    close(to_child[1]);
    return {};
  }
  const pid_t child = fork();
  if (child == 0) {
    close(to_child[1]);
    close(from_child[0]);
    const rlimit limit{kMostSeconds, kMostSeconds + 1};
    setrlimit(RLIMIT_CPU, &limit);
    if (program) {
      dup2(to_child[0], STDIN_FILENO);
      dup2(from_child[1], STDOUT_FILENO);
      close(to_child[0]);
      close(from_child[1]);
      execlp("z3", "z3", "-in", static_cast<char*>(nullptr));
      _exit(127);
    }
    write_all(from_child[1], answer_of_library(script));
    _exit(0);
  }
  close(to_child[0]);
  close(from_child[1]);
  // A program that is not there closes its end at once.
  const auto handler = std::signal(SIGPIPE, SIG_IGN);
  // Scripts may be longer than a pipe holds, answers are not: Z3 answers at the end.
  if (child > 0 && program) write_all(to_child[1], script);
  close(to_child[1]);
  std::signal(SIGPIPE, handler);
  const auto answer = child > 0 ? read_all(from_child[0]) : std::nullopt;
  close(from_child[0]);
  if (child > 0) {
    if (!answer) kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
  }
  return answer.value_or("");
}

std::string run_script(const std::string& script) {
  if (switched_off()) return {};
  return run_apart(script, !library().usable || program_wanted());
}

bool program_exists() {
  static const bool exists = run_apart("(check-sat)\n", true).rfind("sat", 0) == 0;
  return exists;
}

/// `((i0 (/ 1.0 3.0)) (i1 (- 2.0)))`; values that are not rational are left out.
class Reader {
 public:
  explicit Reader(const std::string& text_) : text(text_) {}
  std::map<std::uint32_t, Number> read() {
    std::map<std::uint32_t, Number> result;
    skip();
    if (!take('(')) return result;
    while (take('(')) {
      const std::string name = word();
      const auto value = expression();
      if (value && name.size() > 1 && name[0] == 'i')
        result[static_cast<std::uint32_t>(std::stoul(name.substr(1)))] = *value;
      while (at < text.size() && !take(')')) ++at;  // something that was not understood
    }
    return result;
  }

 private:
  void skip() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) ++at;
  }
  bool take(char c) {
    skip();
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }
  std::string word() {
    skip();
    const std::size_t start = at;
    while (at < text.size() && text[at] != ' ' && text[at] != '\n' && text[at] != '(' && text[at] != ')') ++at;
    return text.substr(start, at - start);
  }
  std::optional<Number> expression() {
    if (!take('(')) {
      return Number::parse_decimal(word());
    }
    const std::string op = word();
    const auto first = expression();
    if (!first) return std::nullopt;
    if (op == "-" && take(')')) return -*first;
    const auto second = expression();
    if (!second || !take(')')) return std::nullopt;
    if (op == "/" && !second->is_zero()) return *first / *second;
    if (op == "-") return *first - *second;
    return std::nullopt;
  }
  const std::string& text;
  std::size_t at = 0;
};

}  // namespace

bool Solver::available() {
  if (switched_off()) return false;
  return (library().usable && !program_wanted()) || program_exists();
}

std::string Solver::description() {
  if (!available()) return {};
  if (!library().usable || program_wanted()) return "Z3";
  unsigned major = 0, minor = 0, build = 0, revision = 0;
  library().version(&major, &minor, &build, &revision);
  return "Z3 " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(build);
}

Solved Solver::ask(const std::string& script, const std::vector<std::uint32_t>& inputs, std::uint64_t budget) {
  Solved result;
  if (!available()) return result;
  std::string text = "(set-option :rlimit " + std::to_string(budget) + ")\n" + script + "(check-sat-using smt)\n";
  std::string values;
  for (const std::uint32_t input : inputs) values += " i" + std::to_string(input);
  if (!values.empty()) text += "(get-value (" + values + "))\n";
  const std::string answer = run_script(text);
  const auto begins = [&](std::string_view word) { return answer.rfind(word, 0) == 0; };
  if (begins("unsat")) {
    result.answer = Answer::unsat;
  } else if (begins("sat")) {
    result.answer = Answer::sat;
    const std::string rest = answer.substr(std::min<std::size_t>(answer.size(), 4));
    result.inputs = Reader(rest).read();
  } else {
    result.answer = Answer::unknown;
  }
  return result;
}

}  // namespace kpi::prove
