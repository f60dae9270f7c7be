#include "interpreter/lsp/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/driver/embedded_files.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/lsp/channel.hpp"
#include "interpreter/lsp/commands.hpp"
#include "interpreter/lsp/linter.hpp"
#include "interpreter/lsp/names.hpp"
#include "interpreter/lsp/pages.hpp"
#include "interpreter/lsp/protocol.hpp"
#include "interpreter/lsp/reports.hpp"
#include "interpreter/lsp/workspace.hpp"

namespace kpi::lsp {
namespace {

/// How long a change may wait for the next one before it is compiled.
constexpr int kQuietMilliseconds = 3;
/// How long nothing must happen before the rules run, which takes longer.
constexpr int kIdleMilliseconds = 200;

class Server {
 public:
  Server(int input, int output) : channel_(input, output) { add_handlers(); }

  int run() {
    std::string body;
    while (!exited_) {
      const bool pending = initialized_ && !workspace_.unreported().empty();
      const bool unlinted = initialized_ && workspace_.has_unlinted();
      const int wait = pending ? kQuietMilliseconds : unlinted ? kIdleMilliseconds : -1;
      switch (channel_.next(body, wait, linter_.descriptor())) {
        case Channel::State::message:
          receive(body);
          break;
        case Channel::State::nothing_yet:
          if (pending) {
            publish_all();
          } else {
            start_linting();
          }
          break;
        case Channel::State::woken:
          take_findings();
          break;
        case Channel::State::bad_header:
          fail(nullptr, kParseError, "a message begins with `Content-Length: N` and an empty line");
          break;
        case Channel::State::closed:
          return shut_down_ ? 0 : 1;
      }
    }
    return shut_down_ ? 0 : 1;
  }

  bool is_linting() { return linter_.busy(); }

 private:
  using Handler = std::function<Json(const Json&)>;

  // ---- messages

  void send(const Json& message) { channel_.send(message.dump(-1, ' ', false, Json::error_handler_t::replace)); }
  void answer(const Json& id, Json result) { send({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}}); }
  void fail(const Json& id, int code, const std::string& message) {
    send({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}});
  }
  void notify(const std::string& method, Json params) {
    send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
  }

  void receive(const std::string& body) {
    const Json message = Json::parse(body, nullptr, false);
    if (message.is_discarded()) return fail(nullptr, kParseError, "the message is not JSON");
    if (!message.is_object()) return fail(nullptr, kInvalidRequest, "a message is an object");
    const bool request = message.contains("id");
    const Json id = request ? message["id"] : Json();
    const auto method = message.find("method");
    if (method == message.end()) {
      // An answer to something that was never asked is no reason to speak.
      if (request && !message.contains("result") && !message.contains("error"))
        fail(id, kInvalidRequest, "the method is missing");
      return;
    }
    if (!method->is_string()) return fail(id, kInvalidRequest, "the method is not a text");
    const Json params = message.value("params", Json::object());
    try {
      dispatch(method->get<std::string>(), params, request, id);
    } catch (const RequestError& error) {
      if (request) fail(id, error.code, error.message);
    } catch (const Json::exception& error) {
      if (request) fail(id, kInvalidParams, error.what());
    } catch (const std::exception& error) {
      if (request) fail(id, kInternalError, error.what());
    }
  }

  void dispatch(const std::string& method, const Json& params, bool request, const Json& id) {
    if (method == "exit") {
      exited_ = true;
      return;
    }
    if (!initialized_ && method != "initialize") {
      if (request) throw RequestError{kNotInitialized, "`initialize` comes first"};
      return;
    }
    if (shut_down_ && request) throw RequestError{kInvalidRequest, "the server is shut down"};
    const auto handler = handlers_.find(method);
    if (handler == handlers_.end()) {
      if (request) throw RequestError{kMethodNotFound, "there is no method `" + method + "`"};
      return;
    }
    Json result = handler->second(params);
    if (request) answer(id, std::move(result));
  }

  // ---- documents

  static std::string uri_of(const Json& params) { return params.at("textDocument").at("uri").get<std::string>(); }

  View view(const std::string& uri) {
    const Analysis* analysis = workspace_.analysis(uri);
    if (!analysis) throw RequestError{kInvalidParams, "`" + uri + "` is not open"};
    return view(*analysis);
  }
  View view(const Analysis& analysis) const { return {analysis, encoding_, language_, &rules_}; }
  View view_of(const Json& params) { return view(uri_of(params)); }

  void open(const Json& params) {
    const Json& document = params.at("textDocument");
    workspace_.open(document.at("uri").get<std::string>(), document.at("text").get<std::string>(),
                    document.value("version", 0));
  }
  void change(const Json& params) {
    const std::string uri = uri_of(params);
    Document* document = workspace_.edit(uri);
    if (!document) return;
    for (const Json& change : params.at("contentChanges")) {
      const std::string text = change.at("text").get<std::string>();
      if (change.contains("range")) {
        const Range range = range_of(change["range"]);
        document->edit(range, text, encoding_);
        reports_.move_findings(name_of_uri(uri), range, text, encoding_);
      } else {
        *document = Document(text);
        reports_.forget_findings_in(name_of_uri(uri));
      }
    }
    workspace_.changed(uri, params["textDocument"].value("version", 0));
  }
  void close(const Json& params) {
    const std::string uri = uri_of(params);
    workspace_.close(uri);
    std::set<std::string> files;
    reports_.close(name_of_uri(uri), files);
    for (const std::string& file : files) publish(file);
  }

  // ---- diagnostics

  void publish_all() {
    std::set<std::string> files;
    for (const std::string& name : workspace_.unreported()) {
      workspace_.reported(name);
      reports_.update(view(uri_of_name(name)), files);
    }
    for (const std::string& file : files) publish(file);
  }

  void start_linting() {
    std::set<std::string> files;
    for (Linter::Job& job : workspace_.take_unlinted()) {
      const View seen = view(uri_of_name(job.name));
      if (seen.analysis.lintable()) {
        linter_.start(std::move(job));
      } else if (reports_.drop_findings(job.name)) {  // what was found before the mistake
        reports_.update(seen, files);
      }
    }
    for (const std::string& file : files) publish(file);
  }

  void take_findings() {
    std::set<std::string> files;
    while (auto done = linter_.take()) {
      const std::string name = done->name;
      if (!workspace_.adopt(std::move(*done))) continue;
      reports_.drop_findings(name);
      reports_.update(view(uri_of_name(name)), files);
    }
    for (const std::string& file : files) publish(file);
  }

  void publish(const std::string& file) {
    Json params = {{"uri", uri_of_name(file)}, {"diagnostics", reports_.about(file)}};
    if (const auto version = workspace_.version(file)) params["version"] = *version;
    notify("textDocument/publishDiagnostics", std::move(params));
  }

  // ---- requests

  Json initialize(const Json& params) {
    if (initialized_) throw RequestError{kInvalidRequest, "`initialize` came already"};
    const Json capabilities_of_client = params.value("capabilities", Json::object());
    const Json general = capabilities_of_client.value("general", Json::object());
    for (const Json& name : general.value("positionEncodings", Json::array())) {
      // In the client's order of preference; without a word about it, UTF-16.
      const std::string text = name.is_string() ? name.get<std::string>() : "";
      if (text == "utf-8" || text == "utf-16" || text == "utf-32") {
        encoding_ = text == "utf-8" ? Encoding::utf8 : text == "utf-16" ? Encoding::utf16 : Encoding::utf32;
        break;
      }
    }
    const Json text_document = capabilities_of_client.value("textDocument", Json::object());
    const Json item = text_document.value("completion", Json::object()).value("completionItem", Json::object());
    snippets_ = item.value("snippetSupport", false);
    configure(params.value("initializationOptions", Json::object()),
              params.contains("locale") ? params["locale"] : Json());
    if (params.contains("workspaceFolders") && params["workspaceFolders"].is_array()) {
      for (const Json& folder : params["workspaceFolders"])
        workspace_.folders.roots.push_back(name_of_uri(folder.at("uri").get<std::string>()));
    } else if (params.contains("rootUri") && params["rootUri"].is_string()) {
      workspace_.folders.roots.push_back(name_of_uri(params["rootUri"].get<std::string>()));
    }
    initialized_ = true;
    return {{"capabilities", capabilities(encoding_)}, {"serverInfo", {{"name", "kpi"}, {"version", "0.1.0"}}}};
  }

  void change_folders(const Json& event) {
    std::vector<std::string>& roots = workspace_.folders.roots;
    for (const Json& folder : event.value("removed", Json::array()))
      std::erase(roots, name_of_uri(folder.at("uri").get<std::string>()));
    for (const Json& folder : event.value("added", Json::array())) {
      std::string root = name_of_uri(folder.at("uri").get<std::string>());
      if (std::find(roots.begin(), roots.end(), root) == roots.end()) roots.push_back(std::move(root));
    }
    workspace_.folders.look_again();
  }

  /// Settings: `language` (en, zh), `database`, `period`.
  void configure(const Json& options, const Json& locale) {
    std::string language = locale.is_string() ? locale.get<std::string>() : "";
    if (options.is_object()) {
      const auto text = [&](const char* key, std::string fallback) {
        return options.contains(key) && options[key].is_string() ? options[key].get<std::string>()
                                                                 : std::move(fallback);
      };
      language = text("language", language);
      database_ = text("database", database_);
      period_ = text("period", period_);
      if (options.contains("snippets") && options["snippets"].is_boolean())
        own_snippets_ = !options["snippets"].get<bool>();
    }
    if (language.starts_with("zh")) language_ = source::Language::zh;
    if (language.starts_with("en")) language_ = source::Language::en;
  }

  Json formatting(const Json& params) {
    const View seen = view_of(params);
    const auto edits = params.contains("range") ? formatted(seen, range_of(params["range"])) : formatted(seen);
    if (!edits)
      throw RequestError{kRequestFailed, std::string(seen.say("a file with syntax errors is not formatted",
                                                              "有语法错误的文件不能排版"))};
    return text_edits_json(*edits);
  }

  Names names() {
    return Names(workspace_, [this](const Analysis& analysis) { return view(analysis); });
  }

  Json references(const Json& params) {
    const bool declaration = params.value("context", Json::object()).value("includeDeclaration", false);
    Names all = names();
    Json places = to_json(all.references(view_of(params), position_of(params.at("position")), declaration));
    if (!all.complete()) tell_limit(false);
    return places;
  }

  Json prepare_rename(const Json& params) {
    const Target target = Names::renamable(view_of(params), position_of(params.at("position")));
    return {{"range", to_json(target.range)}, {"placeholder", target.name}};
  }

  Json rename(const Json& params) {
    Names all = names();
    Json edits = to_json(
        all.rename(view_of(params), position_of(params.at("position")), params.at("newName").get<std::string>()));
    if (!all.complete()) tell_limit(true);
    return edits;
  }

  /// Says, once or whenever a change may be incomplete, that not every file is known.
  void tell_limit(bool insist) {
    if (told_limit_ && !insist) return;
    told_limit_ = true;
    const bool zh = language_ == source::Language::zh;
    constexpr int kWarning = 2;
    notify("window/showMessage",
           {{"type", kWarning},
            {"message",
             fmt::format(
                 fmt::runtime(
                     zh ? "工作区过大：只在前 {} 个方案文件中查找名称，其余文件不会被找到或修改；请打开较小的文件夹"
                        : "the workspace is too large: names are looked for in the first {} policy "
                          "files, others are neither found nor changed; open a smaller folder"),
                 Folders::kMostFiles)}});
  }

  Json workspace_symbols(const Json& params) {
    const std::string query = params.at("query").get<std::string>();
    Json symbols = Json::array();
    for (const std::string& name : workspace_.open_names())
      add_workspace_symbols(view(uri_of_name(name)), query, symbols);
    const Folders::Found unopened = workspace_.unopened();
    for (const auto& analysis : unopened.files) add_workspace_symbols(view(*analysis), query, symbols);
    if (!unopened.complete) tell_limit(false);
    return symbols;
  }

  Json selection_ranges(const Json& params) {
    const View seen = view_of(params);
    Json result = Json::array();
    for (const Json& position : params.at("positions"))
      result.push_back(selection_json(selection(seen, position_of(position))));
    return result;
  }

  Json execute(const Json& params) {
    const std::string command = params.at("command").get<std::string>();
    const Json arguments = params.value("arguments", Json::array());
    const auto argument = [&](std::size_t index) {
      return arguments.size() > index && arguments[index].is_string() ? arguments[index].get<std::string>()
                                                                      : std::string();
    };
    if (command != "kpi.runTest" && command != "kpi.previewScorecard") {
      throw RequestError{kInvalidParams, "there is no command `" + command + "`"};
    }
    const View seen = view(argument(0));
    const CommandResult result = command == "kpi.runTest"
                                     ? run_test(seen, argument(1))
                                     : preview(seen, argument(1), argument(2).empty() ? database_ : argument(2),
                                               argument(3).empty() ? period_ : argument(3));
    return {{"ok", result.ok}, {"text", result.text}};
  }

  std::optional<std::string> page_text(const std::string& uri) {
    const auto id = rule_of_page(uri);
    if (!id) return page(uri, language_);
    for (const std::string& name : workspace_.open_names()) {
      const auto analysis = workspace_.file(name);
      const auto rule = analysis ? rules_.find(*analysis, *id) : std::nullopt;
      if (rule) return page(*rule, language_);
    }
    for (const KnownRule& rule : standard_rules()) {
      if (rule.rule->named.name == *id) return page(rule, language_);
    }
    return std::nullopt;
  }

  static Json standard_library(const Json& params) {
    const auto text = driver::standard_library(name_of_uri(params.at("uri").get<std::string>()));
    if (!text) throw RequestError{kInvalidParams, "there is no such file in the standard library"};
    return {{"text", std::string(*text)}, {"languageId", "kpi"}};
  }

  void add_handlers() {
    const auto on_position = [this](auto ask) {
      return
          [this, ask](const Json& params) -> Json { return ask(view_of(params), position_of(params.at("position"))); };
    };
    const auto on_file = [this](auto ask) {
      return [this, ask](const Json& params) -> Json { return ask(view_of(params)); };
    };
    const auto nothing = [](const Json&) -> Json { return nullptr; };
    handlers_["initialize"] = [this](const Json& params) { return initialize(params); };
    handlers_["initialized"] = nothing;
    handlers_["shutdown"] = [this](const Json&) -> Json { return shut_down_ = true, nullptr; };
    handlers_["$/cancelRequest"] = nothing;
    handlers_["$/setTrace"] = nothing;
    handlers_["textDocument/didOpen"] = [this](const Json& params) -> Json { return open(params), nullptr; };
    handlers_["textDocument/didChange"] = [this](const Json& params) -> Json { return change(params), nullptr; };
    handlers_["textDocument/didClose"] = [this](const Json& params) -> Json { return close(params), nullptr; };
    handlers_["textDocument/didSave"] = nothing;
    handlers_["workspace/didChangeWatchedFiles"] = [this](const Json& params) -> Json {
      constexpr int kCreated = 1;
      for (const Json& change : params.at("changes"))
        workspace_.disk_changed(change.at("uri").get<std::string>(), change.value("type", kCreated) == kCreated);
      return nullptr;
    };
    handlers_["workspace/didChangeWorkspaceFolders"] = [this](const Json& params) -> Json {
      return change_folders(params.at("event")), nullptr;
    };
    handlers_["workspace/didChangeConfiguration"] = [this](const Json& params) -> Json {
      const Json settings = params.value("settings", Json::object());
      configure(settings.is_object() && settings.contains("kpi") ? settings["kpi"] : settings, nullptr);
      workspace_.all_changed();
      return nullptr;
    };
    handlers_["textDocument/hover"] = on_position([](const View& seen, Position at) -> Json {
      const auto found = hover(seen, at);
      return found ? to_json(*found) : Json();
    });
    handlers_["textDocument/definition"] =
        on_position([](const View& seen, Position at) { return to_json(definition(seen, at)); });
    handlers_["textDocument/documentHighlight"] = on_position([](const View& seen, Position at) {
      Json result = Json::array();
      for (const Range& range : highlights(seen, at)) result.push_back({{"range", to_json(range)}});
      return result;
    });
    handlers_["textDocument/completion"] = on_position([this](const View& seen, Position at) {
      const Declarations offered = own_snippets_ ? Declarations::left_out
                                   : snippets_   ? Declarations::as_snippets
                                                 : Declarations::as_words;
      return to_json(complete(seen, at, offered), snippets_);
    });
    handlers_["textDocument/references"] = [this](const Json& params) { return references(params); };
    handlers_["textDocument/prepareRename"] = [this](const Json& params) { return prepare_rename(params); };
    handlers_["textDocument/rename"] = [this](const Json& params) { return rename(params); };
    handlers_["textDocument/documentSymbol"] = on_file([](const View& seen) { return to_json(outline(seen)); });
    handlers_["textDocument/foldingRange"] = on_file([](const View& seen) { return to_json(folds(seen)); });
    handlers_["textDocument/selectionRange"] = [this](const Json& params) { return selection_ranges(params); };
    handlers_["textDocument/semanticTokens/full"] = on_file([](const View& seen) -> Json {
      return {{"data", semantic_tokens(seen)}};
    });
    handlers_["textDocument/inlayHint"] = on_file([](const View& seen) { return to_json(hints(seen)); });
    handlers_["textDocument/codeLens"] = [this](const Json& params) {
      return to_json(lenses(view_of(params)), uri_of(params));
    };
    handlers_["textDocument/codeAction"] = [this](const Json& params) {
      const Range range = range_of(params.at("range"));
      // The findings that the client shows may be older than the analysis.
      if (reports_.has_finding(name_of_uri(uri_of(params)), range)) workspace_.lint(uri_of(params));
      const View seen = view_of(params);
      return to_json(seen, actions(seen, range));
    };
    handlers_["textDocument/formatting"] = [this](const Json& params) { return formatting(params); };
    handlers_["textDocument/rangeFormatting"] = handlers_["textDocument/formatting"];
    handlers_["workspace/symbol"] = [this](const Json& params) { return workspace_symbols(params); };
    handlers_["workspace/executeCommand"] = [this](const Json& params) { return execute(params); };
    handlers_["kpi/page"] = [this](const Json& params) -> Json {
      const auto text = page_text(params.at("uri").get<std::string>());
      if (!text) throw RequestError{kInvalidParams, "there is no such page"};
      return {{"text", *text}, {"languageId", "markdown"}};
    };
    handlers_["kpi/standardLibrary"] = [](const Json& params) { return standard_library(params); };
  }

  Channel channel_;
  Workspace workspace_;
  RuleBook rules_{workspace_};
  Linter linter_;
  std::map<std::string, Handler> handlers_;
  Encoding encoding_ = Encoding::utf16;
  source::Language language_ = source::Language::en;
  bool snippets_ = false;      // the client knows them
  bool own_snippets_ = false;  // and has some for every declaration itself
  bool initialized_ = false, shut_down_ = false, exited_ = false, told_limit_ = false;
  std::string database_, period_;
  Reports reports_;
};

}  // namespace

int serve(int input, int output) {
  std::signal(SIGPIPE, SIG_IGN);  // a client that is gone is noticed when the next message is written
  Server server(input, output);
  const int status = server.run();
  // Proofs can take long, and nobody will read what they find.
  if (server.is_linting()) std::_Exit(status);
  return status;
}

}  // namespace kpi::lsp
