import { html } from "./dom";
import { focusIn } from "./focus";
import type { Cells, Table } from "./model";
import { writtenOut } from "./numbers";

/** One part of the numbers of a step: a table with its headers, or an image of a large one. */
export function draw(table: Table): HTMLElement {
  const title = [html("b", {}, table.name), ` ${table.shape}`];
  if (!table.rows) {
    const image = html("img", { src: table.image ?? "", alt: `${table.name}: ${table.about ?? ""}` });
    return html("figure", {}, html("figcaption", {}, ...title), image, html("p", {}, table.about ?? ""));
  }
  const columns = table.rows[0] ?? [];
  const heads = columns.map((_, column) => html("th", { scope: "col" }, String(column)));
  const lines = table.rows.map((row, at) =>
    html("tr", { style: `--below:${table.rows!.length - 1 - at}` }, html("th", { scope: "row" }, String(at)), ...row.map((text) => html("td", {}, text))),
  );
  const head = html("thead", {}, html("tr", {}, html("td"), ...heads));
  return html("table", {}, html("caption", {}, ...title), head, html("tbody", {}, ...lines));
}

/** The cells of a drawn table, without its headers. */
const cellsOf = (table: Element): HTMLElement[][] =>
  [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);

/** Lets each cell of the result be asked where it comes from, by pointer or by arrow keys. */
export class ResultGrid {
  private readonly grid: HTMLElement[][];
  private row = 0;
  private column = 0;

  /** `drawn` are the elements of `cells.parts`; `tell` shows what is said of a cell. */
  constructor(
    private readonly cells: Cells & { result: number },
    private readonly drawn: Element[],
    private readonly tell: (sentence: string) => void,
  ) {
    const table = drawn[cells.result]!;
    this.grid = cellsOf(table);
    table.setAttribute("role", "grid");
    this.grid.forEach((line, row) =>
      line.forEach((cell, column) => {
        cell.tabIndex = row + column === 0 ? 0 : -1;
        cell.addEventListener("focus", () => this.ask(row, column));
        cell.addEventListener("pointerenter", () => this.ask(row, column));
        cell.addEventListener("keydown", (event) => this.onKey(event));
      }),
    );
  }

  /** Where the focus is, if it is in the grid. */
  get focused(): [number, number] | undefined {
    return focusIn(this.drawn[this.cells.result]!) ? [this.row, this.column] : undefined;
  }

  focus(row: number, column: number): void {
    const line = this.grid[Math.max(0, Math.min(row, this.grid.length - 1))]!;
    line[Math.max(0, Math.min(column, line.length - 1))]!.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const [row, column] = [this.row, this.column];
    const keys: Record<string, () => void> = {
      ArrowUp: () => this.focus(row - 1, column),
      ArrowDown: () => this.focus(row + 1, column),
      ArrowLeft: () => this.focus(row, column - 1),
      ArrowRight: () => this.focus(row, column + 1),
      Home: () => this.focus(row, 0),
      End: () => this.focus(row, Infinity),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Mark what makes the cell, and say it. */
  private ask(row: number, column: number): void {
    const { parts, reads = {}, result, says } = this.cells;
    for (const cell of this.drawn.flatMap((part) => [...part.querySelectorAll("td")])) cell.classList.remove("read", "asked");
    this.grid[this.row]![this.column]!.tabIndex = -1;
    [this.row, this.column] = [row, column];
    const asked = this.grid[row]![column]!;
    asked.tabIndex = 0;
    asked.classList.add("asked");
    const factors: string[][] = [];
    const addends: string[] = [];
    for (const [at, pattern] of Object.entries(reads)) {
      const [inRow, inColumn] = pattern.split(":").map((letter) => ({ i: row, j: column })[letter]);
      const read = cellsOf(this.drawn[Number(at)]!)
        .filter((_, line) => inRow === undefined || line === inRow)
        .flatMap((line) => line.filter((_, place) => inColumn === undefined || place === inColumn));
      for (const cell of read) cell.classList.add("read");
      const texts = read.map((cell) => cell.textContent!);
      if (parts[Number(at) - 1] === "+") addends.push(...texts);
      else factors.push(texts);
    }
    const value = asked.textContent!;
    const sum = writtenOut(factors, addends, value);
    const { name } = parts[result] as { name: string };
    this.tell([`Row ${row}, column ${column} of ${name} is ${value}${sum && `: ${sum}`}.`, says && `${says}.`].filter(Boolean).join(" "));
  }
}
