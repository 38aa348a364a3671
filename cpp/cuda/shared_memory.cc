#include "shared_memory.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace missile::cuda {

namespace {

[[noreturn]] void fail(const char* call) { throw std::system_error(errno, std::generic_category(), call); }

}  // namespace

SharedMemory::SharedMemory(size_t sizeBytes) : file_(memfd_create("missile-gpu", MFD_CLOEXEC)), sizeBytes_(sizeBytes) {
  if (!file_.isOpen()) fail("memfd_create");
  if (ftruncate(file_.number(), static_cast<off_t>(sizeBytes)) != 0) fail("ftruncate");
  map();
}

SharedMemory::SharedMemory(File file, size_t sizeBytes) : file_(std::move(file)), sizeBytes_(sizeBytes) {
  struct stat facts {};
  if (fstat(file_.number(), &facts) != 0) fail("fstat");
  if (facts.st_size != static_cast<off_t>(sizeBytes)) {
    throw std::runtime_error("the GPU host and the addon were built of different sources; build them again: npm run install");
  }
  map();
}

// With all its pages, so that none has to be found when the first orders go through it.
void SharedMemory::map() {
  address_ = mmap(nullptr, sizeBytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file_.number(), 0);
  if (address_ == MAP_FAILED) fail("mmap");
}

SharedMemory::~SharedMemory() { munmap(address_, sizeBytes_); }

}  // namespace missile::cuda
