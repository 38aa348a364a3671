// The convolutions of networks as products: rows are output pixels, columns output channels. How often each occurs in one inference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace conv {

struct Shape {
  uint32_t batch, extent, inChannels, outChannels, kernel, stride, count;  // extent: of the output, a square
};
struct Network {
  std::string name;
  std::vector<Shape> shapes;
};

inline Network resnet34(uint32_t batch) {
  return {"resnet34 b" + std::to_string(batch),
          {{batch, 112, 4, 64, 7, 2, 1},   {batch, 56, 64, 64, 3, 1, 6},    {batch, 28, 64, 128, 3, 2, 1},   {batch, 28, 64, 128, 1, 2, 1},
           {batch, 28, 128, 128, 3, 1, 7}, {batch, 14, 128, 256, 3, 2, 1},  {batch, 14, 128, 256, 1, 2, 1},  {batch, 14, 256, 256, 3, 1, 11},
           {batch, 7, 256, 512, 3, 2, 1},  {batch, 7, 256, 512, 1, 2, 1},   {batch, 7, 512, 512, 3, 1, 5},   {batch, 1, 512, 1000, 1, 1, 1}}};
}

inline Network resnet152(uint32_t batch) {
  return {"resnet152 b" + std::to_string(batch),
          {{batch, 112, 4, 64, 7, 2, 1},     {batch, 56, 64, 64, 1, 1, 1},     {batch, 56, 256, 64, 1, 1, 2},    {batch, 56, 64, 64, 3, 1, 3},
           {batch, 56, 64, 256, 1, 1, 4},    {batch, 56, 256, 128, 1, 1, 1},   {batch, 28, 128, 128, 3, 2, 1},   {batch, 28, 512, 128, 1, 1, 7},
           {batch, 28, 128, 128, 3, 1, 7},   {batch, 28, 128, 512, 1, 1, 8},   {batch, 28, 256, 512, 1, 2, 1},   {batch, 28, 512, 256, 1, 1, 1},
           {batch, 14, 256, 256, 3, 2, 1},   {batch, 14, 1024, 256, 1, 1, 35}, {batch, 14, 256, 256, 3, 1, 35},  {batch, 14, 256, 1024, 1, 1, 36},
           {batch, 14, 512, 1024, 1, 2, 1},  {batch, 14, 1024, 512, 1, 1, 1},  {batch, 7, 512, 512, 3, 2, 1},    {batch, 7, 2048, 512, 1, 1, 2},
           {batch, 7, 512, 512, 3, 1, 2},    {batch, 7, 512, 2048, 1, 1, 3},   {batch, 7, 1024, 2048, 1, 2, 1},  {batch, 1, 2048, 1000, 1, 1, 1}}};
}

inline Network vgg19(uint32_t batch) {
  return {"vgg19 b" + std::to_string(batch),
          {{batch, 224, 4, 64, 3, 1, 1},   {batch, 224, 64, 64, 3, 1, 1},  {batch, 112, 64, 128, 3, 1, 1},    {batch, 112, 128, 128, 3, 1, 1},
           {batch, 56, 128, 256, 3, 1, 1}, {batch, 56, 256, 256, 3, 1, 3}, {batch, 28, 256, 512, 3, 1, 1},    {batch, 28, 512, 512, 3, 1, 3},
           {batch, 14, 512, 512, 3, 1, 4}, {batch, 1, 25088, 4096, 1, 1, 1}, {batch, 1, 4096, 4096, 1, 1, 1}, {batch, 1, 4096, 1000, 1, 1, 1}}};
}

// Of the layers of a block, those in the middle of each third stand for it.
inline Network densenet161(uint32_t batch) {
  Network network{"densenet161 b" + std::to_string(batch), {{batch, 112, 4, 96, 7, 2, 1}}};
  uint32_t channels = 96, extent = 56;
  for (const uint32_t layers : {6u, 12u, 36u, 24u}) {
    for (uint32_t third = 0; third < 3; third++) {
      const uint32_t middle = channels + (third * 2 + 1) * layers / 6 * 48;
      network.shapes.push_back({batch, extent, middle / 8 * 8, 192, 1, 1, layers / 3});
    }
    network.shapes.push_back({batch, extent, 192, 48, 3, 1, layers});
    channels += layers * 48;
    if (extent > 7) network.shapes.push_back({batch, extent, channels, channels / 2, 1, 1, 1});
    channels /= extent > 7 ? 2 : 1;
    extent /= 2;
  }
  network.shapes.push_back({batch, 1, 2208, 1000, 1, 1, 1});
  return network;
}

inline Network mobilenetV3(uint32_t batch) {
  return {"mobilenetv3 b" + std::to_string(batch),
          {{batch, 112, 8, 16, 3, 2, 1},  {batch, 112, 16, 16, 1, 1, 1}, {batch, 112, 16, 64, 1, 1, 1}, {batch, 56, 64, 24, 1, 1, 1},
           {batch, 56, 24, 72, 1, 1, 2},  {batch, 56, 72, 24, 1, 1, 1},  {batch, 28, 72, 40, 1, 1, 1},  {batch, 28, 40, 120, 1, 1, 2},
           {batch, 28, 120, 40, 1, 1, 2}, {batch, 28, 40, 240, 1, 1, 1}, {batch, 14, 240, 80, 1, 1, 1}, {batch, 14, 80, 200, 1, 1, 1},
           {batch, 14, 200, 80, 1, 1, 1}, {batch, 14, 80, 184, 1, 1, 2}, {batch, 14, 184, 80, 1, 1, 2}, {batch, 14, 80, 480, 1, 1, 1},
           {batch, 14, 480, 112, 1, 1, 1}, {batch, 14, 112, 672, 1, 1, 2}, {batch, 14, 672, 112, 1, 1, 1}, {batch, 7, 672, 160, 1, 1, 1},
           {batch, 7, 160, 960, 1, 1, 3}, {batch, 7, 960, 160, 1, 1, 2}, {batch, 1, 72, 24, 1, 1, 1},   {batch, 1, 120, 32, 1, 1, 3},
           {batch, 1, 480, 120, 1, 1, 2}, {batch, 1, 672, 168, 1, 1, 2}, {batch, 1, 960, 240, 1, 1, 2}, {batch, 1, 240, 960, 1, 1, 6},
           {batch, 1, 960, 1280, 1, 1, 1}, {batch, 1, 1280, 1000, 1, 1, 1}}};
}

// Sequences of 128.
inline Network bert(uint32_t batch) {
  return {"bert b" + std::to_string(batch),
          {{batch * 128, 1, 768, 768, 1, 1, 12},
           {batch * 128, 1, 768, 2304, 1, 1, 12},
           {batch * 128, 1, 768, 3072, 1, 1, 12},
           {batch * 128, 1, 3072, 768, 1, 1, 12}}};
}

}  // namespace conv
