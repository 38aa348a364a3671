#include "host_protocol.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace missile::cuda {

namespace {

struct Header {
  uint32_t kind;
  uint32_t reserved;
  uint64_t sizeBytes;
};

// Calls transfer(at, sizeBytes), which says how much it moved, until all is moved.
template <typename Byte, typename Transfer>
bool moveAll(Byte* at, size_t sizeBytes, Transfer transfer) {
  while (sizeBytes > 0) {
    const ssize_t moved = transfer(at, sizeBytes);
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) return false;
    at += moved;
    sizeBytes -= static_cast<size_t>(moved);
  }
  return true;
}

bool sendAll(int socket, const void* from, size_t sizeBytes) {
  return moveAll(static_cast<const std::byte*>(from), sizeBytes,
                 [&](const std::byte* at, size_t size) { return send(socket, at, size, MSG_NOSIGNAL); });
}

bool receiveAll(int socket, void* to, size_t sizeBytes) {
  return moveAll(static_cast<std::byte*>(to), sizeBytes, [&](std::byte* at, size_t size) { return recv(socket, at, size, 0); });
}

template <size_t... kAt>
AnyRequest unpackedAs(const HostMessage& message, std::index_sequence<kAt...>) {
  using Unpack = AnyRequest (*)(const std::vector<std::byte>&);
  static constexpr std::array<Unpack, sizeof...(kAt)> kUnpack{
      [](const std::vector<std::byte>& bytes) -> AnyRequest { return unpacked<std::variant_alternative_t<kAt, AnyRequest>>(bytes); }...};
  if (message.kind >= kUnpack.size()) throw std::logic_error("the GPU host does not know what it is asked");
  return kUnpack[message.kind](message.bytes);
}

}  // namespace

AnyRequest unpackedRequest(const HostMessage& message) {
  return unpackedAs(message, std::make_index_sequence<std::variant_size_v<AnyRequest>>());
}

bool sendMessage(int socket, const HostMessage& message) {
  const Header header{message.kind, 0, message.bytes.size()};
  return sendAll(socket, &header, sizeof header) && sendAll(socket, message.bytes.data(), message.bytes.size());
}

std::optional<HostMessage> receiveMessage(int socket) {
  Header header{};
  if (!receiveAll(socket, &header, sizeof header)) return std::nullopt;
  HostMessage message{header.kind, std::vector<std::byte>(header.sizeBytes)};
  if (!receiveAll(socket, message.bytes.data(), message.bytes.size())) return std::nullopt;
  return message;
}

}  // namespace missile::cuda
