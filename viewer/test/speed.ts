/** How long steps take: `node --import tsx test/speed.ts PAGE.html [VARIANT]`. */
import { numbers } from "../src/data.ts";
import { Film } from "../src/sweep/film.ts";
import { opened } from "./opened.ts";

/** Time that this process had, in milliseconds: of a machine that others use, too. */
function now(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const { page, data } = await opened(process.argv[2]!);
const member = page.members[0]!;
const held = new Map(member.matrices.map(matrix => [matrix.path, numbers(data, matrix.values)]));

for (const variant of member.variants) {
  if (process.argv[3] && variant.key !== process.argv[3]) continue;
  const film = new Film(member, path => held.get(path)!, variant);
  const times: number[] = [];
  for (let step = 0; step <= Math.min(film.steps, 400); step++) {
    const before = now();
    film.at(step);
    times.push(now() - before);
  }
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(2);
  const random = [];
  for (let n = 0; n < 12; n++) {
    const step = Math.floor(film.steps * ((n * 0.618) % 1));
    const before = now();
    film.at(step);
    random.push(now() - before);
  }
  console.log(variant.key.padEnd(20), `${film.steps} steps`, `median ${at(0.5)} 90% ${at(0.9)} worst ${at(1)} ms;`,
              `first ${times[0]!.toFixed(1)};`, `any: ${Math.max(...random).toFixed(1)} ms at most`);
}
