/// Runs code in a forked child: for what ends the process or needs its own environment.
#pragma once

#include <functional>
#include <string>
#include <sys/wait.h>

#include <unistd.h>

namespace tpretrain {

struct ChildResult {
  int status = 0;  ///< exit status, or 128 + the signal that ended the child
  std::string error_text;
};

/// `body` gives the exit status; its stderr is a pipe that is read here.
inline ChildResult run_child(const std::function<int()>& body) {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) {
    return {-1, "no pipe"};
  }
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    _exit(body());
  }
  close(ends[1]);
  ChildResult result;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    result.error_text.append(buffer, static_cast<size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace tpretrain
