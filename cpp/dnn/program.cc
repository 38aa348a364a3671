#include "program.h"

#include <cstring>
#include <stdexcept>

namespace missile::dnn {

namespace {

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  double number() {
    double value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  template <typename Integer>
  Integer integer() {
    const double value = number();
    if (!(value >= 0 && value < 9007199254740992.0)) throw std::runtime_error("a program has a number out of its range");
    return static_cast<Integer>(value);
  }
  std::string text() {
    const auto length = integer<size_t>();
    return {reinterpret_cast<const char*>(take(length).data()), length};
  }
  template <typename Read>
  auto list(Read read) {
    std::vector<decltype(read())> items;
    for (auto left = integer<size_t>(); left > 0; left--) items.push_back(read());
    return items;
  }

 private:
  std::span<const std::byte> take(size_t count) {
    if (count > bytes_.size()) throw std::runtime_error("a program is cut off");
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::span<const std::byte> bytes_;
};

// Braced initialisers are evaluated from left to right, so members take what is read in order.
ProgramKernel readKernel(Reader& from) {
  const auto argument = [&] { return ProgramArgument{from.text(), from.list([&] { return from.number(); })}; };
  const auto view = [&] {
    return ProgramView{from.text(), from.integer<uint32_t>(), from.integer<uint64_t>(), from.integer<uint64_t>(),
                       ViewAccess{from.integer<uint8_t>()}};
  };
  return {from.text(), from.list(argument), from.list(view), from.integer<uint32_t>(), from.integer<uint32_t>(), from.integer<uint32_t>()};
}

}  // namespace

Program readProgram(std::span<const std::byte> bytes) {
  Reader from(bytes);
  const auto integer = [&] { return from.integer<uint64_t>(); };
  return {.storages = from.list([&] { return ProgramStorage{StorageUse{from.integer<uint8_t>()}, integer(), integer() == 1}; }),
          .kernels = from.list([&] { return readKernel(from); }),
          .weightsFile = from.text(),
          .pieces = from.list([&] { return ProgramPiece{integer(), integer(), integer(), integer() != 0}; })};
}

}  // namespace missile::dnn
