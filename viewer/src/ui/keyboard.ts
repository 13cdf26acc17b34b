/** Keys: what each does, as a table that the help shows. */
import type { Actions } from "./controls.ts";

export interface Shortcut { keys: string[]; shown: string; does: string; act(actions: Actions & KeyActions): void }
export interface KeyActions { unpin(): void; first(): void; last(): void; sizes(): void }

export const SHORTCUTS: Shortcut[] = [
  { keys: [" "], shown: "Space", does: "play or pause", act: (to) => to.toggle() },
  { keys: [","], shown: ",", does: "a step back", act: (to) => to.step(-1) },
  { keys: ["."], shown: ".", does: "a step on", act: (to) => to.step(1) },
  { keys: ["Home"], shown: "Home", does: "the first step", act: (to) => to.first() },
  { keys: ["End"], shown: "End", does: "the last step", act: (to) => to.last() },
  { keys: ["0"], shown: "0", does: "the camera back to where it was", act: (to) => to.home() },
  { keys: ["d"], shown: "d", does: "dark or paper", act: (to) => to.look() },
  { keys: ["n"], shown: "n", does: "numbers on smaller elements, too", act: (to) => to.numbers() },
  { keys: ["i"], shown: "i", does: "sizes along the edges", act: (to) => to.sizes() },
  { keys: ["k"], shown: "k", does: "keys of colours", act: (to) => to.keys() },
  { keys: ["s"], shown: "s", does: "save a still", act: (to) => to.still() },
  { keys: ["f"], shown: "f", does: "full screen", act: (to) => to.whole() },
  { keys: ["?", "h"], shown: "?", does: "this list", act: (to) => to.help() },
  { keys: ["Escape"], shown: "Esc", does: "let go of what is pinned", act: (to) => to.unpin() },
];

/** Do what a key says; whether it says anything. Keys belong to a field or a button that has the focus first. */
export function pressed(event: KeyboardEvent, actions: Actions & KeyActions): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const on = event.target instanceof Element ? event.target : null;
  const field = on?.closest("input, select, textarea"), pushes = on?.closest("button, summary");
  if (field && event.key !== "Escape"
    && !(field.matches("[type=range]") && [" ", ",", "."].includes(event.key))) return false;
  if (pushes && [" ", "Enter"].includes(event.key)) return false;
  const found = SHORTCUTS.find(({ keys }) =>
    keys.includes(event.key.length === 1 ? event.key.toLowerCase() : event.key));
  if (!found) return false;
  found.act(actions);
  event.preventDefault();
  return true;
}
