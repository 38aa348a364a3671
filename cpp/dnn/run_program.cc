#include "run_program.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "../memory_view.h"
#include "lay_out.h"

namespace missile::dnn {

namespace {

constexpr std::byte kPoison{0xff};  // all ones: NaN as f32, f16 and bf16

// A copy of a view's memory with poison on either side: what a kernel reads there shows in its results, what it writes there is found.
class Enclosure {
 public:
  Enclosure(const MemoryView& view, ViewAccess access) : view_(view), access_(access), copy_(kMarginBytes + view.sizeBytes + kMarginBytes, kPoison) {
    if (access != ViewAccess::write) std::memcpy(copy_.data() + kMarginBytes, view.base, view.sizeBytes);
  }

  MemoryView inside() { return {reinterpret_cast<unsigned char*>(copy_.data()) + kMarginBytes, nullptr, view_.sizeBytes}; }

  bool isIntact() const {
    const auto isPoison = [](std::byte byte) { return byte == kPoison; };
    return std::all_of(copy_.begin(), copy_.begin() + kMarginBytes, isPoison) && std::all_of(copy_.end() - kMarginBytes, copy_.end(), isPoison);
  }

  void putBack() const {
    if (access_ != ViewAccess::read) std::memcpy(view_.base, copy_.data() + kMarginBytes, view_.sizeBytes);
  }

 private:
  static constexpr ptrdiff_t kMarginBytes = 4096;  // of a few rows of most images

  MemoryView view_;
  ViewAccess access_;
  std::vector<std::byte> copy_;
};

class Run {
 public:
  Run(const Program& program, Unwritten unwritten) : program_(program), isPoisoned_(unwritten == Unwritten::poison) {
    for (const ProgramStorage& storage : program.storages) memory_.emplace_back(storage.sizeBytes, isPoisoned_ ? kPoison : std::byte{});
  }

  // Of the one storage of that use.
  std::vector<std::byte>& memoryOf(StorageUse use) {
    if (std::ranges::count(program_.storages, use, &ProgramStorage::use) != 1) {
      throw std::runtime_error("a program has one storage for each of parameters, input and output");
    }
    return memory_[std::ranges::find(program_.storages, use, &ProgramStorage::use) - program_.storages.begin()];
  }

  // Brings pieces until that many bytes have come since the beginning.
  void bringWeights(std::span<const std::byte> weights, double untilByte) {
    auto& parameters = memoryOf(StorageUse::parameters);
    for (; arrivedBytes_ < untilByte && piece_ < program_.pieces.size(); piece_++) {
      const ProgramPiece& piece = program_.pieces[piece_];
      if (piece.fileOffset + piece.sizeBytes > weights.size()) throw std::runtime_error("the file of weights ends too early");
      if (piece.firstByte + piece.sizeBytes > parameters.size()) throw std::runtime_error("weights lie outside of the parameter storage");
      std::memcpy(parameters.data() + piece.firstByte, weights.data() + piece.fileOffset, piece.sizeBytes);
      arrivedBytes_ += (piece.sizeBytes + kColourBlockBytes - 1) / kColourBlockBytes * kColourBlockBytes;
    }
  }

  void execute(const ProgramKernel& kernel) {
    const KernelEntry* entry = findKernel(kernel.name);
    if (entry == nullptr) throw std::runtime_error("there is no kernel " + kernel.name);
    std::vector<std::byte> arguments = layOut(*entry, kernel.args);
    demandLaunch(*entry, kernel.block, kernel.sharedBytes);
    demandViews(*entry, arguments, kernel.views);
    std::vector<Enclosure> enclosures;
    for (const ProgramView& view : kernel.views) {
      MemoryView memory = memoryUnder(kernel, view);
      if (isPoisoned_) memory = enclosures.emplace_back(memory, view.access).inside();
      std::memcpy(arguments.data() + viewOffset(*entry, view.name), &memory, sizeof memory);
    }
    entry->reference(arguments.data());
    for (size_t i = 0; i < enclosures.size(); i++) {
      if (!enclosures[i].isIntact()) throw std::runtime_error("kernel " + kernel.name + " writes outside of view " + kernel.views[i].name);
      enclosures[i].putBack();
    }
  }

 private:
  MemoryView memoryUnder(const ProgramKernel& kernel, const ProgramView& view) {
    if (view.storage >= memory_.size() || view.firstByte + view.sizeBytes > memory_[view.storage].size()) {
      throw std::runtime_error("kernel " + kernel.name + ", view " + view.name + ": it lies outside of its storage");
    }
    return {reinterpret_cast<unsigned char*>(memory_[view.storage].data()) + view.firstByte, nullptr, view.sizeBytes};
  }

  const Program& program_;
  const bool isPoisoned_;
  size_t piece_ = 0;  // the next one
  uint64_t arrivedBytes_ = 0;
  std::vector<std::vector<std::byte>> memory_;
};

}  // namespace

std::vector<std::byte> runProgram(const Program& program, std::span<const double> weightBytes, std::span<const std::byte> weights,
                                  std::span<const std::byte> input, Unwritten unwritten) {
  if (weightBytes.size() != program.kernels.size()) throw std::runtime_error("a program's kernels are not all told what they read first");
  Run run(program, unwritten);
  auto& inputs = run.memoryOf(StorageUse::input);
  if (input.size() > inputs.size()) throw std::runtime_error("the input is larger than its storage");
  std::memcpy(inputs.data(), input.data(), input.size());
  double neededBytes = 0;
  for (size_t k = 0; k < program.kernels.size(); k++) {
    neededBytes += weightBytes[k];
    run.bringWeights(weights, neededBytes);
    run.execute(program.kernels[k]);
  }
  return std::move(run.memoryOf(StorageUse::output));
}

}  // namespace missile::dnn
