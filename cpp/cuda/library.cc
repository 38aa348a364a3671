#include "library.h"

#include <dlfcn.h>

namespace missile::cuda {

Library::Library(const char* name) : name_(name), handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) throw LibraryMissing(dlerror());
}

Library::~Library() { dlclose(handle_); }

void* Library::find(const char* symbol) const { return dlsym(handle_, symbol); }

void* Library::require(const char* symbol) const {
  void* found = find(symbol);
  if (found == nullptr) throw LibraryMissing(name_ + " has no " + symbol);
  return found;
}

}  // namespace missile::cuda
