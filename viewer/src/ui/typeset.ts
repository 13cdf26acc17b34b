/** Typesetting: names as mathematics writes them, as runs of letters on, above and below the line
 * (lettering/typeset.py). */
export interface Run { text: string; scale: number; shift: number; over: boolean }

const SMALL = 0.72, UP = 0.36, DOWN = -0.17, LONGEST = 200;
const GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho . sigma tau "
  + "upsilon phi chi psi omega";
const TEX: Record<string, string> = {
  times: "×", cdot: "·", cdots: "⋯", ldots: "…", odot: "⊙", top: "T", prime: "′", ell: "ℓ", partial: "∂", nabla: "∇",
  sum: "∑", prod: "∏", sqrt: "√", infty: "∞", in: "∈", to: "→", le: "≤", ge: "≥", approx: "≈", pm: "±", hat: "",
  mathrm: "", text: "", mathbf: "", mathit: "" };
GREEK.split(" ").forEach((word, at) => {
  const letter = String.fromCharCode(0x3b1 + at);
  if (word === ".") return;
  TEX[word] = letter;
  TEX[word[0]!.toUpperCase() + word.slice(1)] = letter.toUpperCase();
});

const SCRIPT = "\\{[^{}]*\\}|\\\\[A-Za-z]+|-?\\d+|\\p{L}+|[^\\s\\p{L}\\p{N}_{}]";
const WORD = "[\\p{L}\\p{N}]+(?:_[\\p{L}\\p{N}]+)*";
const TOKEN = new RegExp(`(?<tex>\\\\[A-Za-z]+)|(?<transposed>\\.T(?![\\p{L}\\p{N}_]))|\\^(?<up>${SCRIPT})`
  + `|_(?<down>${SCRIPT}|[\\p{L}\\p{N}_]+)|(?<primes>['’]+)|(?<minus>(?<=\\s)-(?=\\s))|(?<word>${WORD})|(?<rest>.)`,
    "gsu");
const TRANSPOSED = /^(?<base>[\p{L}\p{N}]+)_[tT]$/u;
const INDEXED = /^(?<base>\p{L}\p{Lu}?\d*)_(?<index>[\p{L}\p{N}_]+)$/u;

/** The runs of a matrix' name, of a very long one those of its beginning. */
export function name(text: string): Run[] {
  const runs: Run[] = [];
  const whole = text.length <= LONGEST ? text : `${text.slice(0, LONGEST).trimEnd()}…`;
  for (const match of whole.trim().matchAll(TOKEN)) {
    const { tex, transposed, up, down, primes, minus, word, rest } = match.groups!;
    if (word !== undefined) addWord(runs, word);
    else if (transposed !== undefined && /[\p{L}\p{N})\u2032\]]$/u.test(runs[runs.length - 1]?.text ?? "")) script(runs,
      "T", UP);
    else if (up !== undefined) script(runs, inner(up), UP);
    else if (down !== undefined) script(runs, inner(down), DOWN);
    else if (primes !== undefined && runs.length) add(runs, "′".repeat(primes.length));
    else if (minus !== undefined) add(runs, "−");
    else scripts(runs, tex !== undefined ? inner(tex) : rest ?? match[0]);
  }
  return runs;
}

/** The runs of a title or caption: as it is, but for what stands between dollar signs. */
export function words(text: string): Run[] {
  return text.split(/\$([^$]+)\$/).flatMap((part, at) => (at % 2 ? name(part) : plain(part)));
}

export function plain(text: string): Run[] {
  return text ? [{ text, scale: 1, shift: 0, over: false }] : [];
}

/** The letters alone. */
export function flat(runs: Run[]): string {
  return runs.map((run) => run.text).join("");
}

function addWord(runs: Run[], word: string): void {
  const transposed = TRANSPOSED.exec(word), indexed = INDEXED.exec(word);
  if (transposed) {
    add(runs, transposed.groups!.base!);
    script(runs, "T", UP);
  } else if (indexed) {
    add(runs, indexed.groups!.base!);
    script(runs, indexed.groups!.index!.replaceAll("_", ","), DOWN);
  } else scripts(runs, word);
}

function inner(text: string): string {
  const bare = text.startsWith("{") ? text.slice(1, -1) : text;
  return bare.replace(/\\([A-Za-z]+)/g, (all, command: string) => TEX[command] ?? all).replace(/^-(?=\d)/, "−");
}

/** Add letters, of which Unicode's own superscripts and subscripts become runs: few fonts have them all. */
function scripts(runs: Run[], text: string): void {
  for (const letter of text) {
    const code = letter.codePointAt(0)!, plainly = letter.normalize("NFKD");
    const above = code === 0xb2 || code === 0xb3 || code === 0xb9 || (code >= 0x2070 && code < 0x2080)
      || (code >= 0x1d2c && code < 0x1d62);
    const below = (code >= 0x2080 && code < 0x209d) || (code >= 0x1d62 && code < 0x1d6b);
    if ((above || below) && plainly !== letter && [...plainly].length === 1) script(runs, plainly, above ? UP : DOWN);
    else add(runs, letter);
  }
}

function add(runs: Run[], text: string): void {
  const last = runs[runs.length - 1];
  if (last?.scale === 1) last.text += text;
  else if (text) runs.push({ text, scale: 1, shift: 0, over: false });
}

function script(runs: Run[], text: string, shift: number): void {
  const before = runs[runs.length - 1];
  if (!text) return;
  if (before && before.shift === shift && before.scale === SMALL) before.text += text;
  else {
    const over = !!before && before.scale === SMALL && !before.over && before.shift * shift < 0;
    runs.push({ text, scale: SMALL, shift, over });
  }
}
