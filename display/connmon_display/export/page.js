"use strict";
const rows = document.getElementById("rows");
const all = [...rows.children];
const text = new Map(all.map((row) => [row, row.textContent.toLowerCase()]));
const filter = document.getElementById("filter");
const order = document.getElementById("order");
const axis = document.getElementById("axis");

/* Filter: all words, and none of those after "!". */
function show() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row) => words.every((word) =>
    word[0] === "!" ? word.length === 1 || !text.get(row).includes(word.slice(1))
                    : text.get(row).includes(word));
  let count = 0;
  for (const row of all) {
    row.hidden = !fits(row);
    count += !row.hidden;
  }
  document.getElementById("count").textContent = `${count} of ${all.length}`;
}

const number = (row, name) => Number(row.dataset[name] ?? -1);
const orders = {
  "first seen": null,
  "most active": (a, b) => number(b, "active") - number(a, "active"),
  "most bytes": (a, b) => number(b, "bytes") - number(a, "bytes"),
  "most opened": (a, b) => number(b, "opened") - number(a, "opened"),
  "address": () => 0,
};

/* What is alike in an order is in that of addresses. */
function inPlace() {
  const place = new Map(all.map((row) => [row, row.dataset.place]));
  return [...all].sort((a, b) => (place.get(a) > place.get(b)) - (place.get(a) < place.get(b)));
}
let byAddress = null;
function sort() {
  const compare = orders[order.value];
  byAddress ??= inPlace();
  for (const row of compare ? [...byAddress].sort(compare) : all) rows.append(row);
}

/* The time under the pointer, as clocks showed it where the session was saved. */
function svg(name, id) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  made.id = id;
  axis.append(made);
  return made;
}
const line = svg("line", "now");
const time = svg("text", "time");
line.setAttribute("y2", "22");
time.setAttribute("y", "15");
line.style.display = time.style.display = "none";
const zones = axis.dataset.zones.split(" ").map((zone) => zone.split(":").map(Number));
function point(event) {
  const box = axis.getBoundingClientRect();
  const part = (event.clientX - box.left) / box.width;
  const inside = part >= 0 && part <= 1;
  line.style.display = time.style.display = inside ? "" : "none";
  if (!inside) return;
  const moment = Number(axis.dataset.begin) + part * Number(axis.dataset.seconds);
  const [, ahead] = zones.filter(([since]) => since <= moment).pop();
  time.textContent = new Date((moment + ahead) * 1000).toISOString().slice(0, 19).replace("T", " ");
  for (const name of ["x1", "x2"]) line.setAttribute(name, `${100 * part}%`);
  time.setAttribute("x", `${100 * part}%`);
  time.setAttribute("text-anchor", part > 0.5 ? "end" : "start");
  time.setAttribute("dx", part > 0.5 ? "-4" : "4");
}

filter.addEventListener("input", show);
order.addEventListener("change", sort);
document.addEventListener("pointermove", point);
document.getElementById("tools").hidden = false;
show();
