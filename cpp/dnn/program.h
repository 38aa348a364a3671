// A network as a plan executes it: src/core/program.ts as C++ has it, read from the bytes of src/native/program-bytes.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace missile::dnn {

// counters: words by which blocks of a kernel find out how many have come, zero at first.
enum class StorageUse : uint8_t { parameters, activations, input, output, counters };

struct ProgramStorage {
  StorageUse use;
  uint64_t sizeBytes;
  bool coloured;
};

// What a kernel does with a view. write: it begins new contents of the storage; update: what else the storage holds is kept.
enum class ViewAccess : uint8_t { read, write, update };

struct ProgramView {
  std::string name;
  uint32_t storage;  // index in Program::storages
  uint64_t firstByte, sizeBytes;
  ViewAccess access;
};

// Of an array all its values.
struct ProgramArgument {
  std::string name;
  std::vector<double> values;
};

struct ProgramKernel {
  std::string name;
  std::vector<ProgramArgument> args;
  std::vector<ProgramView> views;
  uint32_t grid, block, sharedBytes;
};

// Bytes of the weights' file, and where they are to be found in the parameter storage. isTf32: FP32 that a GPU is given rounded to TF32.
struct ProgramPiece {
  uint64_t fileOffset, firstByte, sizeBytes;
  bool isTf32;
};

struct Program {
  std::vector<ProgramStorage> storages;
  std::vector<ProgramKernel> kernels;
  std::string weightsFile;
  std::vector<ProgramPiece> pieces;
};

// Throws std::runtime_error for bytes that are none.
Program readProgram(std::span<const std::byte> bytes);

}  // namespace missile::dnn
