import { Changes } from "./changes";
import { html } from "./dom";
import { waitingSign } from "./field";
import type { Reply } from "./model";
import type { MakePanel } from "./panel";
import { photograph, standalone } from "./standalone";

function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  html("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url)); // after the browser has taken it
}

/** Takes the picture, or the whole widget as a page, out of the notebook. */
export const save: MakePanel = (host) => {
  const { model } = host;
  const changes = Changes.of(model);
  let asked = 0; // the number of the request for a page …
  let owed = false; // … and whether that page has not come yet
  const waiting = waitingSign();
  const offline = html("p", { class: "offline" });
  const button = (name: string, press: () => void): HTMLButtonElement => {
    const made = html("button", { type: "button" }, name);
    made.addEventListener("click", press);
    return made;
  };
  const drawing = (): string => standalone(host.picture.svg);
  const page = button("Save page", () => {
    if (model.get("offline")) return;
    asked = changes.ask({ kind: "page" });
    owed = true;
    waiting.hidden = false;
  });
  const root = html(
    "div",
    { class: "panel save", role: "group", "aria-label": "Save" },
    button("Save SVG", () => download("graph.svg", new Blob([drawing()], { type: "image/svg+xml" }))),
    button("Save PNG", () => void photograph(drawing()).then((image) => download("graph.png", image))),
    page,
    waiting,
    offline,
  );
  const onReply = (reply: Reply): void => {
    if (reply.kind !== "page" || !owed) return; // another view asked
    owed = false;
    download("graph.html", new Blob([reply.html], { type: "text/html" }));
  };
  model.on("msg:custom", onReply);

  return {
    place: "drawer",
    root,
    update() {
      waiting.hidden = changes.answered(asked);
      page.setAttribute("aria-disabled", String(model.get("offline") !== ""));
      offline.textContent = model.get("offline");
    },
    close: () => model.off("msg:custom", onReply),
  };
};
