// Paints squares. The picture is cut into strips, each a canvas of its own that the browser scrolls
// by itself; a change repaints the nodes that it touches and nothing else.

import { sorter } from "./classes.js";

const stripHeight = 192;
const spareStrips = 2;
const devicesPerRow = 8;
const dimmed = 0.16;

/** What every device shows: its class, how much of it is used, and whether it is filtered out. */
export class Picture {
  constructor(nodes) {
    this.nodes = nodes;
    this.start = new Int32Array(nodes.length + 1);
    nodes.forEach((node, index) => (this.start[index + 1] = this.start[index] + node.devices));
    const total = this.start[nodes.length];
    this.classOf = new Uint8Array(total);
    this.used = new Uint8Array(total);
    this.isDim = new Uint8Array(total);
    this.entries = new Array(total).fill(null);
    this.highlight = null;
    this.matches = null;
  }

  /** Sets the mode and sorts all devices anew. */
  setMode(mode) {
    this.sorter = sorter(mode);
    for (let index = 0; index < this.nodes.length; index += 1) this.sort(index);
  }

  /** Brings the devices of one node up to date. */
  sort(index) {
    const node = this.nodes[index];
    const first = this.start[index];
    const end = this.start[index + 1];
    this.entries.fill(null, first, end);
    this.used.fill(100, first, end);
    for (const entry of node.jobs) {
      const part = entry.devices.length ? (100 * entry.gpus) / entry.devices.length : 100;
      for (const device of entry.devices) {
        const slot = first + device;
        if (slot >= end) continue;
        this.used[slot] = Math.min(100, (this.entries[slot] === null ? 0 : this.used[slot]) + part);
        this.entries[slot] ??= entry;
      }
    }
    const isNodeIn = this.matches === null || this.matches.node(node);
    for (let slot = first; slot < end; slot += 1) {
      const entry = this.entries[slot];
      const kind = this.sorter.sort(node, slot - first, entry);
      this.classOf[slot] = kind;
      const isIn = isNodeIn || (entry !== null && this.matches.entry(entry));
      this.isDim[slot] = isIn && (this.highlight === null || this.highlight === kind) ? 0 : 1;
    }
  }

  /** How many devices each class has. */
  counts() {
    const counts = new Array(this.sorter.classes.length).fill(0);
    for (const kind of this.classOf) counts[kind] += 1;
    return counts;
  }
}

/** Colours of the present theme as canvas takes them. */
function resolved(colours) {
  const probe = document.createElement("span");
  document.body.append(probe);
  const values = colours.map((colour) => {
    probe.style.color = colour;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return values;
}

/** The canvases in a scrolled element. */
export class Strips {
  constructor(content) {
    this.content = content;
    this.strips = new Map();
    this.pool = [];
  }

  /** Takes a layout and a picture; everything is painted anew. */
  set(layout, picture) {
    this.layout = layout;
    this.picture = picture;
    this.content.style.height = `${layout.height}px`;
    this.scale = Math.min(3, window.devicePixelRatio || 1);
    this.nodesIn = Array.from({ length: Math.ceil(layout.height / stripHeight) }, () => []);
    for (let index = 0; index < layout.y.length; index += 1) {
      const [first, last] = this.stripsOf(index);
      for (let at = first; at <= last; at += 1) this.nodesIn[at]?.push(index);
    }
    this.clear();
  }

  /** The first and the last strip that a node is in. */
  stripsOf(index) {
    const top = this.layout.y[index];
    const bottom = top + this.layout.nodeHeight[index] - 1;
    return [Math.floor(top / stripHeight), Math.floor(bottom / stripHeight)];
  }

  /** Forgets what was painted, as when the colours change. */
  clear() {
    const names = ["var(--line)", "var(--soft)", "var(--ink)", "var(--card)"];
    [this.frame, this.soft, this.ink, this.ground] = resolved(names);
    this.colours = resolved(this.picture.sorter.classes.map((one) => one.colour));
    this.unused = this.colours[this.picture.sorter.classes.findIndex((one) => one.id === "free")];
    this.hollow = this.picture.sorter.classes.map((one) => Boolean(one.isHollow));
    for (const canvas of this.strips.values()) this.retire(canvas);
    this.strips.clear();
  }

  retire(canvas) {
    canvas.remove();
    if (this.pool.length < 12) this.pool.push(canvas);
  }

  /** Has strips for a window on the content, and some around it; lets go of those far away. */
  show(top, height) {
    const first = Math.max(0, Math.floor(top / stripHeight) - spareStrips);
    const last = Math.min(this.nodesIn.length - 1,
      Math.floor((top + height) / stripHeight) + spareStrips);
    for (const [at, canvas] of this.strips) {
      if (at < first - 2 || at > last + 2) {
        this.strips.delete(at);
        this.retire(canvas);
      }
    }
    for (let at = first; at <= last; at += 1) if (!this.strips.has(at)) this.make(at);
  }

  make(at) {
    const canvas = this.pool.pop() ?? document.createElement("canvas");
    const width = Math.max(1, this.layout.width);
    canvas.width = Math.round(width * this.scale);
    canvas.height = Math.round(stripHeight * this.scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${stripHeight}px`;
    canvas.style.top = `${at * stripHeight}px`;
    canvas.setAttribute("aria-hidden", "true");
    this.strips.set(at, canvas);
    this.content.append(canvas);
    const context = this.contextOf(canvas, at);
    this.paintFrames(context, at);
    for (const index of this.nodesIn[at]) this.paintNode(context, index, false);
  }

  contextOf(canvas, at) {
    const context = canvas.getContext("2d", { alpha: true });
    context.setTransform(this.scale, 0, 0, this.scale, 0, -at * stripHeight * this.scale);
    return context;
  }

  paintFrames(context, at) {
    const top = at * stripHeight;
    const { layout } = this;
    context.textBaseline = "alphabetic";
    const face = getComputedStyle(document.body).fontFamily;
    for (const section of layout.sections) {
      if (section.y > top + stripHeight || section.y + 28 < top) continue;
      context.fillStyle = this.ink;
      context.font = `600 13px ${face}`;
      context.fillText(this.fitted(context, section.name, section.width), section.x,
        section.y + 18);
    }
    context.strokeStyle = this.frame;
    context.lineWidth = 1;
    for (const block of layout.blocks) {
      if (block.y > top + stripHeight || block.y + block.height < top) continue;
      context.beginPath();
      context.roundRect(block.x + 0.5, block.y + 0.5, block.width - 1, block.height - 1, 3);
      context.stroke();
      this.paintLabel(context, block, face);
    }
  }

  /** A name, or its end when there is no room for all of it. */
  fitted(context, name, width) {
    const parts = name.split(" / ");
    while (parts.length > 1 && context.measureText(parts.join(" / ")).width > width) parts.shift();
    return parts.join(" / ");
  }

  paintLabel(context, block, face) {
    const { layout } = this;
    context.font = `500 ${layout.size >= 4 ? 11 : 9}px ${face}`;
    const room = block.width - layout.padding * 2;
    const short = /\d+$/.exec(block.label)?.[0] ?? "";
    const text = [block.label, short].find((one) => one && context.measureText(one).width <= room);
    if (!text) return;
    context.fillStyle = this.soft;
    context.fillText(text, block.x + layout.padding, block.y + layout.label - (layout.size >= 4 ? 5
      : 3));
  }

  paintNode(context, index, isAgain) {
    const { layout, picture } = this;
    const x = layout.x[index];
    const y = layout.y[index];
    if (isAgain) context.clearRect(x, y, layout.nodeWidth, layout.nodeHeight[index]);
    const first = picture.start[index];
    const count = picture.start[index + 1] - first;
    if (count === 0) {
      context.globalAlpha = 1;
      context.strokeStyle = this.soft;
      context.strokeRect(x + 0.5, y + 0.5, layout.nodeWidth - 1, layout.nodeHeight[index] - 1);
      return;
    }
    for (let device = 0; device < count; device += 1) {
      let length = 1;
      const slot = first + device;
      // Without gaps, equal neighbours in a row are one rectangle: an eighth of the calls.
      while (layout.gap === 0 && device + 1 < count && (device + 1) % devicesPerRow !== 0
        && this.isSame(slot, first + device + 1)) {
        device += 1;
        length += 1;
      }
      const column = (device - length + 1) % devicesPerRow;
      const row = Math.floor(device / devicesPerRow);
      this.paintSquare(context, slot, x + column * layout.pitch, y + row * layout.pitch, length);
    }
  }

  isSame(slot, other) {
    const { classOf, isDim, used } = this.picture;
    return classOf[slot] === classOf[other] && isDim[slot] === isDim[other]
      && used[slot] === used[other];
  }

  paintSquare(context, slot, x, y, length) {
    const { picture, layout } = this;
    const kind = picture.classOf[slot];
    const { size } = layout;
    const width = size * length;
    const alpha = picture.isDim[slot] ? dimmed : 1;
    if (context.globalAlpha !== alpha) context.globalAlpha = alpha;
    if (this.hollow[kind] && size >= 4) {
      const edge = size >= 8 ? 2 : 1;
      context.strokeStyle = this.colours[kind];
      context.lineWidth = edge;
      context.strokeRect(x + edge / 2, y + edge / 2, width - edge, size - edge);
      return;
    }
    const used = picture.used[slot];
    if (used < 100 && size >= 4) {
      const height = Math.max(1, Math.round((size * used) / 100));
      context.fillStyle = this.unused;
      context.fillRect(x, y, width, size - height);
      context.fillStyle = this.colours[kind];
      context.fillRect(x, y + size - height, width, height);
      return;
    }
    context.fillStyle = this.colours[kind];
    context.fillRect(x, y, width, size);
  }

  /** Paints nodes again that are in sight; returns how many. */
  repaint(indexes) {
    let painted = 0;
    for (const index of indexes) {
      const [first, last] = this.stripsOf(index);
      for (let at = first; at <= last; at += 1) {
        const canvas = this.strips.get(at);
        if (!canvas) continue;
        this.paintNode(this.contextOf(canvas, at), index, true);
        painted += 1;
      }
    }
    return painted;
  }
}
