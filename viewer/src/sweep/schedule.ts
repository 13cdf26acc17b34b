/** When every matmul of a sweep moves: `Track`s as mm_blender/layout/schedule.py makes them. */
import type { Track } from "../format.ts";

/** Where a matmul's sweep stands at a step: -1 before it starts, then 0 to `count` - 1, `count` once it is done. */
export function cursorAt(track: Track, step: number): number {
  if (step >= track.done) return track.count;
  let cursor = -1;
  for (const [start, length, first] of track.runs) {
    if (step < start) break;
    cursor = first + Math.min(step - start, length - 1);
  }
  return cursor;
}

/** The step at which it came to where it stands at a step, once it is under way and not done. */
export function since(track: Track, step: number): number {
  let came = track.done;
  for (const [start, length] of track.runs) {
    if (step < start) break;
    came = Math.min(step, start + length - 1);
  }
  return came;
}

/** Whether a sweep is under way at a cursor. */
export function isActive(track: Track, cursor: number): boolean {
  return cursor >= 0 && cursor < track.count;
}
