// A tenant's storages on the GPU: each linear, and where it is coloured a second time in blocks of the tenant's side.
//
// Nothing is ever carried from one mode to the other. Copies from and to the host know the linear storages alone; what they write reaches
// the coloured copy a little later, on the pool's stream. What kernels write, they write to the copy of the mode that is wanted then, and
// who reads it reads it there (network.h). So a tenant may change its mode before any kernel, at no cost. Results that are copied to the
// host must lie in a storage that is not coloured; coloured kernels reach it all the same.
//
// `place` chooses the side and the mode that is wanted. A coloured copy is made, and made anew in other blocks when the split of the
// channels changes, in pieces by `turn`; until it is complete kernels use the linear storage, so nothing waits for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../index_set.h"
#include "block_map.h"
#include "block_ranges.h"
#include "colour_ledger.h"
#include "context.h"
#include "executable.h"

namespace missile::cuda {

class ColourPool;

class TenantMemory {
 public:
  // Takes zeroed linear memory for every storage; `pool` is null where the GPU's memory is not coloured. Throws CallFailed.
  TenantMemory(Context& context, const std::vector<Storage>& storages, ColourPool* pool);
  // Nothing of the tenant may be in flight any more.
  ~TenantMemory();
  TenantMemory(const TenantMemory&) = delete;
  TenantMemory& operator=(const TenantMemory&) = delete;

  // Whether a storage has a coloured copy.
  bool isColourable(uint32_t storage) const;
  // `sizeBytes` from `firstByte` of one of a storage's copies; the same for as long as the tenant lives. firstByte is a multiple of
  // kColourBlockBytes in the coloured one.
  MemoryView view(uint32_t storage, uint64_t firstByte, uint64_t sizeBytes, bool coloured) const;
  // Where copies go to and come from: the linear storage, that of a slot.
  CUdeviceptr linear(uint32_t storage, uint32_t slot = 0) const;
  // From one slot of a storage to the next; view() is of the first.
  uint64_t slotBytes(uint32_t storage) const;
  uint64_t sizeBytes(uint32_t storage) const;
  size_t storages() const { return regions_.size(); }
  uint64_t blocks(uint32_t storage) const;
  StorageUse use(uint32_t storage) const;

  // Channels of the port, of `count` in all: every one, or LS's range (which has channel 0) or BE's.
  void place(ChannelSet channels, unsigned count);
  // Bytes from the host have arrived in the linear storage, which no kernel writes. Called before kernels that read them may start.
  void wrote(uint32_t storage, uint64_t firstByte, uint64_t sizeBytes);

  // Whether a kernel that is begun now is to use the coloured copy of a storage: it is wanted, and has all that the host wrote.
  bool offersColoured(uint32_t storage) const;
  // What is put on the stream from now on finds in the coloured copies what was brought there. Called before each coloured kernel.
  // True: the stream waits for that.
  bool await(CUstream stream);

  // Whether blocks are to move, which `turn` does only when told that they may.
  bool wantsToMove() const { return side_.has_value() && !isSettled(); }
  // Brings the coloured copies on by one piece, if there is anything to do; `mayMove`: no kernel in flight or to come depends on what the
  // coloured copies hold. True if anything happened.
  bool turn(bool mayMove);
  // Whether turns have something to do that nobody else must make possible.
  bool busy() const;
  // One line that says why the tenant stays linear though coloured memory is wanted; empty where it does not.
  const std::string& problem() const { return problem_; }

  // For a map of the blocks: what it says of the whole, and what a row of it counts of some blocks of its storage.
  void describe(BlockMap& map) const;
  void tally(BlockRange blocks, BlockRow& row) const;

 private:
  struct Region;

  // Gives back the blocks that are not the side's any more.
  void surrender();
  // Takes others; false while there are too few.
  bool takeMissing();
  bool isSettled() const;
  uint64_t blocksBehind() const;
  // Brings up to `most` blocks that are behind to the coloured copies, on the pool's stream.
  void advance(uint64_t most);

  const Driver& driver_;
  std::vector<std::unique_ptr<Region>> regions_;
  ColourPool* pool_;
  // The last `advance`.
  std::unique_ptr<Event> advanced_;
  bool isColourable_ = false, isWanted_ = false;
  // The last turn would have moved blocks, and could not.
  bool mustWait_ = false;
  // None until the tenant is first placed in one.
  std::optional<ColourSide> side_;
  // Of the split that the blocks were sorted by; 0: by none.
  uint64_t splitNumber_ = 0;
  uint64_t missingBlocks_ = 0;  // of the coloured copies, without a block of the pool
  uint64_t movingBlocks_ = 0;   // lost theirs to a new split and are still behind
  std::string problem_;
};

}  // namespace missile::cuda
