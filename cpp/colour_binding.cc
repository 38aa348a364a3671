#include "colour_binding.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "guarded.h"

namespace missile {

namespace {

class ContentionProbeHandle : public Napi::ObjectWrap<ContentionProbeHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "ContentionProbe",
                       {InstanceMethod<&ContentionProbeHandle::begin>("begin"),
                        InstanceMethod<&ContentionProbeHandle::finish>("finish"),
                        InstanceMethod<&ContentionProbeHandle::sms>("sms"),
                        InstanceMethod<&ContentionProbeHandle::close>("close")});
  }

  // new ContentionProbe(ordinal, poolBytes), or of an External that has a probe.
  explicit ContentionProbeHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ContentionProbeHandle>(info) {
    if (info[0].IsExternal()) {
      probe_ = std::move(*info[0].As<Napi::External<std::unique_ptr<cuda::RemoteProbe>>>().Data());
      return;
    }
    const int ordinal = info[0].As<Napi::Number>().Int32Value();
    const auto poolBytes = static_cast<uint64_t>(info[1].As<Napi::Number>().DoubleValue());
    guarded(info.Env(), [&] { probe_ = std::make_unique<cuda::RemoteProbe>(ordinal, poolBytes); });
  }

 private:
  cuda::RemoteProbe& probe() {
    if (probe_ == nullptr) throw std::logic_error("the probe is closed");
    return *probe_;
  }

  // begin(first, second, count, smPairs): Uint32Arrays, the first two of at least count elements.
  void begin(const Napi::CallbackInfo& info) {
    const auto first = info[0].As<Napi::Uint32Array>();
    const auto second = info[1].As<Napi::Uint32Array>();
    const auto count = static_cast<size_t>(info[2].As<Napi::Number>().DoubleValue());
    const auto smPairs = info[3].As<Napi::Uint32Array>();
    guarded(info.Env(), [&] {
      if (std::min(first.ElementLength(), second.ElementLength()) < count) {
        throw std::logic_error("an array is shorter than the number of tests");
      }
      probe().begin(first.Data(), second.Data(), count, smPairs.Data(), smPairs.ElementLength() / 2);
    });
  }

  // finish(cycles): a Uint32Array with an element for each test of the batch.
  void finish(const Napi::CallbackInfo& info) {
    auto cycles = info[0].As<Napi::Uint32Array>();
    guarded(info.Env(), [&] { probe().finish(cycles.Data(), cycles.ElementLength()); });
  }

  // sms(): how many SMs there are to make pairs of.
  Napi::Value sms(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), probe_ ? probe_->sms() : 0); }

  // close(): gives the memory back.
  void close(const Napi::CallbackInfo&) { probe_.reset(); }

  std::unique_ptr<cuda::RemoteProbe> probe_;
};

}  // namespace

void bindColours(Napi::Env env, Napi::Object exports) {
  exports.Set("ContentionProbe", ContentionProbeHandle::define(env));
}

Napi::Value contentionProbeOver(Napi::Env env, std::unique_ptr<cuda::RemoteProbe> probe) {
  return ContentionProbeHandle::define(env).New({Napi::External<std::unique_ptr<cuda::RemoteProbe>>::New(env, &probe)});
}

Napi::Object colourFactsObject(Napi::Env env, const cuda::ColourPool::Facts& facts) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, uint64_t value) { object.Set(name, static_cast<double>(value)); };
  set("partitions", facts.partitions);
  set("bePartitions", facts.bePartitions);
  set("lsBlocks", facts.ls.blocks);
  set("lsFreeBlocks", facts.ls.free);
  set("beBlocks", facts.be.blocks);
  set("beFreeBlocks", facts.be.free);
  set("wastedBlocks", facts.wastedBlocks);
  set("migratedBytes", facts.migratedBytes);
  return object;
}

Napi::Float64Array blockMapNumbers(Napi::Env env, const cuda::BlockMap& map) {
  constexpr size_t kHeadNumbers = 7, kRowNumbers = 8;
  const size_t length = kHeadNumbers + map.partitions + map.rowCount * (kRowNumbers + map.partitions);
  Napi::Float64Array numbers = Napi::Float64Array::New(env, length);
  double* at = numbers.Data();
  const auto put = [&](auto... values) { ((*at++ = static_cast<double>(values)), ...); };
  put(map.tenant, map.isLoaded, map.side, map.partitions, map.poolBlocks, map.wastedBlocks, map.rowCount);
  for (size_t partition = 0; partition < map.partitions; partition++) put(map.bePartitions >> partition & 1);
  for (size_t i = 0; i < map.rowCount; i++) {
    const cuda::BlockRow& row = map.rows[i];
    put(row.storage, static_cast<int>(row.use), row.isColourable, row.firstBlock, row.blocks, row.missing, row.misplaced, row.behind);
    for (size_t partition = 0; partition < map.partitions; partition++) put(row.inPartition[partition]);
  }
  return numbers;
}

cuda::PoolColours poolColoursOf(const Napi::CallbackInfo& info) {
  const auto colourOfBlock = info[0].As<Napi::Int16Array>();
  const auto lanesOfColour = info[1].As<Napi::Uint8Array>();
  const auto lanes = static_cast<size_t>(info[2].As<Napi::Number>().Uint32Value());
  const auto bePartitions = info[3].As<Napi::Uint8Array>();
  cuda::PoolColours colours;
  colours.colourOfBlock.assign(colourOfBlock.Data(), colourOfBlock.Data() + colourOfBlock.ElementLength());
  colours.partitionsOfColour.assign(lanesOfColour.ElementLength() / lanes, 0);
  for (size_t i = 0; i < lanesOfColour.ElementLength(); i++) {
    colours.partitionsOfColour[i / lanes] |= uint64_t{1} << lanesOfColour[i];
  }
  // n - 1 rows of n elements.
  size_t partitions = 1;
  while (partitions * (partitions - 1) < bePartitions.ElementLength()) partitions++;
  for (size_t row = 0; row + 1 < partitions; row++) {
    uint64_t set = 0;
    for (size_t i = 0; i < partitions; i++) set |= uint64_t{bePartitions[row * partitions + i]} << i;
    colours.bePartitions.push_back(set);
  }
  return colours;
}

}  // namespace missile
