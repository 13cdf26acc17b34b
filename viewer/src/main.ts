/** The page, once it is open: what is in it is unpacked, and shown. */
import type { Page } from "./format.ts";
import "./style.css";

const page = JSON.parse(document.getElementById("mm-page")!.textContent!) as Page;
document.title = page.title;
