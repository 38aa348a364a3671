#include "network.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "arrivals.h"

namespace missile::cuda {

namespace {

constexpr int kWarpThreads = 32;

std::string variantName(const std::string& function, KernelVariant variant) {
  return function + (variant.elastic ? "_elastic" : "_plain") + (variant.coloured ? "_coloured" : "_linear");
}

// Elastic thread blocks stay until they are asked to leave, so they leave room for a warp: that of the kernel that looks after them.
unsigned residents(const Context& context, CUfunction function, const ExecutableKernel& kernel) {
  int most = 0, threadsPerSm = 0;
  context.driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&most, function, static_cast<int>(kernel.threads),
                                                               static_cast<size_t>(kernel.sharedBytes));
  context.driver().cuDeviceGetAttribute(&threadsPerSm, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, context.device());
  if (most == 0) throw std::runtime_error("a thread block of " + kernel.function + " fits no SM");
  if (kernel.mostPerSm > 0) most = std::min(most, static_cast<int>(kernel.mostPerSm));
  const int withRoom = (threadsPerSm - kWarpThreads) / static_cast<int>(kernel.threads);
  return static_cast<unsigned>(std::clamp(withRoom, 1, most));
}

}  // namespace

Network::Network(Context& context, const Executable& executable, std::unique_ptr<TenantMemory> memory)
    : memory_(std::move(memory)) {
  for (const ExecutableKernel& kernel : executable.kernels) {
    Kernel& made = kernels_.emplace_back();
    made.blocks = kernel.blocks;
    made.threads = kernel.threads;
    made.sharedBytes = kernel.sharedBytes;
    made.aloneNs = 0;
    made.residentsPerSm = ~0u;
    for (const bool coloured : {false, true}) {
      for (const bool elastic : {false, true}) {
        made.functions[elastic][coloured] = context.kernel(variantName(kernel.function, {elastic, coloured}), kernel.sharedBytes);
      }
      made.residentsPerSm = std::min(made.residentsPerSm, residents(context, made.functions[true][coloured], kernel));
    }
    made.coloured = false;
    made.attempt = attemptAfter(kWholeAttempt);
    made.isGivenUp = false;
    made.arguments = kernel.arguments;
    addViews(executable, kernel);
  }
}

// Of the last kernel made.
void Network::addViews(const Executable& executable, const ExecutableKernel& kernel) {
  Kernel& made = kernels_.back();
  made.firstView = views_.size();
  for (const ExecutableKernel::ViewAt& at : kernel.views) {
    const bool isCopied = at.storage == executable.parameterStorage || at.storage == executable.inputStorage ||
                          at.storage == executable.outputStorage;
    const Storage& storage = executable.storages.at(at.storage);
    if (at.access != ViewAccess::read && isCopied && storage.coloured) {
      throw std::runtime_error("a kernel writes a coloured storage that copies go to or come from");
    }
    const MemoryView linear = memory_->view(at.storage, at.firstByte, at.sizeBytes, false);
    const bool isColourable = memory_->isColourable(at.storage);
    views_.push_back({.offset = at.offset,
                      .storage = at.storage,
                      .coloured = false,
                      .source = sourceOf(executable, kernels_.size() - 1, at),
                      .linear = linear,
                      .ofColours = isColourable ? memory_->view(at.storage, at.firstByte, at.sizeBytes, true) : linear,
                      .slotBytes = storage.slots > 1 ? memory_->slotBytes(at.storage) : 0,
                      .slot = 0});
    put(made, views_.back());
  }
  made.endView = views_.size();
}

// What is read lies where it was written last, and what is updated stays there.
std::optional<size_t> Network::sourceOf(const Executable& executable, size_t kernel, const ExecutableKernel::ViewAt& at) const {
  const auto& ownViews = executable.kernels[kernel].views;
  const auto followsIt = [&](const ExecutableKernel::ViewAt& own) { return own.storage == at.storage && own.access != ViewAccess::write; };
  if (std::none_of(ownViews.begin(), ownViews.end(), followsIt)) return std::nullopt;
  for (size_t before = kernel; before-- > 0;) {
    const auto& views = executable.kernels[before].views;
    for (size_t i = 0; i < views.size(); i++) {
      if (views[i].access != ViewAccess::read && views[i].storage == at.storage) return kernels_[before].firstView + i;
    }
  }
  return std::nullopt;
}

MemoryView Network::View::now() const {
  MemoryView view = coloured ? ofColours : linear;
  view.base += slot * slotBytes;
  return view;
}

void Network::put(Kernel& kernel, const View& view) {
  const MemoryView now = view.now();
  std::memcpy(kernel.arguments.data() + view.offset, &now, sizeof now);
}

void Network::begin(size_t index, uint32_t slot) {
  Kernel& kernel = kernels_[index];
  if (std::exchange(kernel.isGivenUp, false)) kernel.attempt = attemptAfter(kernel.attempt);
  kernel.coloured = false;
  for (size_t i = kernel.firstView; i < kernel.endView; i++) {
    View& view = views_[i];
    const bool coloured = view.source ? views_[*view.source].coloured : memory_->offersColoured(view.storage);
    kernel.coloured |= coloured;
    if (coloured == view.coloured && (slot == view.slot || view.slotBytes == 0)) continue;
    view.coloured = coloured;
    view.slot = slot;
    put(kernel, view);
  }
  next_ = index + 1;
  isNextPartlyDone_ = false;
}

void Network::stopBefore(size_t index, bool isPartlyDone) {
  next_ = index;
  isNextPartlyDone_ = isPartlyDone;
  // Unless it goes on.
  if (isPartlyDone) kernels_[index].isGivenUp = true;
}

bool Network::keepsColoured() const {
  if (next_ == size()) return false;
  if (isNextPartlyDone_ && kernels_[next_].coloured) return true;
  const size_t firstView = kernels_[next_].firstView;
  return std::any_of(views_.begin() + static_cast<std::ptrdiff_t>(firstView), views_.end(), [&](const View& view) {
    return view.source && *view.source < firstView && views_[*view.source].coloured;
  });
}

void Network::misdirect() {
  for (View& view : views_) view.linear.base = view.ofColours.base = nullptr;
  for (Kernel& kernel : kernels_) {
    for (size_t i = kernel.firstView; i < kernel.endView; i++) put(kernel, views_[i]);
  }
}

}  // namespace missile::cuda
