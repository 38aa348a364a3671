// A coloured pool of four partitions on the fake driver, and tenants in it, whose memory is looked at as a kernel sees it.
#pragma once

#include <cstring>
#include <set>
#include <vector>

#include "cuda/colour_pool.h"
#include "cuda/tenant_memory.h"
#include "expect.h"

namespace missile::cuda {

inline constexpr unsigned kPartitions = 4, kBlocks = 1024, kChannels = 8;
inline constexpr ChannelSet kLs{0x3f, 0}, kBe{0xc0, 0};            // 3 + 1 partitions
inline constexpr ChannelSet kLsHalf{0x0f, 0}, kBeHalf{0xf0, 0};    // 2 + 2
inline constexpr uint64_t kStorageBytes = 100 * kColourBlockBytes - 24;

// Colour c < 4 is partition c alone; colour 4 lies in partitions 0 and 3, colour 5 in none that is known.
inline PoolColours coloursOf(unsigned blocks) {
  PoolColours colours{{}, {1, 2, 4, 8, 9}, {0b1000, 0b1100, 0b1110}};
  for (unsigned block = 0; block < blocks; block++) {
    const unsigned kind = block % 8;
    colours.colourOfBlock.push_back(static_cast<int16_t>(kind < 4 ? kind : kind == 4 ? 4 : kind == 5 ? -1 : kind - 6));
  }
  return colours;
}

struct Gpu {
  Gpu() : pool(context, kBlocks * kColourBlockBytes) {
    pool.setColours(coloursOf(kBlocks));
    context.driver().cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, 0);
  }
  ~Gpu() { context.driver().cuStreamDestroy(stream); }

  Context context{0};
  ColourPool pool;
  CUstream stream = nullptr;
};

struct Tenant {
  // Storage 0 has parameters, 1 is scratch, 2 is not coloured.
  explicit Tenant(Gpu& gpu, uint64_t sizeBytes = kStorageBytes)
      : gpu(gpu), memory(gpu.context, {{sizeBytes, true}, {sizeBytes, true}, {500, false}}, &gpu.pool) {}

  void settle() {
    while (memory.busy()) memory.turn(true);
  }
  // A copy from the host of bytes that begin with `seed`.
  void copy(uint64_t firstByte, uint64_t sizeBytes, uint8_t seed) {
    std::vector<uint8_t> bytes(sizeBytes);
    for (uint64_t i = 0; i < sizeBytes; i++) bytes[i] = static_cast<uint8_t>(seed + i * 7);
    gpu.context.driver().cuMemcpyHtoD(memory.linear(0) + firstByte, static_cast<const void*>(bytes.data()), sizeBytes);
    memory.wrote(0, firstByte, sizeBytes);
  }
  // A byte as a kernel sees it: device memory of the fake driver is memory of the host.
  uint8_t& at(uint32_t storage, uint64_t byte, bool coloured) {
    const MemoryView view = memory.view(storage, 0, memory.sizeBytes(storage), coloured);
    if (view.blocks == nullptr) return view.base[byte];
    return view.base[uint64_t{view.blocks[byte / kColourBlockBytes]} * kColourBlockBytes + byte % kColourBlockBytes];
  }
  std::vector<uint8_t> all(uint32_t storage, bool coloured) {
    std::vector<uint8_t> bytes;
    for (uint64_t i = 0; i < memory.sizeBytes(storage); i++) bytes.push_back(at(storage, i, coloured));
    return bytes;
  }
  std::set<uint32_t> blocks(uint32_t storage) {
    const MemoryView view = memory.view(storage, 0, memory.sizeBytes(storage), true);
    return {view.blocks, view.blocks + (memory.sizeBytes(storage) + kColourBlockBytes - 1) / kColourBlockBytes};
  }
  // Whether all that can be coloured is offered so, to a kernel that then waits for it.
  bool offers() {
    const bool parameters = memory.offersColoured(0), scratch = memory.offersColoured(1);
    EXPECT(!memory.offersColoured(2));
    if (!parameters || !scratch) return false;
    memory.await(gpu.stream);
    gpu.context.driver().cuStreamSynchronize(gpu.stream);
    return true;
  }

  Gpu& gpu;
  TenantMemory memory;
};

}  // namespace missile::cuda
