#include "state_arena.h"

namespace missile::cuda {

namespace {

// States do not share a cache line of the L2.
constexpr size_t kAlignment = 128;

size_t stateBytes(uint32_t kernels) {
  const size_t bytes = sizeof(LaunchState) + kernels * sizeof(KernelProgress);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}
static_assert(sizeof(LaunchState) + kMostKernelsPerLaunch * sizeof(KernelProgress) + kAlignment <= StateArena::kChunkBytes);

}  // namespace

struct StateArena::Chunk {
  explicit Chunk(const Context& context) : driver(context.driver()), memory(context, kChunkBytes) {
    driver.cuEventCreate(&zeroed, CU_EVENT_DISABLE_TIMING);
  }
  ~Chunk() {
    quietly([&] { driver.cuEventDestroy(zeroed); });
  }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  const Driver& driver;
  DeviceMemory memory;
  CUevent zeroed = nullptr;  // recorded behind the memset
  size_t usedBytes = 0;
  unsigned taken = 0;
};

StateArena::StateArena(const Context& context) : context_(context) {
  context.driver().cuStreamCreateWithPriority(&housekeeping_, CU_STREAM_NON_BLOCKING, 0);
  for (unsigned i = 0; i < kChunks; i++) addChunk();
  current_ = chunks_.front().get();
}

StateArena::~StateArena() {
  quietly([&] { context_.driver().cuStreamDestroy(housekeeping_); });
}

void StateArena::addChunk() { chunks_.push_back(std::make_unique<Chunk>(context_)); }

StateArena::Slot StateArena::take(uint32_t kernels) {
  const size_t bytes = stateBytes(kernels);
  if (current_->usedBytes + bytes > kChunkBytes) seekChunk();
  const Slot slot{current_->memory.address() + current_->usedBytes, current_};
  current_->usedBytes += bytes;
  current_->taken++;
  return slot;
}

void StateArena::giveBack(Slot slot) {
  slot.chunk->taken--;
  if (slot.chunk->taken == 0 && slot.chunk != current_) zero(*slot.chunk);
}

// The present chunk is full: it is zeroed when its last slot comes back.
void StateArena::seekChunk() {
  if (current_->taken == 0) zero(*current_);
  for (const std::unique_ptr<Chunk>& chunk : chunks_) {
    if (chunk->usedBytes > 0 || !context_.driver().isDone(chunk->zeroed)) continue;
    current_ = chunk.get();
    return;
  }
  addChunk();
  current_ = chunks_.back().get();
}

void StateArena::zero(Chunk& chunk) {
  const Driver& driver = context_.driver();
  driver.cuMemsetD8Async(chunk.memory.address(), static_cast<unsigned char>(0), chunk.usedBytes, housekeeping_);
  driver.cuEventRecord(chunk.zeroed, housekeeping_);
  chunk.usedBytes = 0;
}

unsigned StateArena::taken() const {
  unsigned sum = 0;
  for (const std::unique_ptr<Chunk>& chunk : chunks_) sum += chunk->taken;
  return sum;
}

}  // namespace missile::cuda
