// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace missile::cuda {

class File {
 public:
  File() = default;
  // Takes what a system call returned; negative: none.
  explicit File(int number) : number_(number) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  bool isOpen() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

}  // namespace missile::cuda
