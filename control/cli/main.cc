// opptak: the operator's command. `opptak --help` lists what it does.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "control/cli/commands.h"
#include "control/cli/suggest.h"

namespace opptak::control::cli {
namespace {

// The words that may stand where `word` does: commands, or options of the command so far.
std::vector<std::string> alternatives(const CLI::App& application, const std::string& word) {
  std::vector<std::string> words;
  if (word.starts_with('-')) {
    for (const CLI::Option* option : application.get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  } else {
    for (const CLI::App* command : application.get_subcommands({})) {
      words.push_back(command->get_name());
    }
  }
  return words;
}

// The command that the command line named last: where a wrong word belongs to.
const CLI::App& deepest(const CLI::App& application) {
  const CLI::App* at = &application;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return *at;
}

std::string path_of(const CLI::App& command) {
  std::string path = command.get_name();
  for (const CLI::App* at = command.get_parent(); at != nullptr; at = at->get_parent()) {
    path = at->get_name() + " " + path;
  }
  return path;
}

int report_usage(const CLI::App& application, const CLI::ParseError& error) {
  const CLI::App& command = deepest(application);
  const std::vector<std::string> left = command.remaining();
  std::string sentence = error.what();
  if (!left.empty()) {
    const std::string& word = left.front();
    const bool option = word.starts_with('-');
    sentence = fmt::format("{} has no {} \"{}\"", path_of(command), option ? "option" : "command",
                           word.substr(0, word.find('=')));
    const auto near = nearest(word.substr(0, word.find('=')), alternatives(command, word));
    if (near) sentence += fmt::format("; did you mean \"{}\"?", *near);
  }
  if (!sentence.ends_with('.') && !sentence.ends_with('?')) sentence += '.';
  fmt::print(stderr, "opptak: {} See {} --help.\n", sentence, path_of(command));
  return kExitUsage;
}

int run(int argc, char** argv) {
  CLI::App application("Opptak: records the calls of a call centre", "opptak");
  application.require_subcommand(0, 1);
  application.set_version_flag("--version", "opptak " OPPTAK_VERSION);
  Action chosen;
  add_up(application, chosen);
  add_replay(application, chosen);
  add_verify(application, chosen);
  add_calls(application, chosen);
  add_recordings(application, chosen);
  add_erase(application, chosen);
  add_export(application, chosen);
  add_user(application, chosen);
  add_token(application, chosen);
  // Wrong words are collected, so that the report can name and correct them.
  std::vector<CLI::App*> all{&application};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i]->allow_extras();
    for (CLI::App* command : all[i]->get_subcommands({})) all.push_back(command);
  }
  try {
    application.parse(argc, argv);
    if (!application.remaining(true).empty()) throw CLI::ExtrasError({""});
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", application.help());
    return kExitOk;
  } catch (const CLI::Success& asked) {
    return application.exit(asked);
  } catch (const CLI::ParseError& error) {
    return report_usage(application, error);
  }
  if (!chosen) {
    fmt::print(stderr, "{}", application.help());
    return kExitUsage;
  }
  const CliResult<int> done = chosen();
  if (done) return *done;
  fmt::print(stderr, "opptak: {}\n", done.error().sentence);
  return done.error().status;
}

}  // namespace
}  // namespace opptak::control::cli

int main(int argc, char** argv) { return opptak::control::cli::run(argc, argv); }
