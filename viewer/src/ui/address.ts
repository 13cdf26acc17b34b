/** The address: what of the view stands behind its #, so that a link shows the same. */
import type { Camera } from "../format.ts";
import type { Hit } from "./describe.ts";

/** Whatever an address may say; what it does not say is left as it is. */
export interface Address { step?: number; algorithm?: string; look?: string; camera?: Camera; pin?: Hit }

const KINDS = ["perspective", "orthographic", "isometric", "cabinet"] as const;

/** An address as it stands behind #. */
export function written({ step, algorithm, look, camera, pin }: Address): string {
  const parts: [string, string][] = [];
  if (camera) {
    const numbers = [...camera.position, ...camera.target, camera.fov].map(short);
    const more = [camera.roll, ...camera.shift];
    parts.push(["camera", [...numbers, camera.kind, ...(more.some(Boolean) ? more.map(short) : [])].join(",")]);
  }
  if (step !== undefined) parts.push(["step", String(step)]);
  if (algorithm !== undefined) parts.push(["algorithm", algorithm]);
  if (look !== undefined) parts.push(["look", look]);
  if (pin) parts.push(["pin", [pin.path, pin.row, pin.col, ...(pin.member ? [pin.member] : [])].join(",")]);
  return parts.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
}

/** What stands behind #, and what of it was not understood, in words. */
export function read(hash: string): { address: Address; ignored: string[] } {
  const address: Address = {}, ignored: string[] = [];
  for (const part of hash.replace(/^#/, "").slice(0, 4000).split("&").filter(Boolean)) {
    const at = part.indexOf("="), key = at < 0 ? part : part.slice(0, at);
    const value = decoded(at < 0 ? "" : part.slice(at + 1));
    if (value === null || !understood(address, key, value)) ignored.push(key.slice(0, 24));
  }
  return { address, ignored };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function understood(address: Address, key: string, value: string): boolean {
  if (key === "step" && /^\d{1,9}$/.test(value)) address.step = Number(value);
  else if (key === "algorithm" && value) address.algorithm = value;
  else if (key === "look" && /^[\w-]+$/.test(value)) address.look = value;
  else if (key === "camera" && cameraOf(value)) address.camera = cameraOf(value)!;
  else if (key === "pin" && pinOf(value)) address.pin = pinOf(value)!;
  else return false;
  return true;
}

const short = (x: number): string => String(Number(x.toPrecision(6)));

/** Place, target, field and kind; and the roll and the shift, where there are any. */
function cameraOf(value: string): Camera | null {
  const parts = value.split(","), kind = KINDS.find((each) => each === parts[7]);
  const numbers = parts.filter((_, at) => at !== 7).map((part) => (part.trim() ? Number(part) : NaN));
  const finite = numbers.every((x) => Number.isFinite(x) && Math.abs(x) < 1e9);
  if (!kind || !finite || (parts.length !== 8 && parts.length !== 11)) return null;
  const position = numbers.slice(0, 3), target = numbers.slice(3, 6), fov = numbers[6]!;
  const [roll, ...shift] = numbers.length > 7 ? numbers.slice(7) as [number, number, number] : [0, 0, 0];
  const away = Math.hypot(...position.map((x, at) => x - target[at]!));
  return fov >= 1 && fov <= 170 && away > 1e-6 ? { position, target, fov, kind, roll, shift } : null;
}

function pinOf(value: string): Hit | null {
  const parts = /^([\w.]+),(\d{1,9}),(\d{1,9})(?:,(\d{1,6}))?$/.exec(value);
  return parts && { path: parts[1]!, row: Number(parts[2]), col: Number(parts[3]), member: Number(parts[4] ?? 0),
    inside: null };
}
