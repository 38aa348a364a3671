#include "parameter_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "file.h"

namespace missile::cuda {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("the parameters in " + path + " cannot be read: " + why);
}

void readPiece(const File& file, const std::string& path, const ParameterPiece& piece, std::byte* to) {
  for (uint64_t done = 0; done < piece.sizeBytes;) {
    const ssize_t got = pread(file.number(), to + done, piece.sizeBytes - done, static_cast<off_t>(piece.fileOffset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(path, std::strerror(errno));
    if (got == 0) refuse(path, "it is shorter than its plan says");
    done += static_cast<uint64_t>(got);
  }
}

// Tensor cores cut 13 bits of FP32 off: half of the last place that they read is added first. (Without, every weight would be too small, by 0.035 % on
// the average, and a deep network adds that up.)
void roundToTf32(std::byte* values, uint64_t sizeBytes) {
  for (uint64_t at = 0; at + sizeof(uint32_t) <= sizeBytes; at += sizeof(uint32_t)) {
    uint32_t bits;
    std::memcpy(&bits, values + at, sizeof bits);
    bits = (bits + 0x1000) & ~uint32_t{0x1fff};
    std::memcpy(values + at, &bits, sizeof bits);
  }
}

}  // namespace

std::unique_ptr<PinnedMemory> readParameters(const Context& context, const Executable& executable) {
  if (executable.pieces.empty()) return nullptr;
  const std::string& path = executable.weightsFile;
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.isOpen()) refuse(path, std::strerror(errno));
  const ParameterPiece& last = executable.pieces.back();
  auto stream = std::make_unique<PinnedMemory>(context, last.streamByte + last.streamBytes());
  for (const ParameterPiece& piece : executable.pieces) {
    std::byte* const values = stream->host() + piece.streamByte;
    readPiece(file, path, piece, values);
    if (piece.isTf32) roundToTf32(values, piece.sizeBytes);
  }
  return stream;
}

}  // namespace missile::cuda
