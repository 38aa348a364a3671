// The plain CPU references of the kernels: each takes its kernel's arguments, with linear views, and does all of its logical blocks.
#pragma once

namespace missile::dnn {

// conv_<type>_<tile> and conv_direct: the sums are the same.
void convReference(const void* arguments);
void depthwiseReference(const void* arguments);
void matmulReference(const void* arguments);
// Of the elements of all but the bias.
template <typename T>
void attentionReference(const void* arguments);
void mapReference(const void* arguments);
void poolReference(const void* arguments);
void reduceReference(const void* arguments);
void softmaxReference(const void* arguments);
void normReference(const void* arguments);
void gatherReference(const void* arguments);
void padReference(const void* arguments);
void resizeReference(const void* arguments);

}  // namespace missile::dnn
