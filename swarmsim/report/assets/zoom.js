"use strict";
// Zooms the timelines: drag over a stretch, double-click for the whole, or use the buttons. All is readable without.
for (const svg of document.querySelectorAll("svg.timeline")) {
  const { from, to, left, width } = Object.fromEntries(Object.entries(svg.dataset).map(([key, value]) => [key, Number(value)]));
  const shapes = svg.querySelector(".shapes");
  const patterns = svg.querySelectorAll("pattern");
  const ticks = svg.querySelector(".ticks");
  const labels = [...svg.querySelectorAll(".label")].map((node) => ({
    node, x: Number(node.dataset.x), room: Number(node.dataset.room || NaN), until: Number(node.dataset.until || NaN),
    length: Number(node.dataset.length),
  }));
  const controls = svg.closest("figure").querySelector(".controls");
  const output = controls.querySelector("output");
  let view = [from, to];

  const place = (time) => left + width * (time - view[0]) / (view[1] - view[0]);
  const svgX = (event) => {
    const box = svg.getBoundingClientRect();
    return (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
  };
  const timeAt = (x) => view[0] + (view[1] - view[0]) * Math.min(Math.max((x - left) / width, 0), 1);
  const seconds = (time) => `${(time / 1e9).toFixed(3)} s`;
  const make = (name, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };

  function drawTicks() {
    const { top, bottom } = ticks.dataset;
    const wanted = (view[1] - view[0]) / 12;
    const decade = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((digit) => digit * decade).find((size) => size >= wanted);
    ticks.replaceChildren();
    for (let time = Math.ceil(view[0] / step) * step; time <= view[1]; time += step) {
      const x = place(time);
      const text = `${Number((time / 1e9).toFixed(6))} s`;
      ticks.append(make("line", { x1: x, x2: x, y1: top, y2: bottom, class: "tick" }));
      ticks.append(make("text", { x, y: 11, class: "tick-label" }, text));
      ticks.append(make("text", { x, y: Number(bottom) + 13, class: "tick-label" }, text));
    }
  }

  function show(start, end) {
    view = [Math.max(from, Math.min(start, to - 1e6)), Math.min(to, Math.max(end, start + 1e6))];
    const scale = (to - from) / (view[1] - view[0]);
    const offset = left - scale * (left + width * (view[0] - from) / (to - from));
    shapes.setAttribute("transform", `translate(${offset},0) scale(${scale},1)`);
    for (const pattern of patterns) pattern.setAttribute("patternTransform", `scale(${1 / scale},1) rotate(45)`);
    for (const { node, x, room, until, length } of labels) {
      const begin = scale * x + offset;
      const end = Number.isNaN(room) ? scale * until + offset : begin + scale * room;
      const right = left + width;
      const seen = Math.max(begin, left);
      // What has no room of its own is shown as long as what it is about is seen, further left where it would leave the chart.
      const fits = Number.isNaN(room) ? end >= left - 1 && begin <= right : Math.min(end, right) - seen >= length;
      node.setAttribute("x", 4 + (Number.isNaN(room) ? Math.max(Math.min(seen, right - length), left) : seen));
      node.classList.toggle("tight", !fits);
    }
    drawTicks();
    output.textContent = view[0] === from && view[1] === to ? "drag over the chart to zoom" : `${seconds(view[0])} to ${seconds(view[1])}`;
  }

  const band = make("rect", { y: 0, height: svg.viewBox.baseVal.height, fill: "currentColor", "fill-opacity": 0.12, width: 0 });
  svg.append(band);
  let start = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") start = Math.max(svgX(event), left); // a finger moves the page
  });
  svg.addEventListener("pointermove", (event) => {
    const x = Math.min(Math.max(svgX(event), left), left + width);
    output.textContent = start === null ? seconds(timeAt(x)) : `${seconds(timeAt(Math.min(start, x)))} to ${seconds(timeAt(Math.max(start, x)))}`;
    if (start !== null) {
      band.setAttribute("x", Math.min(start, x));
      band.setAttribute("width", Math.abs(x - start));
    }
  });
  window.addEventListener("pointerup", (event) => {
    if (start === null) return;
    const x = Math.min(Math.max(svgX(event), left), left + width);
    const [a, b] = [Math.min(start, x), Math.max(start, x)];
    start = null;
    band.setAttribute("width", 0);
    if (b - a > 4) show(timeAt(a), timeAt(b));
  });
  svg.addEventListener("dblclick", () => show(from, to));
  for (const button of controls.querySelectorAll("button")) {
    button.addEventListener("click", () => show(Number(button.dataset.from ?? from), Number(button.dataset.to ?? to)));
  }
  controls.hidden = false;
  show(from, to);
}
