// Sums of products for the references of convolutions, matrix products and attention: a few rows times a few columns at a time, so that the
// sums stay in registers and the compiler does the columns side by side. Each sum goes up the depth in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace missile::dnn {

constexpr size_t kTileRows = 8, kTileColumns = 8;

struct TileSums {
  float at[kTileRows][kTileColumns] = {};
};

// A matrix of depth x columns in panels of kTileColumns columns, the last one filled up with zeros.
class Panels {
 public:
  // element(k, column): a float.
  template <typename Element>
  Panels(size_t depth, size_t columns, Element element) : depth_(depth), values_(panelsOf(columns) * depth * kTileColumns) {
    for (size_t column = 0; column < columns; column++) {
      float* to = values_.data() + column / kTileColumns * depth * kTileColumns + column % kTileColumns;
      for (size_t k = 0; k < depth; k++) to[k * kTileColumns] = element(k, column);
    }
  }

  static size_t panelsOf(size_t columns) { return (columns + kTileColumns - 1) / kTileColumns; }

  const float* at(size_t panel, size_t k) const { return values_.data() + (panel * depth_ + k) * kTileColumns; }

 private:
  size_t depth_;
  std::vector<float> values_;
};

// sums += rows x panel, over `depth` consecutive elements of each row. The same bits on any processor.
void addProducts(const float* const (&rows)[kTileRows], const float* panel, size_t depth, TileSums& sums);

// product(row, column, sum) of all rows, which are `depth` floats each, one after the other, times all columns.
template <typename Product>
void multiply(const std::vector<float>& rows, size_t rowCount, const Panels& panels, size_t columns, size_t depth, Product product) {
  for (size_t panel = 0; panel < Panels::panelsOf(columns); panel++) {
    for (size_t first = 0; first < rowCount; first += kTileRows) {
      const float* tile[kTileRows];
      for (size_t i = 0; i < kTileRows; i++) tile[i] = rows.data() + std::min(first + i, rowCount - 1) * depth;
      TileSums sums;
      addProducts(tile, panels.at(panel, 0), depth, sums);
      for (size_t row = first; row < std::min(first + kTileRows, rowCount); row++) {
        for (size_t column = panel * kTileColumns; column < std::min((panel + 1) * kTileColumns, columns); column++) {
          product(row, column, sums.at[row - first][column - panel * kTileColumns]);
        }
      }
    }
  }
}

}  // namespace missile::dnn
