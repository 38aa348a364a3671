/** All operators of ONNX that are known. An operator = a row in the table of its kind. */
import type { Operators } from "../call.ts";
import { ARRANGE_OPERATORS } from "./arrange.ts";
import { EINSUM_OPERATORS } from "./einsum.ts";
import { ELEMENTWISE_OPERATORS } from "./elementwise.ts";
import { KNOWN_OPERATORS } from "./known.ts";
import { NORM_OPERATORS } from "./norm.ts";
import { PRODUCT_OPERATORS } from "./product.ts";
import { RESIZE_OPERATORS } from "./resize.ts";
import { SELECT_OPERATORS } from "./select.ts";
import { WINDOW_OPERATORS } from "./window.ts";

export const OPERATORS: Operators = {
  ...ELEMENTWISE_OPERATORS,
  ...ARRANGE_OPERATORS,
  ...SELECT_OPERATORS,
  ...WINDOW_OPERATORS,
  ...PRODUCT_OPERATORS,
  ...EINSUM_OPERATORS,
  ...NORM_OPERATORS,
  ...RESIZE_OPERATORS,
  ...KNOWN_OPERATORS,
};
