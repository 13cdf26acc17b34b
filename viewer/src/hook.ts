/** The hook that tests use: `window.mm`. */
import { elements, type Elements } from "./elements.ts";
import type { Camera, Page } from "./format.ts";
import type { Stage } from "./ui/stage.ts";
import type { Ui } from "./ui/ui.ts";

export interface Hook {
  /** When the picture is there; it fails with what went wrong. */
  ready: Promise<void>;
  version: string;
  page: Page | null;
  /** Steps of the sweep that is shown; step `steps` is the finished picture. */
  readonly steps: number;
  readonly step: number;
  /** Show a step, and wait until it is drawn. */
  frame(step: number): Promise<void>;
  /** What is drawn of a matrix (at `path` + ":sweep": in its box), at a step. */
  elements(path: string, step?: number, member?: number): Elements | null;
  /** Draw once, and wait until the GPU has finished. */
  draw(): Promise<void>;
  /** Choose among the sweeps. */
  choose(key: string): boolean;
  /** Where the camera is. */
  camera(): Camera;
  /** Where an element of a matrix is, in CSS pixels from the picture's upper left corner. */
  where(path: string, row: number, col: number, member?: number): { x: number; y: number };
}

/** Offer the hook; what it does works once there is a stage. */
export function offer(page: Page | null, ready: Promise<void>, parts: () => { stage: Stage; ui: Ui }): Hook {
  const hook: Hook = {
    ready, page, version: page?.version ?? "",
    get steps() { return parts().stage.steps; },
    get step() { return parts().stage.step; },
    async frame(step) {
      parts().ui.seek(step);
      await parts().ui.draw();
    },
    elements(path, step, member = 0) {
      const { stage, ui } = parts(), before = stage.step;
      if (step !== undefined && step !== before) stage.seek(step);
      const state = stage.states[member];
      const found = state && page ? elements(page, page.members[member]!, state, path) : null;
      if (step !== undefined && step !== before) ui.seek(before);
      return found;
    },
    async draw() { await parts().ui.draw(); },
    choose(key) {
      const done = parts().stage.choose(key);
      parts().ui.invalidate();
      return done;
    },
    camera: () => parts().stage.picture.camera,
    where: (path, row, col, member = 0) => parts().ui.where({ member, path, row, col, inside: null }),
  };
  ready.catch(() => {}); // who asks is told
  (window as unknown as { mm: Hook }).mm = hook;
  return hook;
}
