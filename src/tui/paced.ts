/**
 * A store that follows another one at the pace of frames: the first change at once, those that follow it within a frame's time together, at its
 * end. For who takes longer to draw a state than the operator to make the next.
 */
import { createStore, type StoreApi } from "zustand/vanilla";

/** Wall ms between two frames: what a terminal shows. */
export const FRAME_MS = 1000 / 30;

export interface Paced<State> {
  readonly store: StoreApi<State>;
  stop(): void;
}

/** `isUrgent`: whether a change is followed at once, whenever it comes. */
export function paced<State>(
  source: StoreApi<State>,
  isUrgent: (state: State, before: State) => boolean,
): Paced<State> {
  const store = createStore<State>(() => source.getState());
  let timer: NodeJS.Timeout | null = null;
  const follow = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(endFrame, FRAME_MS);
    store.setState(source.getState(), true);
  };
  const endFrame = (): void => {
    timer = null;
    if (store.getState() !== source.getState()) follow();
  };
  const unsubscribe = source.subscribe((state) => {
    if (timer === null || isUrgent(state, store.getState())) follow();
  });
  return {
    store,
    stop: () => {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
