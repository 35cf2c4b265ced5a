/**
 * Style and script of the page that shows a picture.
 * @module
 */

/** How the page looks: what is hovered, what it uses and what uses it have frames of their own kind. */
export const PAGE_STYLE = `
body { margin: 0; background: #fff; }
svg { display: block; width: 100%; min-width: 1260px; max-width: 1700px; height: auto; margin: auto; }
.focus .layer { opacity: .35; }
.focus .layer.lit { opacity: 1; }
.path, .row { cursor: pointer; }
.row:hover .hit, .row:focus .hit { fill: #eef1f4; }
.row:focus { outline: none; }
.mark { fill: none; stroke: #111; stroke-width: 3; pointer-events: none; }
.mark.halo { stroke: #fff; stroke-width: 5; }
.mark.far { stroke-width: 1.5; }
.mark.users { stroke-dasharray: 5 4; }
.mark.here { stroke-width: 5; }
#tip { position: fixed; max-width: 26em; padding: .6em .8em; border-radius: 5px; background: #111; color: #fff;
  font: 13px/1.45 "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif; white-space: pre-line;
  overflow-wrap: anywhere; pointer-events: none; box-shadow: 0 2px 12px rgb(0 0 0 / .45); }
@media (prefers-color-scheme: dark) {
  body { background: #14171b; }
  .row:hover .hit, .row:focus .hit { fill: #262b31; }
  #tip { border: 1px solid #57606a; }
}
`;

/** What happens under the pointer: a click keeps it, Escape or a click elsewhere ends it. */
export const PAGE_SCRIPT = `
"use strict";
{
  const svg = document.querySelector("svg");
  const tip = document.getElementById("tip");
  const uses = JSON.parse(document.getElementById("uses").textContent);
  const users = uses.map(() => []);
  uses.forEach((used, user) => used.forEach((index) => users[index].push(user)));
  const paths = [...svg.querySelectorAll(".path")];
  const layers = [...svg.querySelectorAll(".layer")];
  const marks = svg.appendChild(document.createElementNS(svg.namespaceURI, "g"));
  let kept = false;

  // The tip takes the place of the browser's own, and tells more.
  const texts = new Map();
  for (const title of svg.querySelectorAll("title")) {
    const of = title.parentNode;
    if (of !== svg) texts.set(of, title.textContent);
    if (of.matches(".path, .row")) of.setAttribute("aria-label", title.textContent);
    title.remove();
  }

  function reach(start, next) {
    const found = new Set(next[start]);
    for (const index of found) for (const further of next[index]) found.add(further);
    found.delete(start);
    return found;
  }

  function mark(element, kind) {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => element[name].baseVal.value);
    const inset = Math.min(2, width / 4, height / 4);
    for (const name of ["mark halo " + kind, "mark " + kind]) {
      const frame = marks.appendChild(document.createElementNS(svg.namespaceURI, "rect"));
      frame.setAttribute("class", name);
      frame.setAttribute("x", x + inset);
      frame.setAttribute("y", y + inset);
      frame.setAttribute("width", width - 2 * inset);
      frame.setAttribute("height", height - 2 * inset);
    }
  }

  function count(indices, direct) {
    const paths = indices.size === 1 ? "1 path" : indices.size + " paths";
    return indices.size > direct.length ? paths + " (" + direct.length + " directly)" : paths;
  }

  function clear() {
    marks.replaceChildren();
    svg.classList.remove("focus");
    layers.forEach((layer) => layer.classList.remove("lit"));
    tip.hidden = true;
    kept = false;
  }

  function show(element) {
    clear();
    let text = texts.get(element);
    const index = paths.indexOf(element);
    if (index >= 0) {
      const [used, user] = [reach(index, uses), reach(index, users)];
      for (const other of user) mark(paths[other], users[index].includes(other) ? "users" : "users far");
      for (const other of used) mark(paths[other], uses[index].includes(other) ? "uses" : "uses far");
      mark(element, "here");
      for (const other of [index, ...used, ...user]) paths[other].closest(".layer").classList.add("lit");
      svg.classList.add("focus");
      text += "\\n\\nUses " + count(used, uses[index]) + ": solid frames." +
        "\\nUsed by " + count(user, users[index]) + ": dashed frames; they change with it.";
    }
    if (element.matches(".row")) {
      svg.classList.add("focus");
      layers.filter((layer) => layer.dataset.layer === element.dataset.layer)
        .forEach((layer) => layer.classList.add("lit"));
    }
    tip.textContent = text;
    tip.hidden = false;
  }

  function place(x, y) {
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 16, innerWidth - width - 4)) + "px";
    tip.style.top = Math.max(4, y + 16 + height > innerHeight ? y - 16 - height : y + 16) + "px";
  }

  const told = (target) => {
    for (let at = target; at && at !== document; at = at.parentNode) if (texts.has(at)) return at;
  };
  let shown;
  const turnTo = (element) => {
    if (element === shown) return;
    shown = element;
    if (element) show(element);
    else clear();
  };
  svg.addEventListener("pointermove", (event) => {
    if (kept) return;
    turnTo(told(event.target));
    if (shown) place(event.clientX, event.clientY);
  });
  svg.addEventListener("pointerleave", () => kept || turnTo(undefined));
  svg.addEventListener("click", (event) => {
    const element = told(event.target);
    kept = false;
    turnTo(element);
    if (element) place(event.clientX, event.clientY);
    kept = element !== undefined;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    kept = false;
    turnTo(undefined);
  });
  for (const row of svg.querySelectorAll(".row")) {
    row.setAttribute("tabindex", "0");
    row.addEventListener("focus", () => {
      if (kept) return;
      turnTo(row);
      const { left, bottom } = row.getBoundingClientRect();
      place(left, bottom);
    });
    row.addEventListener("blur", () => kept || turnTo(undefined));
  }
}
`;
