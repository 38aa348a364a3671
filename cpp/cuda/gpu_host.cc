#include "gpu_host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

extern char** environ;

namespace missile::cuda {

namespace {

constexpr const char* kExecutable = "missile-gpu-host";
// A host that is asked to end gives its memory back in some ms, unless kernels run on. Too large: whoever quits waits.
constexpr int kPatienceMs = 1000;
// The driver takes a killed process's work off the GPU first: 142 ms, measured on an H200.
constexpr int kMostKillMs = 10'000;

// Beside the addon, or whatever this code was linked into.
std::string executablePath() {
  Dl_info facts{};
  dladdr(reinterpret_cast<const void*>(&executablePath), &facts);
  const std::string self = facts.dli_fname;
  return self.substr(0, self.rfind('/') + 1) + kExecutable;
}

// A copy of the file, out of the way of the numbers that the host gets its files under.
File aboveInherited(const File& file) { return File(fcntl(file.number(), F_DUPFD_CLOEXEC, kHostMemory + 1)); }

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void open(int as, const char* path) { posix_spawn_file_actions_addopen(&actions_, as, path, O_RDONLY, 0); }
  void give(const File& file, int as) { posix_spawn_file_actions_adddup2(&actions_, file.number(), as); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// A process group of its own: what the terminal sends when somebody types Ctrl-C is not for it. Signals are as they are by default.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

GpuHost::GpuHost(const SharedMemory* exchange) {
  int ends[2] = {-1, -1};
  const int paired = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
  socket_ = File(ends[0]);
  const File theirs(ends[1]);
  words_ = aboveInherited(File(memfd_create("missile-gpu-host-words", MFD_CLOEXEC)));
  if (paired != 0 || !words_.isOpen()) {
    throw std::runtime_error(std::string("the GPU host cannot be started: ") + std::strerror(errno));
  }
  start(aboveInherited(theirs), exchange == nullptr ? File() : aboveInherited(exchange->file()));
}

void GpuHost::start(const File& socket, const File& memory) {
  FileActions files;
  files.open(STDIN_FILENO, "/dev/null");
  files.give(words_, STDOUT_FILENO);
  files.give(words_, STDERR_FILENO);
  files.give(socket, kHostSocket);
  if (memory.isOpen()) files.give(memory, kHostMemory);
  const std::string path = executablePath();
  char name[] = "missile-gpu-host";
  char* arguments[] = {name, nullptr};
  const int error = posix_spawn(&pid_, path.c_str(), files.get(), Attributes().get(), arguments, environ);
  if (error == ENOENT) throw std::runtime_error("the GPU host is not built (" + path + " is missing); run: npm run install");
  if (error != 0) throw std::runtime_error("the GPU host cannot be started (" + path + "): " + std::strerror(error));
}

GpuHost::~GpuHost() {
  if (death().empty()) {
    // It reads to the end of the socket, gives everything back and ends.
    shutdown(socket_.number(), SHUT_WR);
    try {
      if (!awaitEnd(kPatienceMs)) kill();
    } catch (const std::runtime_error&) {
      // The driver holds it; the end of this process is its own.
    }
  }
}

std::vector<std::byte> GpuHost::exchange(const HostMessage& request, const File* file) {
  std::optional<HostMessage> reply;
  if (death().empty() && sendMessage(socket_.number(), request, file == nullptr ? -1 : file->number())) reply = receiveMessage(socket_.number());
  if (!reply.has_value()) {
    awaitEnd(kMostKillMs);
    throw std::runtime_error(death_);
  }
  if (reply->kind == static_cast<uint32_t>(Outcome::done)) return std::move(reply->bytes);
  const std::string why(reinterpret_cast<const char*>(reply->bytes.data()), reply->bytes.size());
  if (reply->kind == static_cast<uint32_t>(Outcome::bug)) throw std::logic_error(why);
  throw std::runtime_error(why);
}

const std::string& GpuHost::death() {
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) noteEnd(status);
  return death_;
}

void GpuHost::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  if (!awaitEnd(kMostKillMs)) throw std::runtime_error("the GPU host (process " + std::to_string(pid_) + ") cannot be ended");
}

// Its end of the socket closes a moment before it is known to have ended.
bool GpuHost::awaitEnd(int mostMs) {
  if (pid_ <= 0) return true;
  pollfd end{.fd = socket_.number(), .events = 0, .revents = 0};
  while (poll(&end, 1, mostMs) < 0 && errno == EINTR) {
  }
  if ((end.revents & (POLLHUP | POLLERR)) == 0) return false;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  noteEnd(status);
  return true;
}

void GpuHost::noteEnd(int status) {
  pid_ = -1;
  death_ = "the GPU host died: ";
  death_ += WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit code " + std::to_string(WEXITSTATUS(status));
  const std::string words = lastWords();
  if (!words.empty()) death_ += " (" + words + ")";
}

// The last line that it has written.
std::string GpuHost::lastWords() const {
  std::string tail(512, '\0');
  const off_t size = lseek(words_.number(), 0, SEEK_END);
  const ssize_t read = pread(words_.number(), tail.data(), tail.size(), std::max<off_t>(0, size - static_cast<off_t>(tail.size())));
  tail.resize(read > 0 ? static_cast<size_t>(read) : 0);
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  return tail.substr(tail.rfind('\n') + 1);
}

}  // namespace missile::cuda
