// Twins of the kernels of networks: what cpp/dnn's table says that a kernel does, on views that are gathered and scattered by their tables.
//
// A reference knows no logical blocks. So it does the whole kernel when the last block is done, which is once, however often the kernel was
// interrupted: blocks are handed out in order, and every block of the kernels before is done by then.
#include <cstring>
#include <vector>

#include "cuda/elastic.h"
#include "dnn/kernel_table.h"
#include "view.h"

namespace missile::fake {

namespace {

// A view in memory of its own, which the reference works on.
class Gathered {
 public:
  Gathered(const Cta& cta, const MemoryView& view) : cta_(cta), view_(view), bytes_(view.sizeBytes) {
    visit([&](std::byte* there, uint64_t offset, uint64_t count) { std::memcpy(bytes_.data() + offset, there, count); });
  }

  MemoryView linear() { return {reinterpret_cast<unsigned char*>(bytes_.data()), nullptr, view_.sizeBytes}; }

  void scatter() {
    visit([&](std::byte* there, uint64_t offset, uint64_t count) { std::memcpy(there, bytes_.data() + offset, count); });
  }

 private:
  template <typename Visit>
  void visit(Visit visit) {
    const View<true> view(cta_, view_);
    for (uint64_t offset = 0; offset < view_.sizeBytes; offset += kColourBlockBytes) {
      visit(view.template at<std::byte>(offset), offset, std::min<uint64_t>(kColourBlockBytes, view_.sizeBytes - offset));
    }
  }

  const Cta& cta_;
  const MemoryView& view_;
  std::vector<std::byte> bytes_;
};

// Kernels write to what is called so, and nowhere else.
constexpr std::string_view kWritten = "output";

void doWhole(const Cta& cta, const dnn::KernelEntry& entry, const std::byte* given) {
  std::vector<std::byte> arguments(given, given + entry.argumentBytes);
  std::vector<MemoryView> views;
  std::vector<Gathered> gathered;
  views.reserve(entry.fields.size());
  gathered.reserve(entry.fields.size());
  Gathered* written = nullptr;
  for (const dnn::Field& field : entry.fields) {
    if (field.kind != dnn::FieldKind::view) continue;
    MemoryView& view = views.emplace_back();
    std::memcpy(&view, given + field.offset, sizeof view);
    if (view.sizeBytes == 0) continue;
    const MemoryView linear = gathered.emplace_back(cta, view).linear();
    std::memcpy(arguments.data() + field.offset, &linear, sizeof linear);
    if (field.name == kWritten) written = &gathered.back();
  }
  entry.reference(arguments.data());
  if (written != nullptr) written->scatter();
}

void networkKernel(const Cta& cta, const dnn::KernelEntry& entry, bool isElastic, void* const* parameters) {
  const KernelLaunch launch = *static_cast<const KernelLaunch*>(parameters[0]);
  runBlocks(cta, isElastic, launch, [&](uint32_t block) {
    if (block + 1 == launch.firstBlock + launch.blocks) doWhole(cta, entry, static_cast<const std::byte*>(parameters[1]));
  });
}

const bool isEntered = [] {
  for (const dnn::KernelEntry& entry : dnn::kernelTable()) {
    for (const bool isElastic : {false, true}) {
      for (const std::string mode : {"_linear", "_coloured"}) {
        TwinTable::add({.name = entry.name + (isElastic ? "_elastic" : "_plain") + mode,
                        .appetite = Appetite::large,
                        .pace = Pace::lasting,
                        .parameterBytes = {sizeof(KernelLaunch), entry.argumentBytes},
                        .body = [&entry, isElastic](const Cta& cta, void* const* parameters) {
                          networkKernel(cta, entry, isElastic, parameters);
                        }});
      }
    }
  }
  return true;
}();

}  // namespace

}  // namespace missile::fake
