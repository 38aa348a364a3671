// The process that holds a GPU's context, seen from the one that needs it. After a kernel has left its memory the driver refuses a whole
// process for good, so that process is one which can be ended, and another started in its place.
//
// It ends with this object, and when this process does, however that ends.
#pragma once

#include <string>
#include <vector>

#include "file.h"
#include "host_protocol.h"
#include "shared_memory.h"

namespace missile::cuda {

class GpuHost {
 public:
  // Starts it. `exchange`: what it shares with this process; null: nothing, for a host that opens no GPU. Throws std::runtime_error.
  explicit GpuHost(const SharedMemory* exchange);
  // Lets it give back what it holds, but does not wait for long: then it is killed.
  ~GpuHost();
  GpuHost(const GpuHost&) = delete;
  GpuHost& operator=(const GpuHost&) = delete;

  // Waits for the reply. `file`: to be sent along; null: none. Throws what the host has thrown, std::runtime_error once it has died.
  template <typename Request>
  typename Request::Reply ask(Request request, const File* file = nullptr) {
    return unpacked<typename Request::Reply>(exchange({kindOf<Request>(), packed(std::move(request))}, file));
  }

  // -1: it has ended.
  int pid() const { return pid_; }
  // One line on how it has died; "" while it lives. Costs a system call.
  const std::string& death();
  // Ends it at once. Throws std::runtime_error if it does not end.
  void kill();

 private:
  std::vector<std::byte> exchange(const HostMessage& request, const File* file);
  void start(const File& socket, const File& memory);
  bool awaitEnd(int mostMs);
  void noteEnd(int status);
  std::string lastWords() const;

  File socket_;
  File words_;  // a file in memory: what the host has written to its standard output and error
  int pid_ = -1;
  std::string death_;
};

}  // namespace missile::cuda
