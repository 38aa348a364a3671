/** Tests gathered for one launch, each for a side of its own: the tester deals them out to the sides in turn. */
import type { ConflictTester } from "./conflict-tester.ts";

/** A column each: batches are filled with millions of tests. */
interface Tests<Tag> {
  readonly first: number[];
  readonly second: number[];
  readonly tags: Tag[];
}

export class SideBatch<Tag> {
  private readonly bySide: Tests<Tag>[];

  constructor(sides: number) {
    this.bySide = Array.from({ length: sides }, () => ({ first: [], second: [], tags: [] }));
  }

  add(side: number, first: number, second: number, tag: Tag): void {
    const tests = this.bySide[side]!;
    tests.first.push(first);
    tests.second.push(second);
    tests.tags.push(tag);
  }

  /** Runs all tests and calls `hit` with the tags of those that conflict. */
  run(tester: ConflictTester, hit: (tag: Tag) => void): void {
    this.begin(tester);
    this.finish(tester, hit);
  }

  /** Begins all tests. Sides with fewer of them test sector 0 meanwhile. */
  begin(tester: ConflictTester): void {
    const sides = this.bySide.length;
    const count = sides * Math.max(...this.bySide.map(({ tags }) => tags.length));
    const first = new Uint32Array(count);
    const second = new Uint32Array(count);
    this.bySide.forEach((tests, side) => {
      for (let index = 0; index < tests.tags.length; index++) {
        first[index * sides + side] = tests.first[index]!;
        second[index * sides + side] = tests.second[index]!;
      }
    });
    tester.begin(first, second);
  }

  /** Waits for the tests, begun before those of any other batch that is under way. */
  finish(tester: ConflictTester, hit: (tag: Tag) => void): void {
    const sides = this.bySide.length;
    const verdicts = tester.finish();
    this.bySide.forEach(({ tags }, side) => {
      for (let index = 0; index < tags.length; index++) {
        if (verdicts[index * sides + side] === 1) hit(tags[index]!);
      }
    });
  }
}
