#include "lay_out.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace missile::dnn {

namespace {

[[noreturn]] void refuse(const KernelEntry& kernel, std::string_view argument, const std::string& why) {
  throw std::runtime_error("kernel " + kernel.name + ", argument " + std::string(argument) + ": " + why);
}

const Field* findField(const KernelEntry& kernel, std::string_view name) {
  const auto found = std::ranges::find(kernel.fields, name, &Field::name);
  return found == kernel.fields.end() ? nullptr : &*found;
}

template <typename Integer>
bool holds(double value) {
  return value == std::trunc(value) && value >= std::numeric_limits<Integer>::min() && value <= std::numeric_limits<Integer>::max();
}

// Whether the field holds it, and if so writes it.
bool store(FieldKind kind, double value, std::byte* to) {
  const auto put = [&](auto number) {
    std::memcpy(to, &number, sizeof number);
    return true;
  };
  switch (kind) {
    case FieldKind::u32: return holds<uint32_t>(value) && put(static_cast<uint32_t>(value));
    case FieldKind::i32: return holds<int32_t>(value) && put(static_cast<int32_t>(value));
    case FieldKind::f32: return !std::isnan(value) && put(static_cast<float>(value));
    case FieldKind::view: return false;
  }
  return false;
}

std::string shown(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// Of a field that there is.
uint32_t numberOf(const KernelEntry& kernel, std::span<const std::byte> arguments, std::string_view name) {
  uint32_t number = 0;
  std::memcpy(&number, arguments.data() + findField(kernel, name)->offset, sizeof number);
  return number;
}

// Views that are there where a number of the arguments is so large; one whose kernel has no such number always is.
struct OptionalView {
  std::string_view view, number;
  uint32_t least = 1;
};
constexpr OptionalView kOptionalViews[] = {
    {"bias", "hasBias"},   {"other", "join"},       {"prologueScale", "hasPrologue"}, {"prologueShift", "hasPrologueShift"},
    {"gain", "hasAffine"}, {"shift", "hasAffine"}, {"partial", "splits", 2},         {"arrivals", "splits", 2},
};

bool needsView(const KernelEntry& kernel, std::span<const std::byte> arguments, std::string_view name) {
  constexpr std::string_view kOperand = "operands[";
  if (name.starts_with(kOperand)) return std::stoul(std::string(name.substr(kOperand.size()))) < numberOf(kernel, arguments, "operandCount");
  for (const auto& [view, number, least] : kOptionalViews) {
    if (view == name && findField(kernel, number) != nullptr) return numberOf(kernel, arguments, number) >= least;
  }
  return true;
}

}  // namespace

std::vector<std::byte> layOut(const KernelEntry& kernel, std::span<const ProgramArgument> arguments) {
  std::vector<std::byte> bytes(kernel.argumentBytes);
  for (const auto& [name, values] : arguments) {
    const Field* field = findField(kernel, name);
    if (field == nullptr) refuse(kernel, name, "the kernel has no such argument");
    if (field->kind == FieldKind::view) refuse(kernel, name, "this is a view, not a number");
    if (values.size() > field->count) {
      refuse(kernel, name, std::to_string(values.size()) + " numbers, which is more than " + std::to_string(field->count));
    }
    for (size_t i = 0; i < values.size(); i++) {
      if (!store(field->kind, values[i], bytes.data() + field->offset + i * sizeof(uint32_t))) {
        refuse(kernel, name, shown(values[i]) + " is no number of its type");
      }
    }
  }
  return bytes;
}

uint32_t viewOffset(const KernelEntry& kernel, std::string_view name) {
  const Field* field = findField(kernel, name);
  if (field == nullptr || field->kind != FieldKind::view) refuse(kernel, name, "the kernel has no such view");
  return field->offset;
}

void demandLaunch(const KernelEntry& kernel, uint32_t threads, uint32_t sharedBytes) {
  if ((kernel.threads == 0 || kernel.threads == threads) && kernel.sharedBytes == sharedBytes) return;
  const auto described = [](uint32_t threads, uint32_t bytes) {
    return std::to_string(threads) + " threads with " + std::to_string(bytes) + " bytes of shared memory";
  };
  throw std::runtime_error("kernel " + kernel.name + ": a thread block has " + described(threads, sharedBytes) + ", and needs " +
                           described(kernel.threads == 0 ? threads : kernel.threads, kernel.sharedBytes));
}

void demandViews(const KernelEntry& kernel, std::span<const std::byte> arguments, std::span<const ProgramView> views) {
  for (const Field& field : kernel.fields) {
    if (field.kind != FieldKind::view || std::ranges::find(views, field.name, &ProgramView::name) != views.end()) continue;
    if (needsView(kernel, arguments, field.name)) refuse(kernel, field.name, "the view is missing");
  }
}

}  // namespace missile::dnn
