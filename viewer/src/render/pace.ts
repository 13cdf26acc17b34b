/** Pace: how long pictures take the GPU, and so how fine those are that follow each other, and when one is made finer.
 */
import { isSoftware } from "./software.ts";

const REST = 120;  // milliseconds without a change after which a picture is made finer
const BURST = 400; // what follows within so many is part of a movement
const LONG = 45;   // milliseconds that a picture takes where not all can be drawn in time

export class Pace {
  /** Whether pictures take long. */
  slow: boolean;
  private fence: WebGLSync | null = null;
  private begun = 0;          // when what the fence is for was asked for
  private done = -Infinity;   // when the last quick picture was done
  private late = 0;           // how many quick pictures took long
  private quick = false;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.slow = isSoftware(gl);
  }

  /** Whether the next picture is one of a movement that would not be drawn in time as fine as it could be. */
  get hasty(): boolean { return this.slow && (this.fence !== null || performance.now() - this.done < BURST); }

  /** A picture was asked for: a `quick` one, or one that makes the last finer. */
  drawn(quick: boolean): void {
    const { gl } = this;
    if (this.fence) gl.deleteSync(this.fence);
    this.begun = performance.now();
    this.quick = quick;
    this.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  /** The GPU has finished. */
  finished(): void {
    if (!this.fence) return;
    this.gl.deleteSync(this.fence);
    this.fence = null;
    if (!this.quick) return;
    this.done = performance.now();
    if (this.done - this.begun > LONG && ++this.late > 3) this.slow = true;
  }

  /** What was asked for is never finished. */
  release(): void { this.fence = null; }

  /** Whether the GPU has drawn all that it was asked for, and nothing has changed for a while since. */
  get rested(): boolean {
    if (this.fence && this.gl.clientWaitSync(this.fence, 0, 0) !== this.gl.TIMEOUT_EXPIRED) this.finished();
    return !this.fence && (!this.quick || performance.now() - this.done > REST);
  }
}
