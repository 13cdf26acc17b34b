/** The player: walks through the steps of a sweep by the clock, skipping those that there is no time to draw. */
export class Player {
  playing = false;
  speed = 1;
  private begun = 0;
  private from = 0;

  /** `seconds`: of a step at speed 1. */
  constructor(private readonly seconds: number, private readonly now: () => number = () => performance.now()) {}

  /** Begin at a step; from the start where the sweep is at its end. */
  play(step: number, steps: number): number {
    this.playing = true;
    this.from = step >= steps ? 0 : step;
    this.begun = this.now();
    return this.from;
  }

  pause(): void {
    this.playing = false;
  }

  /** At another speed, or from another step on. */
  again(step: number, speed = this.speed): void {
    this.speed = speed;
    this.from = step;
    this.begun = this.now();
  }

  /** The step that it is time for; it stops at the last. */
  due(steps: number): number {
    const step = this.from + Math.floor(
      (this.now() - this.begun) / 1000 * this.speed / Math.max(this.seconds, 1e-3) + 1e-6);
    if (step >= steps) this.playing = false;
    return Math.min(step, steps);
  }
}
