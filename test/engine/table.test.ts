import { expect, it } from "vitest";
import { type Column, table } from "../../src/engine/table.ts";

interface Row {
  readonly name: string;
  readonly size: number | null;
}

const columns: readonly Column<Row>[] = [
  { title: "name", of: (row) => row.name, width: 6 },
  { title: "MiB", of: (row) => row.size, digits: 1 },
];

it("puts words to the left, numbers to the right, and cuts what is too long", () => {
  const rows = [
    { name: "a", size: 1 },
    { name: "abcdefgh", size: 1234.56 },
    { name: "b", size: null },
  ];
  expect(table(columns, rows)).toBe(
    ["name       MiB", "a          1.0", "abcde…  1234.6", "b            -"].join("\n"),
  );
});

it("is its titles where there are no rows", () => {
  expect(table(columns, [])).toBe("name  MiB");
});
