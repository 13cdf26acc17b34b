/** Elements of the document, made without any markup from data: texts are set as text, icons are drawn as paths. */

export interface Made { class?: string; text?: string; label?: string; title?: string; attributes?: Record<string,
  string> }

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, made: Made = {},
  ...children: Node[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (made.class) element.className = made.class;
  if (made.text !== undefined) element.textContent = made.text;
  if (made.label) element.setAttribute("aria-label", made.label);
  if (made.title) element.title = made.title;
  for (const [name, value] of Object.entries(made.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Strokes of 24 x 24 icons; those that begin with * are filled. */
const ICONS = {
  play: ["*M8 5.5v13l10.5-6.5z"],
  pause: ["*M7 5.5h3.2v13H7z", "*M13.8 5.5H17v13h-3.2z"],
  again: ["M5.5 12a6.5 6.5 0 1 0 2.2-4.9", "M8.2 3.6 7.6 7.2l3.6.6"],
  back: ["M14.5 6.5 9 12l5.5 5.5"],
  forward: ["M9.5 6.5 15 12l-5.5 5.5"],
  home: ["M4.5 11.2 12 5l7.5 6.2", "M6.8 9.8v8.7h10.4V9.8"],
  look: ["M12 4.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15z", "*M12 4.5a7.5 7.5 0 0 1 0 15z"],
  still: ["M4.5 8h3l1.5-2h6l1.5 2h3v10.5h-15z", "M12 10a3 3 0 1 0 0 6a3 3 0 1 0 0-6z"],
  link: ["M10 14l4-4", "M11 7.5l1.6-1.6a3.8 3.8 0 0 1 5.5 5.5L16.5 13",
    "M13 16.5l-1.6 1.6a3.8 3.8 0 0 1-5.5-5.5L7.5 11"],
  share: ["M12 14.5V4.5", "M8.5 8 12 4.5 15.5 8", "M6 12.500v6h12v-6"],
  whole: ["M5 9.500V5h4.5", "M14.5 5H19v4.5", "M19 14.500V19h-4.5", "M9.5 19H5v-4.5"],
  help: ["M9.3 9.400a2.8 2.8 0 1 1 4.1 2.500c-1 .6-1.4 1.1-1.4 2.2", "*M12 16.400a1 1 0 1 0 0 2a1 1 0 1 0 0-2z"],
  more: ["*M6 10.600a1.4 1.4 0 1 0 0 2.800a1.4 1.4 0 1 0 0-2.800z",
    "*M12 10.600a1.4 1.4 0 1 0 0 2.800a1.4 1.4 0 1 0 0-2.800z",
    "*M18 10.600a1.4 1.4 0 1 0 0 2.800a1.4 1.4 0 1 0 0-2.800z"],
  numbers: ["M6.5 8l2-1.500v11", "M13 8.500c.6-1.3 1.7-2 3-2c1.7 0 3 1.1 3 2.800c0 2.6-4 4-6 8.200h6"],
  keys: ["M4.5 9h15v6h-15z", "M8.2 9v6", "M12 9v6", "M15.8 9v6"],
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries(
    { viewBox: "0 0 24 24", width: "22", height: "22", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  for (const path of ICONS[name]) {
    const drawn = document.createElementNS(SVG, "path"), filled = path.startsWith("*");
    drawn.setAttribute("d", filled ? path.slice(1) : path);
    drawn.setAttribute("class", filled ? "filled" : "stroked");
    svg.append(drawn);
  }
  return svg;
}

/** A button with an icon, a name that is read out and shown as a hint, and perhaps a key. */
export function button(name: IconName, label: string, act: () => void, key = ""): HTMLButtonElement {
  const made = make("button", { class: "mm-button", label, title: key ? `${label} (${key})` : label,
    attributes: { type: "button", ...(key ? { "aria-keyshortcuts": key } : {}) } }, icon(name));
  made.addEventListener("click", act);
  return made;
}

/** Show another icon and name on a button. */
export function rename(made: HTMLButtonElement, name: IconName, label: string, key = ""): void {
  if (made.getAttribute("aria-label") === label) return;
  made.setAttribute("aria-label", label);
  made.title = key ? `${label} (${key})` : label;
  made.replaceChildren(icon(name));
}

/** Call `act` whenever an element has another size than now. */
export function onResize(of: Element, act: () => void): void {
  let known = [of.clientWidth, of.clientHeight].join();
  new ResizeObserver(() => {
    const size = [of.clientWidth, of.clientHeight].join();
    if (size === known) return;
    known = size;
    act();
  }).observe(of);
}
