import { Changes } from "./changes";
import { html } from "./dom";
import { waitingSign } from "./field";
import { focusIn } from "./focus";
import type { Question } from "./model";
import type { MakePanel } from "./panel";

/** Asks for a number before the step that shows it. The kernel judges; no answer is in the page before it is due. */
export const practice: MakePanel = (host) => {
  const { model } = host;
  const changes = Changes.of(model);
  const asks = html("span", { class: "asks" });
  // No keypad of digits alone: on some phones it has neither a minus nor a slash
  const input = html("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  const answer = html("button", { type: "submit" }, "Answer");
  const hint = html("button", { type: "button" }, "Hint");
  const reveal = html("button", { type: "button" }, "Show me");
  const goOn = html("button", { type: "button" }, "Go on");
  const waiting = waitingSign();
  const form = html("form", {}, html("label", {}, asks, input), answer, hint, reveal, waiting);
  const solved = html("p", { class: "asks" });
  const says = html("p", { class: "says", "aria-live": "polite" });
  const hints = html("ol", { class: "hints", "aria-live": "polite", "aria-label": "Hints" });
  const manners = html("p", { class: "manners" }, "Practice, not grading: nothing is scored.");
  const offline = html("p", { class: "offline" });
  const root = html("div", { class: "panel practice", role: "group", "aria-label": "Practice" }, form, solved, says, hints, goOn, manners, offline);
  let shown: Question | undefined;
  let outlined: Element | undefined;
  let asked = 0; // the number of the last request …
  let attempted = 0; // … and of the last attempt

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    asked = attempted = changes.ask({ kind: "attempt", text: input.value });
    update();
  });
  hint.addEventListener("click", () => {
    if (shown?.moreHints) asked = changes.ask({ kind: "hint" });
    update();
  });
  reveal.addEventListener("click", () => {
    asked = changes.ask({ kind: "reveal" });
    update();
  });
  goOn.addEventListener("click", () => host.go(host.step + 1));

  /** Outline the part of the picture that is asked about. */
  function outline(about: string | undefined): void {
    outlined?.classList.remove("asked");
    outlined = about === undefined ? undefined : host.picture.part(about);
    outlined?.classList.add("asked");
  }

  function update(): void {
    const questions = model.get("questions");
    const atStep = (step: number) => questions.find((question) => question.step === step);
    // At the gate before its step and, once solved, at the step itself
    const question = atStep(host.step + 1) ?? atStep(host.step);
    const open = question !== undefined && !question.solved;
    const known = question?.hints ?? [];
    const held = focusIn(root); // asked before something is hidden, which takes the focus away
    if (question?.step !== shown?.step) {
      input.value = "";
      hints.replaceChildren();
    }
    shown = question;
    root.hidden = !question;
    form.hidden = !open || model.get("offline") !== "";
    solved.hidden = !form.hidden;
    goOn.hidden = open || question?.step !== host.step + 1;
    hints.hidden = known.length === 0;
    waiting.hidden = changes.answered(asked);
    asks.textContent = solved.textContent = question?.asks ?? "";
    offline.textContent = open ? model.get("offline") : "";
    // Emptied while an answer is judged: then the same words are read aloud again, else they are not
    const said = changes.answered(attempted) ? (question?.says ?? "") : "";
    if (says.textContent !== said) says.textContent = said;
    hints.append(...known.slice(hints.childElementCount).map((each) => html("li", {}, each)));
    hint.setAttribute("aria-disabled", String(!question?.moreHints));
    input.setAttribute("aria-busy", String(!waiting.hidden));
    outline(open ? question.about : undefined);
    if (held?.closest("[hidden]")) stand();
  }

  /** Put the focus where the reader goes on. */
  function stand(): void {
    const [first = host.root] = [input, goOn].filter((part) => !part.closest("[hidden]"));
    first.focus();
  }
  host.root.addEventListener("withheld", stand);

  return {
    place: "below",
    root,
    update,
    close: () => host.root.removeEventListener("withheld", stand),
  };
};
