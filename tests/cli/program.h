/// Runs the built program as a child process.
#pragma once

#include <array>
#include <cstdlib>
#include <filesystem>
#include <linux/capability.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace tpretrain {

struct ProgramResult {
  int status = -1;  ///< exit status, or 128 + the signal that ended it
  std::string out;
  std::string err;
};

struct ProgramCall {
  std::vector<std::string> arguments;
  std::filesystem::path folder = ".";  ///< working directory
  std::vector<std::pair<std::string, std::string>> environment;
  std::string input;          ///< bytes of standard input, few
  bool unprivileged = false;  ///< permissions of files hold, also when we are root
};

namespace program_detail {

/// Root stays root and owner of its files, so that it reaches the program wherever that lies, but
/// what it executes has to keep to the permissions.
inline bool keep_to_permissions() {
  return geteuid() != 0 || (prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0 &&
                            prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) == 0);
}

[[noreturn]] inline void become_program(const ProgramCall& call) {
  constexpr int kCannotRun = 127;
  std::vector<char*> argv = {const_cast<char*>(TPRETRAIN_PROGRAM)};
  for (const std::string& argument : call.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  for (const auto& [name, value] : call.environment) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  if (chdir(call.folder.c_str()) != 0 || (call.unprivileged && !keep_to_permissions())) {
    _exit(kCannotRun);
  }
  execv(TPRETRAIN_PROGRAM, argv.data());
  _exit(kCannotRun);
}

inline void read_both(int out, int err, ProgramResult& result) {
  std::array<pollfd, 2> ends = {pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  std::array<std::string*, 2> texts = {&result.out, &result.err};
  std::array<char, 65536> buffer{};
  for (int open = 2; open > 0;) {
    poll(ends.data(), ends.size(), -1);
    for (size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) {
        continue;
      }
      const ssize_t count = read(ends[i].fd, buffer.data(), buffer.size());
      if (count <= 0) {
        close(ends[i].fd);
        ends[i].fd = -1;
        --open;
      } else {
        texts[i]->append(buffer.data(), static_cast<size_t>(count));
      }
    }
  }
}

}  // namespace program_detail

inline ProgramResult run_program(const ProgramCall& call) {
  std::array<std::array<int, 2>, 3> pipes{};
  for (auto& ends : pipes) {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      return {};
    }
  }
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipes[0][0], STDIN_FILENO);
    dup2(pipes[1][1], STDOUT_FILENO);
    dup2(pipes[2][1], STDERR_FILENO);
    program_detail::become_program(call);
  }
  close(pipes[0][0]);
  close(pipes[1][1]);
  close(pipes[2][1]);
  // Less than a pipe holds, so that the child need not have begun to read.
  [[maybe_unused]] const ssize_t sent = write(pipes[0][1], call.input.data(), call.input.size());
  close(pipes[0][1]);
  ProgramResult result;
  program_detail::read_both(pipes[1][0], pipes[2][0], result);
  int status = 0;
  waitpid(child, &status, 0);
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace tpretrain
