// A network as the executor runs it: any list of kernels with arguments, storages and launch sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../dnn/program.h"
#include "../memory_view.h"

namespace missile::cuda {

using dnn::StorageUse;
using dnn::ViewAccess;

// Memory of a tenant that kernels work on. A coloured one exists twice: linear, and in blocks of the tenant's colours. If kernels write
// it, only one of the two holds what the last of them wrote, and they alone write it; otherwise the host writes it, and both are the same.
struct Storage {
  uint64_t sizeBytes;
  bool coloured;
  StorageUse use = StorageUse::activations;
  // There are so many of it, a request's is that of its slot. More than one: it is not coloured.
  uint32_t slots = 1;
};

// Consecutive bytes of the stream in which copies bring the parameters, and where they are to be found.
struct ParameterPiece {
  uint64_t streamByte, fileOffset, firstByte, sizeBytes;
  bool isTf32;  // FP32, to be rounded to TF32

  // It takes whole blocks of the stream, as it does of the storage.
  uint64_t streamBytes() const { return (sizeBytes + kColourBlockBytes - 1) / kColourBlockBytes * kColourBlockBytes; }
};

// One kernel. Its function exists in the four variants of KernelVariant, all with the parameters (KernelLaunch, arguments).
struct ExecutableKernel {
  std::string function;           // without the variant's suffix
  uint32_t blocks;                // logical thread blocks
  uint32_t threads, sharedBytes;  // of one thread block
  // The second parameter as the function expects it, with a MemoryView at each of `views`, filled in before the launch.
  std::vector<std::byte> arguments;
  struct ViewAt {
    uint32_t offset;       // in `arguments`
    uint32_t storage;      // index in Executable::storages
    uint64_t firstByte, sizeBytes;
    // What is read or updated lies where it was written last. So does what a kernel writes that reads the same storage.
    ViewAccess access;
  };
  // A kernel that reads what several have written reads it from several storages: of a coloured one, it finds what the last before it
  // that writes the storage wrote.
  std::vector<ViewAt> views;
  // Thread blocks that an SM is to hold at most, lest its logical blocks take longer than preemption may wait; 0: as many as fit.
  uint32_t mostPerSm = 0;
};

struct Executable {
  std::vector<Storage> storages;
  std::vector<ExecutableKernel> kernels;
  // Where copies go to and come from: H2D parameters and inputs, D2H outputs.
  uint32_t parameterStorage, inputStorage, outputStorage;
  // Whether anybody looks at what is copied; else each copy goes over its storage again and again.
  bool hasContents = false;
  std::string weightsFile;
  std::vector<ParameterPiece> pieces;
};

// Function names are <function>_<elastic|plain>_<linear|coloured>. Elastic: persistent blocks that yield. Plain: one thread block a
// logical block, for launches that nothing can preempt.
struct KernelVariant {
  bool elastic, coloured;
};

}  // namespace missile::cuda
