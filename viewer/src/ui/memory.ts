/** Memory: the address behind # follows the view, and the view follows the address. */
import type { Camera } from "../format.ts";
import { type Address, read, written } from "./address.ts";
import type { Hit } from "./describe.ts";
import type { Stage } from "./stage.ts";

const SETTLE = 400; // milliseconds of rest after which the address is written

/** What of the view the stage does not hold. `camera`: null where it is where the page has it. */
export interface Remembered { camera: Camera | null; pin: Hit | null }

export class Memory {
  private timer = 0;
  private last = location.hash.slice(1);

  constructor(private readonly stage: Stage, private readonly rest: () => Remembered) {}

  /** Write the address as soon as all rests. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.write(), SETTLE);
  }

  write(): void {
    const { stage } = this, { page } = stage, { camera, pin } = this.rest(), now: Address = {};
    if (camera) now.camera = camera;
    if (stage.step < stage.steps) now.step = stage.step;
    if (stage.variant !== stage.firstVariant) now.algorithm = stage.variant;
    if (stage.look !== page.looks[page.look]) now.look = stage.look.name;
    if (pin && pin.inside === null) now.pin = pin;
    this.last = written(now);
    if (location.hash.slice(1) === this.last) return;
    try {
      history.replaceState(null, "", `#${this.last}`);
    } catch { /* a notebook's frame has no address of its own */ }
  }

  /** Whether the address is another than was written. */
  get changed(): boolean { return location.hash.slice(1) !== this.last; }

  /** Show what the address says; what it leaves open is as the page has it. Gives the rest, and what was not
   * understood. */
  obey(): Remembered & { ignored: string[] } {
    clearTimeout(this.timer);
    this.last = location.hash.slice(1);
    const { address, ignored } = read(location.hash), { stage } = this, { page } = stage;
    if (!stage.choose(address.algorithm ?? stage.firstVariant)) ignored.push("algorithm");
    if (!stage.dress(address.look ?? page.looks[page.look]!.name)) ignored.push("look");
    if (address.step !== undefined && address.step > stage.steps) ignored.push("step");
    else stage.seek(address.step ?? stage.steps);
    const { pin } = address, held = pin && page.members[pin.member]?.matrices.find(({ path }) => path === pin.path);
    const there = !!pin && !!held && pin.row < held.h && pin.col < held.w;
    if (pin && !there) ignored.push("pin");
    return { camera: address.camera ?? null, pin: there ? pin : null, ignored: [...new Set(ignored)] };
  }
}
