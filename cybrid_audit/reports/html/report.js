"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // ---- details: open what an address points into, and all of a section
  const openTo = () => {
    let id = "";
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    let node = id && document.getElementById(id);
    if (!node) return;
    for (let each = node; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    node.scrollIntoView();
  };
  addEventListener("hashchange", openTo);
  openTo();
  for (const tools of all(".tools")) tools.hidden = false;
  for (const [name, open] of [["open", true], ["close", false]]) {
    for (const button of all("[data-" + name + "]")) {
      button.addEventListener("click", () => {
        for (const each of all("details", document.getElementById(button.dataset[name]))) each.open = open;
      });
    }
  }

  // ---- print: browsers that do not know ::details-content need them open
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
    opened = [];
  });

  // ---- sections: the one that is read is marked in the list
  const links = new Map(all(".side > ul > li > a").map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watch = new IntersectionObserver((changes) => {
    for (const each of changes) seen[each.isIntersecting ? "add" : "delete"](each.target.id);
    const current = [...links.keys()].find((id) => seen.has(id));
    for (const [id, link] of links) {
      if (id === current) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of all("main > section")) if (links.has(section.id)) watch.observe(section);

  // ---- token map: what belongs to a box stands out while the pointer is on it
  for (const box of all(".map [data-box]")) {
    const map = box.closest(".map"), key = box.dataset.box;
    box.addEventListener("pointerenter", () => {
      const mine = all(".curves path", map).filter((each) => each.dataset.from === key || each.dataset.to === key);
      const boxes = new Set([key, ...mine.flatMap((each) => [each.dataset.from, each.dataset.to])]);
      for (const each of mine) each.classList.add("chosen");
      for (const each of all("[data-box]", map)) each.classList.toggle("chosen", boxes.has(each.dataset.box));
      map.classList.add("is-chosen");
    });
    box.addEventListener("pointerleave", () => {
      map.classList.remove("is-chosen");
      for (const each of all(".chosen", map)) each.classList.remove("chosen");
    });
  }

  // ---- inventory
  const table = document.getElementById("calls");
  if (!table) return;
  const body = table.tBodies[0];
  const form = document.querySelector(".filters");
  const status = document.querySelector(".shown");
  const none = document.querySelector(".no-match");
  const rows = Array.from(body.rows, (row, index) => ({
    row, index, text: row.textContent.toLowerCase(), kinds: row.dataset.kind.split(" "),
    operation: row.dataset.operation, mfa: row.dataset.mfa, side: row.dataset.side,
  }));
  const total = Number(status.dataset.total);
  const noun = (count) => count.toLocaleString("en") + (count === 1 ? " call" : " calls");

  const filter = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const operation = form.elements.operation.value, kind = form.elements.kind.value;
    const mfa = form.elements.mfa.value, side = form.elements.side.value;
    let count = 0;
    for (const each of rows) {
      const shown = (!operation || each.operation === operation) && (!kind || each.kinds.includes(kind)) &&
        (!mfa || each.mfa === mfa) && (!side || each.side === side) && words.every((word) => each.text.includes(word));
      if (each.row.hidden === shown) each.row.hidden = !shown;
      if (shown) count++;
    }
    status.textContent = count === total ? noun(total) : "Showing " + count.toLocaleString("en") + " of " + noun(total);
    none.hidden = count > 0;
  };
  let timer = 0;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, rows.length > 500 ? 150 : 0); });
  form.addEventListener("reset", () => setTimeout(filter, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;

  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const value = (row, column, how) => {
    const cell = row.cells[column];
    return how === "place" ? [cell.dataset.path, Number(cell.dataset.line)] : [cell.textContent.trim(), 0];
  };
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    const how = head.dataset.sort;
    if (!how) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map((each) => ({ each, key: value(each.row, column, how) }));
      keyed.sort((a, b) =>
        (down ? -1 : 1) * (compare(a.key[0], b.key[0]) || a.key[1] - b.key[1]) || a.each.index - b.each.index);
      body.append(...keyed.map((item) => item.each.row));
    });
  });
})();
