// A shared library opened at run time.
#pragma once

#include <stdexcept>
#include <string>

namespace missile::cuda {

// The driver is not there, or is too old to be called: something to install, not something that went wrong.
struct LibraryMissing : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Library {
 public:
  // Throws LibraryMissing with the loader's reason.
  explicit Library(const char* name);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // Null where the library has no such symbol.
  void* find(const char* symbol) const;
  // Throws LibraryMissing where the library has no such symbol.
  void* require(const char* symbol) const;

 private:
  std::string name_;
  void* handle_;
};

}  // namespace missile::cuda
