// Does a lowered kernel write what it should, all of it and nothing else, in each variant? And does whereabouts reach every SM?
#include "rig.cuh"

namespace rig {

namespace {

missile::Kernel loweredKernel(double grid, double threads, double weightBytes, double readBytes, double writtenBytes) {
  missile::Kernel kernel{};
  kernel.grid = grid;
  kernel.threadsPerBlock = threads;
  kernel.registersPerThread = 64;
  kernel.flops = grid * 1e5;
  kernel.weightBytes = weightBytes;
  kernel.readBytes = readBytes;
  kernel.writtenBytes = writtenBytes;
  kernel.footprintBytes = weightBytes + readBytes / 3 + writtenBytes;
  return kernel;
}

bool isWritten(const Memory& memory, const DemandArguments& arguments) {
  const std::vector<uint32_t> words = memory.read();
  for (uint64_t unit = 0; unit < words.size() / 4; unit++) {
    const bool isOutput = unit < arguments.allOutputUnits;
    const uint32_t word = demandWord(arguments.seed, unit);
    for (uint32_t i = 0; i < 4; i++) {
      const uint32_t expected = isOutput ? word + i * kDemandStep : 0;
      if (words[4 * unit + i] == expected) continue;
      std::printf("demand: unit %llu word %u is %08x, not %08x\n", static_cast<unsigned long long>(unit), i, words[4 * unit + i],
                  expected);
      return false;
    }
  }
  return true;
}

// One kernel of an executable, in one variant, on memory of its own.
bool runs(Gpu& gpu, const Executable& executable, size_t index, bool elastic, bool coloured) {
  const ExecutableKernel& kernel = executable.kernels[index];
  const Layout layout = coloured ? Layout::scattered : Layout::linear;
  const Memory parameters(executable.storages[kParameters].sizeBytes, layout);
  const Memory even(executable.storages[kEvenActivations].sizeBytes, layout);
  const Memory odd(executable.storages[kOddActivations].sizeBytes, layout);
  DemandArguments arguments;
  std::memcpy(&arguments, kernel.arguments.data(), sizeof arguments);
  const auto view = [&](const ExecutableKernel::ViewAt& at) {
    MemoryView view = (at.storage == kParameters ? parameters : at.storage == kOddActivations ? odd : even).view();
    view.sizeBytes = at.sizeBytes;
    return view;
  };
  arguments.parameters = view(kernel.views[0]);
  arguments.input = view(kernel.views[1]);
  arguments.output = view(kernel.views[2]);
  const Function<DemandArguments> functions[2][2] = {{demand_plain_linear, demand_plain_coloured},
                                                     {demand_elastic_linear, demand_elastic_coloured}};
  Flight flight(gpu);
  flight.reset(gpu.arms[0]);
  const unsigned grid = elastic ? std::min(kernel.blocks, gpu.sms * 2) : kernel.blocks;
  const KernelLaunch launch = flight.kernel(0, 0, kernel.blocks, 0);
  functions[elastic][coloured]<<<grid, kernel.threads, kernel.sharedBytes, gpu.arms[0]>>>(launch, arguments);
  CHECK(cudaStreamSynchronize(gpu.arms[0]));
  if (flight.kernelsDone() != 1) std::printf("demand: it is not told that it is done\n");
  return flight.kernelsDone() == 1 && isWritten(index % 2 == 0 ? odd : even, arguments);
}

bool reachesEverySm(const Gpu& gpu) {
  Buffer<uint32_t> seen(kMostSms);
  whereabouts<<<gpu.sms, 1024>>>(seen.data(), 4);
  const std::vector<uint32_t> marks = seen.read();
  const auto marked = std::count(marks.begin(), marks.end(), 4u);
  if (marked != gpu.sms) std::printf("whereabouts: %lld of %u SMs\n", static_cast<long long>(marked), gpu.sms);
  return marked == gpu.sms;
}

}  // namespace

bool demandWrites(Gpu& gpu, bool small) {
  const double scale = small ? 1 : 40;
  const std::vector<missile::Kernel> kernels = {
      loweredKernel(1, 32, 10, 100, 5),
      loweredKernel(100 * scale, 256, 3e5 * scale, 4e6 * scale, 1e6 * scale),
      loweredKernel(777, 128, 1e6, 3e6, 777 * 16 * 3),
      loweredKernel(64, 256, 0, 0, 2e5),
      loweredKernel(300, 96, 2e6, 1e5, 1000),
  };
  const Executable executable = executableOf(kernels, {.inputBytes = 1000, .outputBytes = 1000, .storedBytes = 5e6 * scale, .residentBytes = 1e6});
  for (size_t index = 0; index < kernels.size(); index++) {
    for (const unsigned variant : {0u, 1u, 2u, 3u}) {
      if (!runs(gpu, executable, index, variant & 1, variant & 2)) {
        std::printf("demand: kernel %zu, %s, %s\n", index, variant & 1 ? "elastic" : "plain", variant & 2 ? "coloured" : "linear");
        return false;
      }
    }
  }
  if (!reachesEverySm(gpu)) return false;
  std::printf("demand and whereabouts: every element as it should be\n");
  return true;
}

}  // namespace rig
