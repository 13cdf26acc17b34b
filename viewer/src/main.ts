/** The page, once it is open: what is in it is unpacked, and shown. */
import { numbers, unpack } from "./data.ts";
import { FORMAT, type Page } from "./format.ts";
import { offer } from "./hook.ts";
import { pieces } from "./pieces.ts";
import "./style.css";
import { css } from "./ui/colours.ts";
import { make } from "./ui/dom.ts";
import { loadLetters } from "./ui/letters.ts";
import { instead, Loading } from "./ui/panels.ts";
import { Rendered } from "./ui/picture.ts";
import { Stage } from "./ui/stage.ts";
import { Ui } from "./ui/ui.ts";

const NO_WEBGL = "This browser does not offer WebGL2 here, which the live picture needs. Below is a still, or what the "
  + "picture shows in words. A current Firefox, Chrome, Edge or Safari shows it live.";

let parts: { stage: Stage; ui: Ui } | null = null;

/** The manifest of the page. */
function manifest(): Page {
  const page = JSON.parse(document.getElementById("mm-page")!.textContent!) as Page;
  if (page.format !== FORMAT) {
    throw new Error(`this page has format ${page.format}, and its viewer reads ${FORMAT}: write it anew`);
  }
  return page;
}

/** What every matrix of every member holds, by its path. */
async function valuesOf(page: Page, loading: Loading): Promise<((path: string) => Float32Array)[]> {
  const data = await unpack(pieces(), page.bytes, (share) => loading.tell(share));
  return page.members.map(({ matrices }) => {
    const found = new Map(matrices.map((matrix) => [matrix.path, numbers(data, matrix.values)]));
    return (path: string): Float32Array => found.get(path)!;
  });
}

/** Open the page: all that is arithmetic and lettering first, while the GPU gets ready, which would have to be waited
 * for otherwise; then the picture, and all of it is shown in one go. */
async function open(page: Page, figure: HTMLElement, loading: Loading): Promise<void> {
  const look = page.looks[page.look] ?? page.looks[0];
  if (look) figure.style.setProperty("--ground", css(look.ground));
  const letters = loadLetters(), canvas = make("canvas");
  const values = await valuesOf(page, loading);
  await letters;
  const picture = new Rendered(canvas, page), stage = new Stage(page, values, picture);
  const ui = new Ui(figure, stage);
  ui.letter();
  try {
    picture.start();
  } catch {
    loading.done();
    figure.replaceChildren(instead(page, NO_WEBGL));
    throw new Error("no WebGL2");
  }
  parts = { stage, ui };
  await ui.draw();
  loading.done();
}

function begin(): void {
  const figure = make("main", { class: "mm-figure mm-opening" }), loading = new Loading(figure);
  document.body.append(figure);
  let page: Page | null = null, ready: Promise<void>;
  try {
    page = manifest();
    document.title = page.title;
    ready = open(page, figure, loading);
  } catch (error) {
    ready = Promise.reject(error);
  }
  offer(page, ready, () => {
    if (!parts) throw new Error("the picture is not there yet: await mm.ready");
    return parts;
  });
  ready.catch((error: unknown) => {
    if (figure.querySelector(".mm-instead")) return;
    loading.done();
    const why = error instanceof Error ? error.message : String(error);
    figure.append(instead(page, `This page cannot be shown: ${why}.`));
  });
}

begin();
