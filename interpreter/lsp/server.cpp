#include "interpreter/lsp/server.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "grammar/format/format.hpp"
#include "grammar/source/diagnostic.hpp"
#include "interpreter/driver/embedded_files.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/lsp/channel.hpp"
#include "interpreter/lsp/commands.hpp"
#include "interpreter/lsp/pages.hpp"
#include "interpreter/lsp/protocol.hpp"
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
      switch (channel_.next(body, pending ? kQuietMilliseconds : unlinted ? kIdleMilliseconds : -1)) {
        case Channel::State::message:
          receive(body);
          break;
        case Channel::State::nothing_yet:
          if (pending) {
            publish_all();
          } else {
            lint_all();
          }
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
    return {*analysis, encoding_, language_};
  }
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
        document->edit(range_of(change["range"]), text, encoding_);
      } else {
        *document = Document(text);
      }
    }
    workspace_.changed(uri, params["textDocument"].value("version", 0));
  }
  void close(const Json& params) {
    const std::string uri = uri_of(params);
    workspace_.close(uri);
    const std::string name = name_of_uri(uri);
    const auto before = reported_.extract(name);
    std::set<std::string> files = {name};
    if (!before.empty()) {
      for (const auto& [file, list] : before.mapped()) files.insert(file);
    }
    for (const std::string& file : files) publish(file);
  }

  // ---- diagnostics

  void publish_all() {
    std::set<std::string> files;
    for (const std::string& name : workspace_.unreported()) {
      workspace_.reported(name);
      report(name, files);
    }
    for (const std::string& file : files) publish(file);
  }

  void lint_all() {
    std::set<std::string> files;
    for (const std::string& name : workspace_.take_unlinted()) {
      Analysis* analysis = workspace_.lintable(name);
      if (!analysis) continue;
      analysis->lint();
      if (analysis->findings()) report(name, files);
    }
    for (const std::string& file : files) publish(file);
  }

  /// Takes down what is to be said from the point of view of an open document; adds the files it concerns.
  void report(const std::string& name, std::set<std::string>& files) {
    const View seen = view(uri_of_name(name));
    auto& lists = reported_[name];
    for (const auto& [file, list] : lists) files.insert(file);
    lists.clear();
    lists[name] = Json::array();
    if (seen.analysis.failure()) lists[name].push_back(diagnostic_json(seen, *seen.analysis.failure()));
    for (const source::Diagnostic& diagnostic : seen.analysis.session().diagnostics.items()) {
      const std::string& file = diagnostic.has_span ? seen.analysis.name_of(diagnostic.span.source) : name;
      lists[file].push_back(diagnostic_json(seen, diagnostic));
    }
    add_findings(seen, lists);
    for (const auto& [file, list] : lists) files.insert(file);
  }

  /// What all open documents that use the file say about it, once.
  void publish(const std::string& file) {
    Json all = Json::array();
    for (const auto& [root, lists] : reported_) {
      const auto list = lists.find(file);
      if (list == lists.end()) continue;
      for (const Json& diagnostic : list->second) {
        if (std::find(all.begin(), all.end(), diagnostic) == all.end()) all.push_back(diagnostic);
      }
    }
    Json params = {{"uri", uri_of_name(file)}, {"diagnostics", std::move(all)}};
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
        workspace_.folders.push_back(name_of_uri(folder.at("uri").get<std::string>()));
    } else if (params.contains("rootUri") && params["rootUri"].is_string()) {
      workspace_.folders.push_back(name_of_uri(params["rootUri"].get<std::string>()));
    }
    initialized_ = true;
    return {{"capabilities", capabilities(encoding_)}, {"serverInfo", {{"name", "kpi"}, {"version", "0.1.0"}}}};
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
    }
    if (language.starts_with("zh")) language_ = source::Language::zh;
    if (language.starts_with("en")) language_ = source::Language::en;
  }

  Json formatting(const Json& params) {
    const View seen = view_of(params);
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    const auto id = sources.add(seen.analysis.name_of(seen.analysis.source()), std::string(seen.analysis.text()));
    const auto text = format::format(sources, id, diagnostics);
    if (!text)
      throw RequestError{kRequestFailed, std::string(seen.say("a file with syntax errors is not formatted",
                                                              "有语法错误的文件不能排版"))};
    if (*text == seen.analysis.text()) return Json::array();
    // Only the lines that differ, so that the cursor stays where it is.
    const std::string_view before = seen.analysis.text();
    std::size_t head = 0;
    while (head < before.size() && head < text->size() && before[head] == (*text)[head]) ++head;
    while (head > 0 && before[head - 1] != '\n') --head;
    std::size_t tail = 0;
    while (tail < before.size() - head && tail < text->size() - head &&
           before[before.size() - 1 - tail] == (*text)[text->size() - 1 - tail]) {
      ++tail;
    }
    while (tail > 0 && before[before.size() - tail - 1] != '\n') --tail;
    const Span changed{seen.analysis.source(), static_cast<std::uint32_t>(head),
                       static_cast<std::uint32_t>(before.size() - tail)};
    return Json::array(
        {{{"range", to_json(seen.range(changed))}, {"newText", text->substr(head, text->size() - tail - head)}}});
  }

  /// Runs `visit` on every file that may know the target's declaration: open ones, and those of the workspace.
  template <class Visit>
  void everywhere(const std::string& file, Visit visit) {
    for (const std::string& name : workspace_.open_names()) {
      const View seen = view(uri_of_name(name));
      if (seen.analysis.reads(file)) visit(seen);
    }
    for (const auto& analysis : workspace_.unopened()) {
      if (analysis->reads(file)) visit(View{*analysis, encoding_, language_});
    }
  }

  static bool same_text(const Analysis& a, const Analysis& b, const std::string& file) {
    const auto left = a.session().sources.find(file);
    const auto right = b.session().sources.find(file);
    return left && right && a.session().sources.get(*left).text == b.session().sources.get(*right).text;
  }

  Json references(const Json& params) {
    const View seen = view_of(params);
    const auto target = target_at(seen, position_of(params.at("position")));
    if (!target) return Json::array();
    const bool declaration = params.value("context", Json::object()).value("includeDeclaration", false);
    std::map<std::pair<std::string, Position>, Location> found;
    everywhere(target->file, [&](const View& other) {
      if (!same_text(seen.analysis, other.analysis, target->file)) return;
      for (Location& place : occurrences_of(other, target->file, target->declaration, declaration)) {
        const auto key = std::pair(place.file, place.range.start);
        found.emplace(key, std::move(place));
      }
    });
    std::vector<Location> places;
    for (auto& [key, place] : found) places.push_back(std::move(place));
    return to_json(places);
  }

  Target renamed(const View& seen, const Json& params) {
    const auto target = target_at(seen, position_of(params.at("position")));
    if (!target)
      throw RequestError{kRequestFailed, std::string(seen.say("there is no name here that can be changed",
                                                              "此处没有可以重命名的名称"))};
    if (target->file.starts_with("std/")) {
      throw RequestError{kRequestFailed, std::string(seen.say("names of the standard library cannot be changed",
                                                              "标准库中的名称不能更改"))};
    }
    return *target;
  }

  Json prepare_rename(const Json& params) {
    const View seen = view_of(params);
    const Target target = renamed(seen, params);
    return {{"range", to_json(target.range)}, {"placeholder", target.name}};
  }

  /// Edits of one file come from its end to its beginning.
  void apply(const View& seen, const Edit& edit, driver::TextsByPath& texts) {
    auto text = texts.find(edit.file);
    if (text == texts.end()) {
      const auto source = seen.analysis.session().sources.find(edit.file);
      if (!source) return;  // a file that only others read: nothing of it was seen here
      text = texts.emplace(edit.file, seen.analysis.session().sources.get(*source).text).first;
    }
    Document document(text->second);
    document.edit(edit.range, edit.text, encoding_);
    text->second = document.text();
  }

  /// Refuses changes after which the checker would find an error that it does not find now: a name in a place that
  /// cannot be changed with the others, such as what a library requires.
  static void require_unharmed(const View& before, const driver::TextsByPath& changed) {
    driver::TextsByPath texts = changed;
    const std::string& name = before.analysis.name_of(before.analysis.source());
    texts.emplace(name, std::string(before.analysis.text()));
    const Analysis after(texts, name);
    std::map<source::DiagnosticId, int> known;
    for (const source::Diagnostic& each : before.analysis.session().diagnostics.items()) ++known[each.id];
    for (const source::Diagnostic& each : after.session().diagnostics.items()) {
      if (source::info(each.id).severity != source::Severity::error || known[each.id]-- > 0) continue;
      throw RequestError{kRequestFailed,
                         std::string(before.say("this would break something else: ", "这样改名会影响其他内容：")) +
                             source::message(each, before.language)};
    }
  }

  Json rename(const Json& params) {
    const View seen = view_of(params);
    const Target target = renamed(seen, params);
    const std::string new_name = params.at("newName").get<std::string>();
    std::map<std::pair<std::string, Position>, Edit> edits;
    everywhere(target.file, [&](const View& other) {
      if (!same_text(seen.analysis, other.analysis, target.file)) return;
      if (const std::string reason = refuse_rename(other, target, new_name); !reason.empty()) {
        throw RequestError{kRequestFailed, reason};
      }
      for (Edit& edit : rename_edits(other, target, new_name)) {
        const auto key = std::pair(edit.file, edit.range.start);
        edits.emplace(key, std::move(edit));
      }
    });
    std::vector<Edit> list;
    for (auto& [key, edit] : edits) list.push_back(std::move(edit));
    driver::TextsByPath changed = workspace_.texts();
    for (auto edit = list.rbegin(); edit != list.rend(); ++edit) apply(seen, *edit, changed);
    everywhere(target.file, [&](const View& other) { require_unharmed(other, changed); });
    return to_json(list);
  }

  Json workspace_symbols(const Json& params) {
    const std::string query = params.at("query").get<std::string>();
    Json symbols = Json::array();
    for (const std::string& name : workspace_.open_names())
      add_workspace_symbols(view(uri_of_name(name)), query, symbols);
    for (const auto& analysis : workspace_.unopened())
      add_workspace_symbols({*analysis, encoding_, language_}, query, symbols);
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
    handlers_["workspace/didChangeWatchedFiles"] = [this](const Json&) -> Json {
      return workspace_.disk_changed(), nullptr;
    };
    handlers_["workspace/didChangeConfiguration"] = [this](const Json& params) -> Json {
      const Json settings = params.value("settings", Json::object());
      configure(settings.is_object() && settings.contains("kpi") ? settings["kpi"] : settings, nullptr);
      workspace_.disk_changed();
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
    handlers_["textDocument/completion"] =
        on_position([this](const View& seen, Position at) { return to_json(complete(seen, at), snippets_); });
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
      const View seen = view_of(params);
      return to_json(seen, actions(seen, range_of(params.at("range"))));
    };
    handlers_["textDocument/formatting"] = [this](const Json& params) { return formatting(params); };
    handlers_["workspace/symbol"] = [this](const Json& params) { return workspace_symbols(params); };
    handlers_["workspace/executeCommand"] = [this](const Json& params) { return execute(params); };
    handlers_["kpi/page"] = [this](const Json& params) -> Json {
      const auto text = page(params.at("uri").get<std::string>(), language_);
      if (!text) throw RequestError{kInvalidParams, "there is no such page"};
      return {{"text", *text}, {"languageId", "markdown"}};
    };
    handlers_["kpi/standardLibrary"] = [](const Json& params) { return standard_library(params); };
  }

  Channel channel_;
  Workspace workspace_;
  std::map<std::string, Handler> handlers_;
  Encoding encoding_ = Encoding::utf16;
  source::Language language_ = source::Language::en;
  bool snippets_ = false, initialized_ = false, shut_down_ = false, exited_ = false;
  std::string database_, period_;
  std::map<std::string, std::map<std::string, Json>> reported_;  // by open document, by file
};

}  // namespace

int serve(int input, int output) { return Server(input, output).run(); }

}  // namespace kpi::lsp
