/** The pieces that the page's data come in: an element each, behind the script, which therefore runs while they are
 * still on their way. */

/** The texts of all pieces, in their order, each as soon as it is whole. They leave the page as they are read. */
export async function* pieces(): AsyncGenerator<string> {
  for (;;) {
    const piece = document.querySelector("script.mm-data");
    if (piece && (piece.nextElementSibling || isRead())) {
      piece.remove();
      yield piece.textContent!;
    } else if (isRead()) return;
    else await more();
  }
}

const isRead = (): boolean => document.readyState !== "loading";

/** When the browser has read more of the page. */
function more(): Promise<void> {
  return new Promise((done) => {
    const watch = new MutationObserver(() => end());
    const end = (): void => {
      watch.disconnect();
      document.removeEventListener("readystatechange", end);
      done();
    };
    watch.observe(document.body, { childList: true });
    document.addEventListener("readystatechange", end);
  });
}
