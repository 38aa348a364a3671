// Every kernel of networks: what its arguments are called, where they lie in its struct, and its plain CPU reference. A plan names kernels and
// arguments; nobody else knows how a struct is laid out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace missile::dnn {

enum class FieldKind : uint8_t { view, u32, i32, f32 };

struct Field {
  std::string_view name;  // of a member of a member: "operandAt[1].strides"
  FieldKind kind;
  uint32_t offset;
  uint32_t count;         // of an array
};

struct KernelEntry {
  std::string name;  // without the variant's suffix
  uint32_t argumentBytes;
  std::span<const Field> fields;
  // Of its thread blocks: how many threads they must have, 0: any number, and the dynamic shared memory that they work in.
  uint32_t threads, sharedBytes;
  // Does what the kernel does, all logical blocks, on host memory; views must be linear.
  void (*reference)(const void* arguments);
};

// All kernels; names that differ in their tile alone share a reference.
std::span<const KernelEntry> kernelTable();
// Null: there is none of that name.
const KernelEntry* findKernel(std::string_view name);

}  // namespace missile::dnn
