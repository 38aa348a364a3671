import { describe, expect, it } from "vitest";
import { actions, hints, keyLabel, makeKeymap } from "../../src/tui/action-table.ts";
import { actionsPage } from "../../src/tui/actions-page.ts";

const idOf = (
  key: string,
  where: Parameters<ReturnType<typeof makeKeymap>["actionFor"]>[1] = [],
): string | undefined => makeKeymap().actionFor(key, where)?.id;

describe("the keymap", () => {
  it("has no key twice in one place, and every action a name of its own", () => {
    expect(() => makeKeymap()).not.toThrow();
    expect(new Set(actions.map(({ id }) => id)).size).toBe(actions.length);
  });

  it("prefers what a key means where the operator is", () => {
    expect(idOf("left", ["frozen", "tenants"])).toBe("back");
    expect(idOf("left", ["tenants"])).toBeUndefined();
    expect(idOf("]", ["frozen"])).toBe("nice-up");
  });

  it("takes other keys, or none", () => {
    const keymap = makeKeymap({ policy: ["f9", "Y"], "nice-up": [] });
    expect(keymap.actionFor("f9", [])?.id).toBe("policy");
    expect(keymap.actionFor("P", [])).toBeUndefined();
    expect(keymap.actionFor("]", [])).toBeUndefined();
  });

  it.each([
    [{ polcy: ["x"] }, 'keys: there is no action "polcy"; did you mean "policy"?'],
    [{ policy: ["a"] }, 'keys: "a" is both'],
    [{ quit: ["q"] }, "keys: ctrl+c must stay with quit"],
    [{ quit: ["q"], help: ["ctrl+c"] }, "keys: ctrl+c must stay with quit"],
    [{ policy: [""] }, 'keys: policy: "" is no key'],
    [{ policy: ["ctrl+"] }, 'keys: policy: "ctrl+" is no key'],
    [{ policy: ["meta+x"] }, 'keys: policy: "meta+x" is no key'],
  ])("refuses %j", (overrides, message) => {
    expect(() => makeKeymap(overrides)).toThrow(message);
  });

  it("makes the footer's hints, one for neighbours that share it", () => {
    const all = hints(makeKeymap(), { readOnly: false });
    expect(all).toContainEqual({ keys: "[ ]", hint: "nice" });
    expect(all[0]).toEqual({ keys: "?", hint: "help" });
    const readOnly = hints(makeKeymap(), { readOnly: true }).map(({ hint }) => hint);
    expect(readOnly).not.toContain("nice");
    expect(readOnly).not.toContain("undo");
    expect(readOnly).toContain("zoom");
  });

  it("writes keys as people do", () => {
    const labels = ["ctrl+c", "up", "f7", "p", "shift+left", "alt+1", "+", "escape"].map(keyLabel);
    expect(labels).toEqual(["^C", "↑", "F7", "p", "shift+←", "alt+1", "+", "esc"]);
  });
});

it("docs/actions.md is what the table says", async () => {
  await expect(actionsPage(actions)).toMatchFileSnapshot("../../docs/actions.md");
});
