// Charts as SVG, drawn at the width that they have, so that text keeps its size on any screen.

import { h, svg, swap } from "../core/dom.js";
import { day, number, time } from "../core/format.js";
import { swatch } from "./ui.js";

/**
 * A chart that is drawn again when its width changes. `draw(width)` gives an `svg` element; the
 * height is kept free for it from the start, so that the page does not jump.
 */
export function chart(height, draw) {
  const element = h("div", { class: "chart", style: { "min-height": `${height}px` } });
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now === width || now === 0) return;
    width = now;
    swap(element, draw(width));
  }).observe(element);
  return element;
}

/** The outer element, with a name and a description for those who do not see it. */
export function drawing(width, height, title, description, ...content) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": `${title}. ${description}` },
    ...content);
}

/** Round steps from zero to at least `maximum`. */
function steps(maximum, about = 4) {
  if (!(maximum > 0)) return [0, 1];
  const rough = maximum / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const ticks = [];
  for (let value = 0; value < maximum + step * 0.999; value += step) {
    ticks.push(Number(value.toPrecision(6)));
  }
  return ticks;
}

function path(points) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join("");
}

const minute = 60000;
const tickSteps = [0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080,
  20160, 43200]
  .map((minutes) => minutes * minute);

/** Lines of time with round instants under them, for `from` to `until` in milliseconds. */
export function timeAxis({ from, until, across, top, bottom, width }) {
  const step = tickSteps.find((one) => (until - from) / one <= width / 92) ?? tickSteps.at(-1);
  const shift = new Date(from).getTimezoneOffset() * minute;
  const ticks = [];
  const first = Math.ceil((from - shift) / step) * step + shift;
  for (let at = first; at <= until; at += step) ticks.push(at);
  const left = across(from);
  const right = across(until);
  return ticks.map((at) => {
    const x = across(at);
    const place = x - left < 24 ? "" : right - x < 24 ? "end" : "middle";
    return [svg("line", { class: "grid", x1: x, x2: x, y1: top, y2: bottom }),
      svg("text", { x, y: bottom + 17, class: place }, tickText(at, step))];
  });
}

function tickText(at, step) {
  const instant = new Date(at);
  const isMidnight = instant.getHours() === 0 && instant.getMinutes() === 0
    && instant.getSeconds() === 0;
  if (isMidnight || step >= 1440 * minute) return day(instant);
  const text = instant.toTimeString();
  return step < minute ? text.slice(0, 8) : text.slice(0, 5);
}

/** Names of series with their colours. */
export function legend(series) {
  return h("ul", { class: "legend" }, series.map((one) => h("li", null, swatch(one.colour),
    one.name)));
}

/**
 * Series stacked on each other over time, with lines above. `series` are `{name, colour, values}`,
 * `lines` are `{name, values, dashed}`.
 */
export function stackedAreas({ title, times, series, lines, height = 260 }) {
  return chart(height, (width) => {
    const [left, right, top, bottom] = [46, width - 6, 12, height - 26];
    const names = series.map((one) => one.name).join(", ");
    // By time and not by place in the list: instants of which nothing is known are left out there.
    const instants = times.map((one) => Date.parse(one));
    const [from, until] = [instants[0], instants.at(-1)];
    const sums = times.map((_, index) => series.reduce((sum, one) => sum + (one.values[index]
      ?? 0), 0));
    const ticks = steps(Math.max(1, ...sums, ...lines.flatMap((one) => one.values)));
    const across = (at) => left + ((right - left) * (at - from)) / Math.max(1, until - from);
    const upward = (value) => bottom - ((bottom - top) * value) / ticks.at(-1);
    const base = times.map(() => 0);
    const areas = series.map((one) => {
      const lower = instants.map((at, index) => [across(at), upward(base[index])]);
      times.forEach((_, index) => (base[index] += one.values[index] ?? 0));
      const upper = instants.map((at, index) => [across(at), upward(base[index])]);
      return svg("path", { d: `${path(upper)}${path(lower.reverse()).replace("M", "L")}Z`,
        style: { fill: one.colour } },
        svg("title", null, one.name));
    });
    return drawing(width, height, title,
      `Stacked areas of ${names} from ${time(times[0])} to ${time(times.at(-1))}`,
      ticks.map((tick) => [
        svg("line", { class: "grid", x1: left, x2: right, y1: upward(tick), y2: upward(tick) }),
        svg("text", { class: "end", x: left - 8, y: upward(tick) + 4 }, number(tick)),
      ]),
      areas,
      lines.map((one) => svg("path", {
        class: `line ${one.dashed ? "dashed" : ""}`,
        d: path(one.values.map((value, index) => [across(instants[index]), upward(value)])),
      })),
      timeAxis({
        from, until, across, top: bottom, bottom: bottom + 4, width: right - left,
      }));
  });
}

/** Columns over a few classes. `items` are `{label, value, colour}`. */
export function columns({ title, items, unit, height = 190 }) {
  return chart(height, (width) => {
    const [left, right, top, bottom] = [40, width - 4, 14, height - 38];
    const ticks = steps(Math.max(1, ...items.map((one) => one.value)), 3);
    const upward = (value) => bottom - ((bottom - top) * value) / ticks.at(-1);
    const step = (right - left) / items.length;
    const isDense = step < 26;
    return drawing(width, height, title, items.map((one) => `${one.label}: ${one.value}`)
      .join(", "),
      ticks.map((tick) => [
        svg("line", { class: "grid", x1: left, x2: right, y1: upward(tick), y2: upward(tick) }),
        svg("text", { class: "end", x: left - 8, y: upward(tick) + 4 }, number(tick)),
      ]),
      items.map((one, index) => {
        const x = left + step * index;
        return [
          svg("rect", {
            x: x + step * 0.14, width: step * 0.72, y: upward(one.value), rx: 2,
            height: Math.max(0, bottom - upward(one.value)), style: { fill: one.colour },
          }, svg("title", null, `${one.label}: ${number(one.value)}`)),
          isDense && index % 2 ? null
            : svg("text", { class: "middle", x: x + step / 2, y: bottom + 15 }, one.label),
          one.value > 0 && !isDense
            ? svg("text", { class: "middle strong", x: x + step / 2, y: upward(one.value) - 4 },
              number(one.value))
            : null,
        ];
      }),
      svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
      svg("text", { class: "middle", x: (left + right) / 2, y: height - 4 }, unit));
  });
}

// From these parts of the fleet on it counts as busy, and the queue as long.
const busyFrom = 0.8;
const longFrom = 0.1;

/** The state that a fleet is in by what runs and what waits, both as parts of its capacity. */
export function congestion(running, waiting) {
  if (running >= busyFrom) return waiting >= longFrom ? "congested" : "healthy";
  return waiting >= longFrom ? "starving" : "idle";
}

/** Points over time: across what runs, upward what waits; the upper axis is compressed. */
export function quadrant({ points, height = 270 }) {
  return chart(height, (width) => {
    const [left, right, top, bottom] = [46, width - 8, 26, height - 38];
    const across = (value) => left + (right - left) * Math.min(1, value);
    const upward = (value) => bottom - (bottom - top) * (value / (value + 0.25));
    const split = [across(busyFrom), upward(longFrom)];
    const places = points.map((one) => [across(one.running), upward(one.waiting)]);
    const last = places.at(-1);
    const name = (text, x, y, end) => svg("text", { class: `strong ${end ? "end" : ""}`, x, y },
      text);
    return drawing(width, height, "Congestion",
      "Points over time of GPUs in use against GPUs waited for, both as parts of the capacity",
      svg("rect", { x: split[0], y: split[1], width: right - split[0], height: bottom - split[1],
        style: { fill: "var(--good-soft)" } }),
      svg("rect", { x: left, y: top, width: split[0] - left, height: split[1] - top,
        style: { fill: "var(--warn-soft)" } }),
      [0, 0.1, 0.5, 1, 3].map((tick) => [
        svg("line", { class: "grid", x1: left, x2: right, y1: upward(tick), y2: upward(tick) }),
        svg("text", { class: "end", x: left - 8, y: upward(tick) + 4 }, `${tick * 100} %`),
      ]),
      [0, 0.2, 0.4, 0.6, 0.8, 1].map((tick) => svg("text", {
        class: tick === 1 ? "end" : "middle", x: across(tick) + (tick === 1 ? 4 : 0),
          y: bottom + 16,
      }, `${tick * 100} %`)),
      svg("line", { class: "split", x1: split[0], x2: split[0], y1: top, y2: bottom }),
      svg("line", { class: "split", x1: left, x2: right, y1: split[1], y2: split[1] }),
      svg("path", { d: path(places), style: { fill: "none", stroke: "var(--c0)", opacity: ".3" } }),
      places.map(([x, y], index) => svg("circle", {
        cx: x.toFixed(1), cy: y.toFixed(1), r: 2.6,
        style: { fill: "var(--c0)", opacity: (0.25 + (0.6 * index) / places.length).toFixed(2) },
      })),
      last ? svg("circle", { cx: last[0], cy: last[1], r: 5.5, style: { fill: "var(--c1)",
        stroke: "var(--card)", "stroke-width": "2" } }) : null,
      name("starving", left + 8, top + 16), name("congested", right - 8, top + 16, true),
      name("idle", left + 8, bottom - 8), name("healthy", right - 8, bottom - 8, true),
      svg("text", { class: "end", x: right, y: height - 4 }, "GPUs in use, of capacity"),
      svg("text", { x: 2, y: 14 }, "GPUs waited for, of capacity"));
  });
}
