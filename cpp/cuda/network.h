// A tenant's network on the GPU: the functions to launch, and arguments that point into its memory.
//
// Where a kernel finds each of its views, linear or coloured, is settled when it is begun. What kernels before it in the same inference
// wrote, it reads where they wrote it; for all else it uses the coloured copy if the memory offers that now. A kernel that was begun and
// not finished goes on with the arguments that it has: what its blocks write lies in one place.
//
// One inference at a time: its kernels are begun in their order, each as often as it takes.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "context.h"
#include "executable.h"
#include "tenant_memory.h"

namespace missile::cuda {

class Network {
 public:
  struct Kernel {
    CUfunction functions[2][2];  // [elastic][coloured]
    uint32_t blocks, threads, sharedBytes;
    unsigned residentsPerSm;     // thread blocks that an SM holds, with room for one more warp left
    double aloneNs;              // measured when it was loaded; 0 until then
    bool coloured;               // whether any of its views is: then it needs the coloured functions, which read linear views too
    uint32_t attempt;            // another one when it is begun anew
    bool isGivenUp;              // unless it goes on where it stopped
    std::vector<std::byte> arguments;  // all linear until it is first begun
    size_t firstView, endView;   // of Network's

    // The same function in the same shape.
    bool launchesAs(const Kernel& other) const {
      return functions[0][0] == other.functions[0][0] && blocks == other.blocks && threads == other.threads && sharedBytes == other.sharedBytes;
    }
  };

  // Allocates the storages and resolves the arguments. Throws CallFailed, std::runtime_error.
  Network(Context& context, const Executable& executable, std::unique_ptr<TenantMemory> memory);

  size_t size() const { return kernels_.size(); }
  const Kernel& kernel(size_t index) const { return kernels_[index]; }
  void setAloneNs(size_t index, double ns) { kernels_[index].aloneNs = ns; }
  TenantMemory& memory() const { return *memory_; }
  // From now on its kernels reach for memory that is nobody's: to see what a fault does.
  void misdirect();

  // Settles the arguments of a kernel of which no block is done yet, for a request of that slot. Those before it are begun.
  void begin(size_t index, uint32_t slot = 0);
  // The kernels from this one on are to be begun anew; `isPartlyDone`: but for this one.
  void stopBefore(size_t index, bool isPartlyDone);
  // Whether kernels that are yet to be begun, or to go on, find anything in coloured memory that nothing else holds.
  bool keepsColoured() const;

 private:
  struct View {
    uint32_t offset, storage;
    bool coloured;
    // View of a kernel before, or of the same one: this one lies where that one does. None: wherever.
    std::optional<size_t> source;
    MemoryView linear, ofColours;
    uint64_t slotBytes;  // from the view in one slot to that in the next; 0: there is one
    uint32_t slot;

    MemoryView now() const;
  };

  void put(Kernel& kernel, const View& view);
  void addViews(const Executable& executable, const ExecutableKernel& kernel);
  std::optional<size_t> sourceOf(const Executable& executable, size_t kernel, const ExecutableKernel::ViewAt& at) const;

  std::vector<Kernel> kernels_;
  std::vector<View> views_;  // of all kernels
  std::unique_ptr<TenantMemory> memory_;
  size_t next_ = 0;  // kernel that is to be begun, or to go on
  bool isNextPartlyDone_ = false;
};

}  // namespace missile::cuda
