// News that the native thread tells when it is asked for them, for which nobody waits: whoever asks comes again. It may lie in shared memory.
#pragma once

#include <atomic>

namespace missile::cuda {

template <typename News>
class Inquiry {
 public:
  // ---- of who asks: `news` is his but while it is wanted ----
  bool isTold() const { return turn_.load(std::memory_order_acquire) == Turn::told; }
  void ask() { turn_.store(Turn::wanted, std::memory_order_release); }

  // ---- of both ----
  bool isWanted() const { return turn_.load(std::memory_order_acquire) == Turn::wanted; }
  // ---- of the native thread ----
  void tell() { turn_.store(Turn::told, std::memory_order_release); }

  News news{};

 private:
  enum class Turn { untold, wanted, told };
  std::atomic<Turn> turn_{Turn::untold};
};

}  // namespace missile::cuda
