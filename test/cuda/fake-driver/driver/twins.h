// The twins of kernels: what each kernel of cpp/cuda/kernels does, said once more for the CPU, one thread block at a time. How they claim their
// blocks and leave is not: twins/elastic.h.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "errors.h"

namespace missile::fake {

// Thrown where a kernel would fault; the context is lost.
struct DeviceFault {
  CUresult error;
};

// Thrown out of a thread block whose context was lost, or is being reset, while it ran.
struct Killed {};

// What a test asked to go wrong with a launch.
enum class Mishap {
  none,
  fault,  // as by a kernel that reaches where there is no memory: the context is lost
  stray,  // a logical block outside its own memory, which kernels may notice and tell: LaunchReport::strayBlock
  hold,   // its thread blocks stay where they are until the test lets them go
};

// A thread block as its twin sees it.
struct Cta {
  // The one that the calling thread is.
  static inline thread_local const Cta* current = nullptr;

  unsigned index, grid, threads, sm;
  Mishap mishap;

  // Where a kernel sleeps or spins: lets others run. Throws Killed.
  void pause() const;
  // Lets time pass as work would. Throws Killed.
  void work(uint64_t ns) const;
  // Where a launch that is held stays. Throws Killed.
  void stayWhileHeld() const;
  // Work of one logical block: FAKE_CUDA_BLOCK_US.
  void workOneBlock() const;
  // Throws DeviceFault unless memory holds this.
  void mustHold(const void* address, size_t bytes) const;
};

// How many registers a kernel's threads take, which decides how many thread blocks share an SM.
enum class Appetite { small, large };
// Whether thread blocks wait for anything or let time pass: those that do not are one thread's, one after the other.
enum class Pace { lasting, brief };

struct Twin {
  std::string name;
  Appetite appetite;
  Pace pace;
  std::vector<size_t> parameterBytes;
  std::function<void(const Cta&, void* const* parameters)> body;
};

class TwinTable {
 public:
  static const Twin* find(const std::string& name);
  static void add(Twin twin);
};

// Enters a twin into the table before main; its parameters after the first are those of the kernel.
class TwinEntry {
 public:
  template <typename... Parameters>
  TwinEntry(const std::string& name, void (*body)(const Cta&, Parameters...), Appetite appetite = Appetite::small,
            Pace pace = Pace::lasting) {
    TwinTable::add({name, appetite, pace, {sizeof(Parameters)...}, [body](const Cta& cta, void* const* parameters) {
                        call(body, cta, parameters, std::index_sequence_for<Parameters...>());
                      }});
  }

 private:
  template <typename... Parameters, size_t... At>
  static void call(void (*body)(const Cta&, Parameters...), const Cta& cta, void* const* parameters, std::index_sequence<At...>) {
    body(cta, *static_cast<const Parameters*>(parameters[At])...);
  }
};

}  // namespace missile::fake
