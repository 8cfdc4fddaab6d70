"use strict";
const root = document.body.dataset.root;
const box = document.getElementById("search");
const found = document.getElementById("found");

// The search: names that hold the words, those that begin with them first.
box.addEventListener("input", () => {
  const words = box.value.trim().toLowerCase();
  const at = (entry) => entry[0].toLowerCase().indexOf(words);
  const hits = words ? SEARCH_INDEX.filter((entry) => at(entry) >= 0) : [];
  hits.sort((one, other) => at(one) - at(other) || one[0].length - other[0].length);
  found.replaceChildren(...hits.slice(0, 50).map(([name, kind, page]) => {
    const link = Object.assign(document.createElement("a"), { href: root + page, textContent: name });
    link.append(Object.assign(document.createElement("span"), { textContent: " " + kind }));
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
  found.hidden = !hits.length;
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") found.hidden = true;
  if (event.key === "Enter") found.querySelector("a")?.click();
});

// The theme: the system's, until somebody chooses; a file from the disk may keep nothing.
const button = document.getElementById("theme");
const kept = (value) => {
  try { return value ? localStorage.setItem("theme", value) : localStorage.getItem("theme"); } catch { return null; }
};
const use = (theme) => { if (theme) document.documentElement.dataset.theme = theme; };
use(kept());
button.hidden = false;
button.addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  use(dark ? "light" : "dark");
  kept(dark ? "light" : "dark");
});

// A table's keys stand out while it is pointed at.
for (const node of document.querySelectorAll("svg g.node")) {
  const keys = node.closest("svg").querySelectorAll(`.from-${node.id}, .to-${node.id}`);
  const light = (on) => () => keys.forEach((key) => key.classList.toggle("lit", on));
  for (const name of ["mouseenter", "focusin"]) node.addEventListener(name, light(true));
  for (const name of ["mouseleave", "focusout"]) node.addEventListener(name, light(false));
}
