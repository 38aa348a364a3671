// Memory that two processes map: one makes it, the other inherits its file or is sent it.
#pragma once

#include <cstddef>

#include "file.h"

namespace missile::cuda {

class SharedMemory {
 public:
  // Makes it, zeroed. Throws std::system_error.
  explicit SharedMemory(size_t sizeBytes);
  // Maps what another process has made. Throws std::system_error, std::runtime_error: it is of another size.
  SharedMemory(File file, size_t sizeBytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void* address() const { return address_; }
  size_t sizeBytes() const { return sizeBytes_; }
  const File& file() const { return file_; }

 private:
  void map();

  File file_;
  size_t sizeBytes_;
  void* address_ = nullptr;
};

}  // namespace missile::cuda
