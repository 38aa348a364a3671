#include "planned.h"

#include <algorithm>
#include <stdexcept>

#include "../device.h"
#include "../dnn/lay_out.h"
#include "elastic.h"

namespace missile::cuda {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& why) { throw std::runtime_error(what + ": " + why); }

uint32_t onlyStorage(const dnn::Program& program, StorageUse use, const char* name) {
  if (std::ranges::count(program.storages, use, &dnn::ProgramStorage::use) != 1) {
    refuse("the program", std::string("it has one storage for ") + name + ", no more and no fewer");
  }
  return static_cast<uint32_t>(std::ranges::find(program.storages, use, &dnn::ProgramStorage::use) - program.storages.begin());
}

Storage storageOf(const dnn::ProgramStorage& storage) {
  const bool hasSlots = storage.use == StorageUse::input || storage.use == StorageUse::output;
  if (hasSlots && storage.coloured) refuse("the program", "its inputs and outputs are not coloured");
  return {storage.sizeBytes, storage.coloured, storage.use, hasSlots ? uint32_t{kSlots} : 1};
}

ExecutableKernel::ViewAt viewOf(const dnn::Program& program, const std::string& named, const dnn::KernelEntry& entry,
                                const dnn::ProgramView& view) {
  const std::string viewNamed = named + ", view " + view.name;
  if (view.storage >= program.storages.size()) refuse(viewNamed, "there is no storage " + std::to_string(view.storage));
  const dnn::ProgramStorage& storage = program.storages[view.storage];
  if (view.firstByte > storage.sizeBytes || view.sizeBytes > storage.sizeBytes - view.firstByte) {
    refuse(viewNamed, "it reaches beyond its storage");
  }
  if (view.firstByte % kColourBlockBytes != 0) refuse(viewNamed, "it begins at no multiple of 1024 bytes");
  return {dnn::viewOffset(entry, view.name), view.storage, view.firstByte, view.sizeBytes, view.access};
}

ExecutableKernel kernelOf(const dnn::Program& program, const dnn::ProgramKernel& kernel, size_t index) {
  const std::string named = "kernel " + std::to_string(index) + ", " + kernel.name;
  const dnn::KernelEntry* const entry = dnn::findKernel(kernel.name);
  if (entry == nullptr) refuse(named, "there is no kernel of that name");
  if (kernel.grid < 1 || kernel.grid >= kMostBlocks) refuse(named, "a kernel has 1 to 2^28 - 1 blocks");
  if (kernel.block < 1 || kernel.block > kMostThreads) refuse(named, "a thread block has 1 to 256 threads");
  ExecutableKernel made;
  made.function = kernel.name;
  made.blocks = kernel.grid;
  made.threads = kernel.block;
  made.sharedBytes = kernel.sharedBytes;
  made.arguments = dnn::layOut(*entry, kernel.args);
  dnn::demandLaunch(*entry, kernel.block, kernel.sharedBytes);
  dnn::demandViews(*entry, made.arguments, kernel.views);
  for (const dnn::ProgramView& view : kernel.views) made.views.push_back(viewOf(program, named, *entry, view));
  return made;
}

std::vector<ParameterPiece> piecesOf(const dnn::Program& program, uint64_t storageBytes) {
  std::vector<ParameterPiece> pieces;
  uint64_t streamByte = 0;
  for (const dnn::ProgramPiece& piece : program.pieces) {
    if (piece.firstByte > storageBytes || piece.sizeBytes > storageBytes - piece.firstByte) {
      refuse("parameter " + std::to_string(pieces.size()), "it reaches beyond the parameter storage");
    }
    if (piece.firstByte % kColourBlockBytes != 0) refuse("parameter " + std::to_string(pieces.size()), "it lies at no multiple of 1024 bytes");
    pieces.push_back({streamByte, piece.fileOffset, piece.firstByte, piece.sizeBytes, piece.isTf32});
    streamByte += pieces.back().streamBytes();
  }
  return pieces;
}

}  // namespace

Executable executableOf(const dnn::Program& program) {
  Executable made{};
  made.parameterStorage = onlyStorage(program, StorageUse::parameters, "parameters");
  made.inputStorage = onlyStorage(program, StorageUse::input, "inputs");
  made.outputStorage = onlyStorage(program, StorageUse::output, "outputs");
  for (const dnn::ProgramStorage& storage : program.storages) made.storages.push_back(storageOf(storage));
  for (const dnn::ProgramKernel& kernel : program.kernels) made.kernels.push_back(kernelOf(program, kernel, made.kernels.size()));
  made.hasContents = true;
  made.weightsFile = program.weightsFile;
  made.pieces = piecesOf(program, program.storages[made.parameterStorage].sizeBytes);
  return made;
}

}  // namespace missile::cuda
