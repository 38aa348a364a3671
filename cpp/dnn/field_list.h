// The fields of an argument struct, named by its members: MISSILE_MEMBERS(Pool, input, output) makes them known, and FieldList lists them,
// those of members that are structs and of arrays of them included.
#pragma once

#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "kernel_table.h"

// MISSILE_EACH(do, a, b, c): do(a) do(b) do(c), for up to 64 names: each name takes one more scan by the preprocessor, and EXPAND gives that many.
#define MISSILE_PARENTHESES ()
#define MISSILE_EXPAND(...) MISSILE_EXPAND_16(MISSILE_EXPAND_16(MISSILE_EXPAND_16(MISSILE_EXPAND_16(__VA_ARGS__))))
#define MISSILE_EXPAND_16(...) MISSILE_EXPAND_4(MISSILE_EXPAND_4(MISSILE_EXPAND_4(MISSILE_EXPAND_4(__VA_ARGS__))))
#define MISSILE_EXPAND_4(...) MISSILE_EXPAND_1(MISSILE_EXPAND_1(MISSILE_EXPAND_1(MISSILE_EXPAND_1(__VA_ARGS__))))
#define MISSILE_EXPAND_1(...) __VA_ARGS__
#define MISSILE_EACH(macro, ...) __VA_OPT__(MISSILE_EXPAND(MISSILE_EACH_NEXT(macro, __VA_ARGS__)))
#define MISSILE_EACH_NEXT(macro, first, ...) macro(first) __VA_OPT__(MISSILE_EACH_AGAIN MISSILE_PARENTHESES(macro, __VA_ARGS__))
#define MISSILE_EACH_AGAIN() MISSILE_EACH_NEXT

#define MISSILE_MEMBER(name) visit(#name, members.name);
#define MISSILE_MEMBERS(Struct, ...)                                      \
  template <typename Visit>                                               \
  void visitMembers(const Struct& members, Visit visit) {                 \
    MISSILE_EACH(MISSILE_MEMBER, __VA_ARGS__)                             \
  }

namespace missile::dnn {

template <typename Scalar>
constexpr FieldKind kindOf() {
  if constexpr (std::is_same_v<Scalar, MemoryView>) return FieldKind::view;
  else if constexpr (std::is_same_v<Scalar, float>) return FieldKind::f32;
  else if constexpr (std::is_same_v<Scalar, int32_t>) return FieldKind::i32;
  else {
    static_assert(std::is_same_v<Scalar, uint32_t>, "a field is a view or of 32 bits");
    return FieldKind::u32;
  }
}

template <typename Member>
constexpr bool isField = std::is_arithmetic_v<Member> || std::is_same_v<Member, MemoryView>;

class FieldList {
 public:
  template <typename Arguments>
  static FieldList of() {
    static const Arguments arguments{};
    FieldList list;
    list.first_ = reinterpret_cast<const char*>(&arguments);
    list.addMembers("", arguments);
    constexpr size_t kAlignment = alignof(Arguments);
    if ((list.sizeBytes_ + kAlignment - 1) / kAlignment * kAlignment != sizeof(Arguments)) {
      throw std::logic_error("a member of a kernel's arguments has no name");
    }
    return list;
  }

  std::span<const Field> fields() const { return fields_; }

 private:
  template <typename Struct>
  void addMembers(const std::string& prefix, const Struct& members) {
    visitMembers(members, [&](const char* name, const auto& member) { add(prefix + name, member); });
  }

  template <typename Member>
  void add(const std::string& name, const Member& member) {
    if constexpr (!std::is_array_v<Member>) {
      if constexpr (isField<Member>) put<Member>(name, &member, 1);
      else addMembers(name + ".", member);
    } else if constexpr (std::is_arithmetic_v<std::remove_extent_t<Member>>) {
      put<std::remove_extent_t<Member>>(name, &member, std::extent_v<Member>);
    } else {
      for (size_t i = 0; i < std::extent_v<Member>; i++) add(name + "[" + std::to_string(i) + "]", member[i]);
    }
  }

  template <typename Scalar>
  void put(const std::string& name, const void* at, uint32_t count) {
    const auto offset = static_cast<uint32_t>(static_cast<const char*>(at) - first_);
    sizeBytes_ += count * sizeof(Scalar);
    fields_.push_back({names_.emplace_back(name), kindOf<Scalar>(), offset, count});
  }

  const char* first_ = nullptr;
  size_t sizeBytes_ = 0;  // of all fields
  std::deque<std::string> names_;  // whose strings stay where they are
  std::vector<Field> fields_;
};

}  // namespace missile::dnn
