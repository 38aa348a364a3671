// missile-gpu-host: the process that holds a GPU's context for the addon, which starts it (gpu_host.cc). It answers what its socket
// asks, and ends when that does, or the thread that started it: however the console ends, nothing of it stays on the GPU.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "host_service.h"

using namespace missile::cuda;

namespace {

bool isSocket(int file) {
  struct stat facts {};
  return fstat(file, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

}  // namespace

int main() {
  // Also where something that the driver does keeps the main thread from its socket.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!isSocket(kHostSocket)) {
    std::fputs("missile-gpu-host is started by missile-console\n", stderr);
    return 2;
  }
  // What the driver starts needs neither.
  for (const int file : {kHostSocket, kHostMemory}) fcntl(file, F_SETFD, FD_CLOEXEC);
  HostService service(kHostMemory);
  while (auto request = receiveMessage(kHostSocket)) {
    if (!sendMessage(kHostSocket, service.answer(std::move(*request)))) break;
  }
}
