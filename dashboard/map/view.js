// The map as something to look at, point at and walk through with the keyboard.

import { announce, h } from "../core/dom.js";
import { state, subscribe } from "../core/state.js";
import { describe, tooltip } from "./tooltip.js";
import { fittingSize, hit, neighbour, place, group, sizes } from "./layout.js";
import { Picture, Strips } from "./paint.js";

const measureName = "muster:map-repaint";
const measuresKept = 500;
const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The map; `options` are `{mode, grouping, size, open(node), changed()}`. */
export class FleetMap {
  constructor(options, signal) {
    this.options = options;
    this.size = options.size ?? null;
    this.focused = -1;
    this.pinned = null;
    this.dirty = new Set();
    this.content = h("div", { class: "map-content" });
    this.ring = h("div", { class: "map-ring", hidden: true });
    this.content.append(this.ring);
    this.scroller = h("div", {
      class: "map", tabindex: "0", role: "application", "aria-roledescription": "map",
      "aria-label": "Fleet map", "aria-describedby": "map-keys",
    }, this.content);
    this.tip = h("div", { class: "map-tip", hidden: true });
    this.element = h("div", { class: "map-frame" }, this.scroller, this.tip);
    this.strips = new Strips(this.content);
    this.listen(signal);
    this.load();
    subscribe((delta) => this.take(delta), signal);
  }

  listen(signal) {
    const on = (target, name, action, more) => target.addEventListener(name, action,
      { signal, ...more });
    on(this.scroller, "scroll", () => this.request(), { passive: true });
    on(this.scroller, "pointermove", (event) => this.hover(event));
    on(this.scroller, "pointerleave", () => this.leave());
    on(this.scroller, "click", (event) => this.pin(event));
    on(this.scroller, "dblclick", (event) => this.openAt(event));
    on(this.scroller, "keydown", (event) => this.key(event));
    on(this.scroller, "focus", () => this.scroller.matches(":focus-visible")
      && this.focus(Math.max(0, this.focused), true));
    on(this.scroller, "blur", () => this.leave());
    on(this.scroller, "wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      if (Math.abs(event.deltaY) > 1) this.zoom(event.deltaY < 0 ? 1 : -1);
    }, { passive: false });
    const resize = new ResizeObserver(() => this.resized());
    resize.observe(this.scroller);
    const theme = () => this.recolour();
    on(window, "muster-theme", theme);
    on(matchMedia("(prefers-color-scheme: dark)"), "change", theme);
    signal.addEventListener("abort", () => resize.disconnect());
  }

  /** Takes all nodes from the state, as at first and when nodes came or went. */
  load() {
    this.nodes = [...state.nodes.values()];
    this.indexOf = new Map(this.nodes.map((node, index) => [node.name, index]));
    this.nodesOf = new Map();
    this.nodes.forEach((node, index) => this.note(node, index));
    this.picture = Object.assign(new Picture(this.nodes), {
      matches: this.picture?.matches ?? null, highlight: this.picture?.highlight ?? null,
    });
    this.picture.setMode(this.options.mode);
    this.sections = null;
    this.resized(true);
  }

  /** Remembers which nodes a job has squares on: its state may change while the nodes do not. */
  note(node, index) {
    for (const { job } of node.jobs) {
      if (!this.nodesOf.has(job)) this.nodesOf.set(job, new Set());
      this.nodesOf.get(job).add(index);
    }
  }

  resized(isForced = false) {
    const width = Math.floor(this.scroller.clientWidth) - 2;
    const height = parseFloat(getComputedStyle(this.scroller).maxHeight);
    if (width < 20 || (!isForced && width === this.layout?.width)) return;
    if (this.nodes.length === 0) return;
    this.sections ??= group(this.nodes, state.levels, this.options.grouping);
    this.shownSize = this.size ?? fittingSize(this.nodes, this.sections, width, height);
    this.layout = place(this.nodes, this.sections, width, this.shownSize);
    this.strips.set(this.layout, this.picture);
    this.moveRing();
    this.request();
  }

  setMode(mode) {
    this.options.mode = mode;
    this.picture.highlight = null;
    this.picture.setMode(mode);
    this.recolour();
  }

  setGrouping(grouping) {
    this.options.grouping = grouping;
    this.sections = null;
    this.resized(true);
  }

  /** Leaves out what does not match; `matches` has `node(node)` and `entry(entry)`, or is null. */
  setFilter(matches) {
    this.picture.matches = matches;
    this.resort();
  }

  setHighlight(kind) {
    this.picture.highlight = kind;
    this.resort();
  }

  resort() {
    this.nodes.forEach((_, index) => this.picture.sort(index));
    this.recolour();
  }

  recolour() {
    if (!this.layout) return;
    this.strips.clear();
    this.request();
  }

  /** One step larger or smaller, or with 0 as large as fits. */
  zoom(step) {
    const next = step > 0 ? sizes.find((size) => size > this.shownSize)
      : sizes.findLast((size) => size < this.shownSize);
    if (!this.layout) return;
    const half = this.scroller.clientHeight / 2;
    const middle = (this.scroller.scrollTop + half) / this.layout.height;
    this.size = step === 0 ? null : next ?? this.shownSize;
    this.resized(true);
    if (this.focused >= 0 && !this.ring.hidden) this.reveal(this.focused);
    else this.scroller.scrollTop = middle * this.layout.height - half;
    announce(`Squares of ${this.shownSize} pixels`, true);
  }

  take(delta) {
    if (delta.whole || delta.nodes.some((node) => this.indexOf.get(node.name) === undefined
      || this.nodes[this.indexOf.get(node.name)].devices !== node.devices)) {
      this.load();
      this.measure(delta.receivedAt);
      return;
    }
    for (const node of delta.nodes) {
      const index = this.indexOf.get(node.name);
      for (const { job } of this.nodes[index].jobs) this.nodesOf.get(job)?.delete(index);
      this.nodes[index] = node;
      this.note(node, index);
      this.dirty.add(index);
    }
    for (const job of delta.jobs) {
      for (const index of this.nodesOf.get(job.id) ?? []) this.dirty.add(index);
      if (this.nodesOf.get(job.id)?.size === 0) this.nodesOf.delete(job.id);
    }
    if (this.dirty.size === 0) return;
    this.measure(delta.receivedAt);
    this.request();
  }

  /** Notes when the change came, so that the time until it is on the screen can be measured. */
  measure(receivedAt) {
    if (receivedAt !== undefined) this.changedAt ??= receivedAt;
  }

  request() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    if (!this.layout || !this.scroller.isConnected) return;
    if (this.dirty.size > 0) {
      for (const index of this.dirty) this.picture.sort(index);
      this.strips.repaint(this.dirty);
      this.dirty.clear();
      this.options.changed?.();
      this.refreshTip();
    }
    this.strips.show(this.scroller.scrollTop, this.scroller.clientHeight);
    if (this.changedAt === undefined) return;
    const start = this.changedAt;
    this.changedAt = undefined;
    // A task after the frame: by then the browser has drawn it.
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const kept = performance.getEntriesByName(measureName).length;
      if (kept >= measuresKept) performance.clearMeasures(measureName);
      performance.measure(measureName, { start, end: performance.now() });
      channel.port1.close();
    };
    channel.port2.postMessage(0);
  }

  at(event) {
    if (!this.layout) return null;
    const box = this.content.getBoundingClientRect();
    return hit(this.layout, this.nodes, event.clientX - box.left, event.clientY - box.top);
  }

  hover(event) {
    if (this.pinned || event.pointerType === "touch") return;
    const found = this.at(event);
    this.scroller.classList.toggle("over", found !== null);
    if (found) this.showTip(found);
    else this.leave();
  }

  leave() {
    if (this.pinned || document.activeElement === this.scroller && this.isWalking) return;
    this.tip.hidden = true;
    this.ring.hidden = true;
  }

  pin(event) {
    this.isWalking = false;
    const found = this.at(event);
    this.pinned = null;
    if (!found) {
      this.leave();
      return;
    }
    this.focused = found.node;
    this.pinned = found;
    this.showTip(found);
  }

  unpin() {
    this.pinned = null;
    this.isWalking = false;
    this.leave();
  }

  openAt(event) {
    const found = this.at(event);
    if (found) this.options.open(this.nodes[found.node].name);
  }

  key(event) {
    if (event.target !== this.scroller || event.altKey || event.metaKey || event.ctrlKey) return;
    // Nothing is laid out before the first frame, for which a tab in the background waits long.
    if (!this.layout || this.nodes.length === 0) return;
    const direction = directions[event.key];
    if (direction) {
      const to = this.focused < 0 ? 0 : neighbour(this.layout, this.focused, ...direction);
      if (to >= 0) this.focus(to);
    } else if (event.key === "Enter" && this.focused >= 0) {
      this.options.open(this.nodes[this.focused].name);
    } else if (event.key === "Home" || event.key === "End") {
      const order = this.layout.blocks.flatMap((block) => block.members);
      this.focus(event.key === "Home" ? order[0] : order.at(-1));
    } else if (event.key === "Escape") {
      this.unpin();
    } else if (event.key === "+" || event.key === "=" || event.key === "-" || event.key === "0") {
      this.zoom({ "-": -1, 0: 0 }[event.key] ?? 1);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Moves the keyboard's place to a node. */
  focus(index, isQuiet = false) {
    if (!this.layout || index >= this.nodes.length) return;
    this.focused = index;
    this.pinned = null;
    this.isWalking = true;
    this.reveal(index);
    this.showTip({ node: index, device: null });
    if (!isQuiet) announce(describe(this.nodes[index]), true);
  }

  reveal(index) {
    const top = this.layout.y[index] - 40;
    const bottom = this.layout.y[index] + this.layout.nodeHeight[index] + 40;
    const view = this.scroller;
    if (top < view.scrollTop) view.scrollTop = top;
    else view.scrollTop = Math.max(view.scrollTop, bottom - view.clientHeight);
  }

  refreshTip() {
    if (!this.tip.hidden && this.shownAt) this.showTip(this.shownAt);
  }

  moveRing() {
    if (this.shownAt && this.shownAt.node < this.nodes.length
      && !this.ring.hidden) this.showTip(this.shownAt);
  }

  showTip(found) {
    const { layout } = this;
    this.shownAt = found;
    const { node: index } = found;
    const [x, y] = [layout.x[index], layout.y[index]];
    Object.assign(this.ring.style, {
      left: `${x - 3}px`, top: `${y - 3}px`, width: `${layout.nodeWidth + 6}px`,
      height: `${layout.nodeHeight[index] + 6}px`,
    });
    this.ring.hidden = false;
    const entry = found.device === null ? null
      : this.picture.entries[this.picture.start[index] + found.device];
    this.tip.replaceChildren(tooltip(this.nodes[index], found.device, entry, this.pinned !== null,
      () => {
      this.unpin();
      this.scroller.focus();
    }));
    this.tip.classList.toggle("pinned", this.pinned !== null);
    this.tip.hidden = false;
    const box = this.element.getBoundingClientRect();
    const inner = this.content.getBoundingClientRect();
    const left = inner.left - box.left + x + layout.nodeWidth + 14;
    const below = inner.top - box.top + y - 8;
    const room = box.width - this.tip.offsetWidth - 6;
    const isFlipped = left > room;
    const other = inner.left - box.left + x - this.tip.offsetWidth - 14;
    this.tip.style.left = `${Math.max(4, isFlipped ? (other > 0 ? other : room) : left)}px`;
    const lowest = box.height - this.tip.offsetHeight - 4;
    this.tip.style.top = `${Math.max(4, Math.min(lowest, below))}px`;
  }
}
