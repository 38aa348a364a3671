#include "host_protocol.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

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

// What a header travels in: itself, and room for a file beside it.
struct Envelope {
  explicit Envelope(Header& header) : part{&header, sizeof header} {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
  }

  iovec part;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr message{};
};

// A file goes with the first byte, once.
bool sendHeader(int socket, Header header, int file) {
  if (file < 0) return sendAll(socket, &header, sizeof header);
  Envelope envelope(header);
  cmsghdr* const beside = CMSG_FIRSTHDR(&envelope.message);
  beside->cmsg_level = SOL_SOCKET;
  beside->cmsg_type = SCM_RIGHTS;
  beside->cmsg_len = CMSG_LEN(sizeof file);
  std::memcpy(CMSG_DATA(beside), &file, sizeof file);
  ssize_t moved = 0;
  while ((moved = sendmsg(socket, &envelope.message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
  }
  if (moved <= 0) return false;
  return sendAll(socket, reinterpret_cast<const std::byte*>(&header) + moved, sizeof header - static_cast<size_t>(moved));
}

bool receiveHeader(int socket, Header& header, File& file) {
  Envelope envelope(header);
  ssize_t moved = 0;
  while ((moved = recvmsg(socket, &envelope.message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (moved <= 0) return false;
  const cmsghdr* const beside = CMSG_FIRSTHDR(&envelope.message);
  if (beside != nullptr && beside->cmsg_type == SCM_RIGHTS) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(beside), sizeof number);
    file = File(number);
  }
  return receiveAll(socket, reinterpret_cast<std::byte*>(&header) + moved, sizeof header - static_cast<size_t>(moved));
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

bool sendMessage(int socket, const HostMessage& message, int file) {
  const Header header{message.kind, 0, message.bytes.size()};
  return sendHeader(socket, header, file) && sendAll(socket, message.bytes.data(), message.bytes.size());
}

std::optional<HostMessage> receiveMessage(int socket) {
  Header header{};
  File file;
  if (!receiveHeader(socket, header, file)) return std::nullopt;
  HostMessage message{header.kind, std::vector<std::byte>(header.sizeBytes), std::move(file)};
  if (!receiveAll(socket, message.bytes.data(), message.bytes.size())) return std::nullopt;
  return message;
}

}  // namespace missile::cuda
