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

}  // namespace

std::unique_ptr<PinnedMemory> readParameters(const Context& context, const Executable& executable) {
  if (executable.pieces.empty()) return nullptr;
  const std::string& path = executable.weightsFile;
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.isOpen()) refuse(path, std::strerror(errno));
  const ParameterPiece& last = executable.pieces.back();
  auto stream = std::make_unique<PinnedMemory>(context, last.streamByte + last.streamBytes());
  for (const ParameterPiece& piece : executable.pieces) readPiece(file, path, piece, stream->host() + piece.streamByte);
  return stream;
}

}  // namespace missile::cuda
