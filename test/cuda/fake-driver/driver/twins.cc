#include "twins.h"

#include <unordered_map>

namespace missile::fake {

namespace {

// Twins of any file enter themselves before main.
std::unordered_map<std::string, Twin>& table() {
  static auto* const twins = new std::unordered_map<std::string, Twin>();
  return *twins;
}

}  // namespace

const Twin* TwinTable::find(const std::string& name) {
  const auto found = table().find(name);
  return found == table().end() ? nullptr : &found->second;
}

void TwinTable::add(Twin twin) {
  const std::string name = twin.name;
  table().emplace(name, std::move(twin));
}

}  // namespace missile::fake
