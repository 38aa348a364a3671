/** Tests gathered for one launch, each for a side of its own: the tester deals them out to the sides in turn. */
import type { ConflictTester } from "./conflict-tester.ts";

interface Test<Tag> {
  readonly first: number;
  readonly second: number;
  readonly tag: Tag;
}

export class SideBatch<Tag> {
  private readonly bySide: Test<Tag>[][];

  constructor(sides: number) {
    this.bySide = Array.from({ length: sides }, () => []);
  }

  add(side: number, first: number, second: number, tag: Tag): void {
    this.bySide[side]!.push({ first, second, tag });
  }

  /** Runs all tests and calls `hit` with the tags of those that conflict. Sides with fewer test sector 0 meanwhile. */
  run(tester: ConflictTester, hit: (tag: Tag) => void): void {
    const sides = this.bySide.length;
    const count = sides * Math.max(...this.bySide.map((tests) => tests.length));
    const first = new Uint32Array(count);
    const second = new Uint32Array(count);
    this.bySide.forEach((tests, side) => {
      tests.forEach((test, index) => {
        first[index * sides + side] = test.first;
        second[index * sides + side] = test.second;
      });
    });
    const verdicts = tester.conflicts(first, second);
    this.bySide.forEach((tests, side) => {
      tests.forEach(({ tag }, index) => {
        if (verdicts[index * sides + side] === 1) hit(tag);
      });
    });
  }
}
