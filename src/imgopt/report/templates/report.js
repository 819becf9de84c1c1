"use strict";
// Sorting of tables, and the values of charts for the pointer and the arrow keys. Text of others
// only ever becomes textContent.
(() => {
  const data = JSON.parse(document.getElementById("values").textContent);
  const live = document.getElementById("reading");
  const SVG = "http://www.w3.org/2000/svg";
  document.documentElement.classList.add("scripted");

  const make = (name, parent, kind, text) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };
  const draw = (name, parent, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    parent.append(made);
    return made;
  };

  // The same words as the page's tables.
  const SCALES = {
    s: [[7200, 3600, " h"], [120, 60, " min"], [0, 1, " s"]],
    bytes: [[1e9, 1e9, " GB"], [1e6, 1e6, " MB"], [1e3, 1e3, " kB"], [0, 1, " B"]],
    share: [[0, 0.01, " %"]],
    count: [[0, 1, ""]],
  };
  const number = (value) => {
    if (!value) return "0";
    const places = Math.min(Math.max(2 - Math.floor(Math.log10(Math.abs(value))), 0), 6);
    const [whole, part] = Math.abs(value).toFixed(places).split(".");
    const rest = (part || "").replace(/0+$/, "");
    return (value < 0 ? "−" : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? "." + rest : "");
  };
  const text = (value, unit) => {
    if (value === null) return "–";
    const [, divisor, sign] = SCALES[unit].find(([least]) => Math.abs(value) >= least || !least);
    return number(value / divisor) + sign;
  };
  const day = (seconds) => {
    const at = new Date(seconds * 1000);
    return isNaN(at) ? "" : at.toISOString().slice(0, 16).replace("T", " ");
  };

  for (const table of document.querySelectorAll("table")) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const key = (row, column) => {
      const cell = row.cells[column];
      return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent;
    };
    const empty = (value) => value === "–" || value === "";
    heads.forEach((head, column) => {
      const first = body.rows[0] && body.rows[0].cells[column];
      if (first && getComputedStyle(first).textAlign === "right") head.classList.add("right");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [key(row, column), row]);
        rows.sort(([a], [b]) => {
          if (empty(a) || empty(b)) return empty(a) - empty(b);
          const found = typeof a === "number" && typeof b === "number" ? a - b
            : String(a).localeCompare(String(b), "en", { numeric: true });
          return down ? -found : found;
        });
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  const follow = (figure) => {
    const chart = data.charts[figure.dataset.chart];
    const plot = figure.querySelector(".plot");
    const drawings = [...plot.querySelectorAll("svg")]; // for a wide screen, and for a narrow one
    if (!chart || !chart.lines.length) return;
    const [from, to] = chart.span;
    const [low, high, isLog] = chart.scale;
    const across = (at) => (at - from) / (to - from);
    const up = (value) =>
      isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    const seen = () => {
      const which = Math.max(drawings.findIndex((one) => one.getBoundingClientRect().width), 0);
      const [left, right, top, bottom] = chart.plots[which];
      return { svg: drawings[which], left, wide: right - left, top, bottom };
    };
    const rows = new Map(); // commit → values by line
    chart.lines.forEach((line, place) => {
      let next = 0;
      for (let run = 0; run < line.at.length; run += 2)
        for (let n = 0; n < line.at[run + 1]; n++, next++) {
          const commit = line.at[run] + n;
          if (!rows.has(commit)) rows.set(commit, []);
          rows.get(commit)[place] = next;
        }
    });
    for (const commit of chart.failed) if (!rows.has(commit)) rows.set(commit, []);
    const commits = [...rows.keys()].sort((a, b) => a - b);
    const places = commits.map((commit) => across(data.commits[commit][1]));
    let chosen = -1, layer = null, tip = null;

    const hide = () => {
      if (layer) layer.remove();
      if (tip) tip.remove();
      layer = tip = null;
    };
    const show = (index, isSpoken) => {
      hide();
      chosen = index;
      const commit = commits[index];
      const [sha, at, subject, author] = data.commits[commit];
      const { svg, left, wide, top, bottom } = seen();
      const x = left + places[index] * wide;
      layer = draw("g", svg, { "aria-hidden": "true" });
      draw("line", layer, { x1: x, x2: x, y1: top, y2: bottom, class: "cursor" });
      tip = make("div", figure, "tip");
      make("p", tip, "when", day(at) + " · " + (sha || "no commit"));
      if (subject) make("p", tip, "", subject);
      if (data.authors[author]) make("p", tip, "when", data.authors[author]);
      const words = [day(at), sha, subject];
      chart.lines.forEach((line, place) => {
        const n = rows.get(commit)[place];
        if (n === undefined) return;
        let shown = text(line.v[n], line.unit);
        if (line.lo && line.lo[n] !== line.hi[n])
          shown += " (" + text(line.lo[n], line.unit) + " to " + text(line.hi[n], line.unit) + ")";
        const row = make("p", tip, "value");
        make("span", row, "", line.name);
        make("span", row, "", shown);
        words.push(line.name + " " + shown);
        if (line.v[n] !== null)
          draw("circle", layer, { cx: x, cy: bottom - up(line.v[n]) * (bottom - top), r: 3.6, class: "dot", fill: `var(--${line.shade})` });
      });
      const change = chart.changes[sha];
      if (change) words.push(make("p", tip, "change", "Change point: " + change).textContent);
      if (chart.failed.includes(commit)) words.push(make("p", tip, "change", "The build failed").textContent);
      const box = svg.getBoundingClientRect(), outer = figure.getBoundingClientRect();
      const pixel = box.left - outer.left + (x / svg.viewBox.baseVal.width) * box.width;
      const room = outer.width - tip.offsetWidth;
      const beside = pixel + 14 <= room ? pixel + 14 : pixel - 14 - tip.offsetWidth;
      tip.style.left = Math.max(0, Math.min(beside, room)) + "px";
      tip.style.top = box.top - outer.top + 8 + "px";
      if (isSpoken) live.textContent = words.filter(Boolean).join(", ");
    };
    const nearest = (x) => {
      let low = 0, high = places.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (places[middle] < x) low = middle; else high = middle;
      }
      return x - places[low] <= places[high] - x ? low : high;
    };
    plot.tabIndex = 0;
    const point = (event) => {
      const { svg, left, wide } = seen();
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      show(nearest((x - left) / wide), false);
    };
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch" && document.activeElement !== plot) hide();
    });
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      if (event.target !== plot || event.ctrlKey || event.metaKey || event.altKey) return;
      const last = commits.length - 1;
      const start = chosen < 0 ? last + 1 : chosen;
      const changes = commits.map((commit, n) => [data.commits[commit][0], n])
        .filter(([sha]) => sha in chart.changes).map(([, n]) => n);
      let next;
      if (event.key === "ArrowLeft") next = Math.max(start - 1, 0);
      else if (event.key === "ArrowRight") next = Math.min(start + 1, last);
      else if (event.key === "Home") next = 0;
      else if (event.key === "End") next = last;
      else if (event.key === "PageUp") next = changes.filter((n) => n < start).pop();
      else if (event.key === "PageDown") next = changes.find((n) => n > start);
      else if (event.key === "Escape") hide();
      else return;
      event.preventDefault();
      if (next !== undefined) show(next, true);
    });
  };
  document.querySelectorAll("figure[data-chart]").forEach(follow);
})();
