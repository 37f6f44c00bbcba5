// Where every node stands. Blocks are domains of one level, drawn like racks: a node is a row of
// squares, one per GPU. Coarser levels make sections. All numbers are whole CSS pixels, so that
// squares are sharp, and text keeps its size at every zoom.

const collator = new Intl.Collator("en", { numeric: true });

/** Edge lengths of a square that zooming goes through; what fits may lie between. */
export const sizes = [2, 3, 4, 6, 8, 11, 14, 18, 24];

const largestFitting = 20;

const devicesPerRow = 8;
const nodesPerColumn = 16;
const sectionHeader = 28;
const rowsAtMost = 5;

/** Distances for an edge length. */
function measures(size) {
  const gap = size >= 8 ? 2 : size >= 3 ? 1 : 0;
  return {
    size, gap, pitch: size + gap, nodeGap: size >= 8 ? 4 : size >= 4 ? 3 : size === 3 ? 2 : 1,
    padding: size >= 6 ? 6 : size >= 3 ? 3 : 2, label: size >= 4 ? 17 : 13,
    between: size >= 6 ? 10 : size >= 3 ? 6 : 4,
  };
}

/** What nodes may be grouped by: the levels above the host, the pool, or nothing. */
export function groupings(levels) {
  return [...levels.slice(0, -1).map((level, index) => ({ id: level, level: index })),
    { id: "pool", level: -1 }, { id: "none", level: -2 }];
}

/** The level that suits at first: the finest one whose domains have more than one node. */
export function defaultGrouping(nodes, levels) {
  for (let index = levels.length - 2; index >= 0; index -= 1) {
    const domains = new Set(nodes.map((node) => node.domains.slice(0, index + 1).join("/")));
    if (domains.size > 1 && domains.size * 2 <= nodes.length) return levels[index];
  }
  return "none";
}

/** Nodes in sections and blocks, in the order of their names. */
export function group(nodes, levels, grouping) {
  const { level } = groupings(levels).find((one) => one.id === grouping) ?? { level: -2 };
  const varied = levels.slice(0, -1).map((_, index) =>
    index < level && nodes.some((node) => node.domains[index] !== nodes[0].domains[index]));
  const sections = new Map();
  nodes.forEach((node, index) => {
    const path = level > 0 ? node.domains.slice(0, level).filter((_, at) => varied[at]) : [];
    const name = path.join(" / ");
    const block = level >= 0 ? node.domains[level] ?? "" : level === -1 ? node.pool : "";
    if (!sections.has(name)) sections.set(name, new Map());
    const blocks = sections.get(name);
    if (!blocks.has(block)) blocks.set(block, []);
    blocks.get(block).push(index);
  });
  const byName = (one, other) => collator.compare(one[0], other[0]);
  return [...sections].sort(byName).map(([name, blocks]) => ({
    name, blocks: [...blocks].sort(byName).map(([label, members]) => ({ label, members })),
  }));
}

/** Places for grouped nodes in a width. */
export function place(nodes, sections, width, size) {
  const m = measures(size);
  const widest = nodes.reduce((most, node) => Math.max(most,
    Math.min(devicesPerRow, node.devices)), 1);
  const nodeWidth = widest * m.pitch - m.gap;
  const layout = {
    ...m, width, nodeWidth, height: 0, sections: [], blocks: [],
    x: new Int32Array(nodes.length), y: new Int32Array(nodes.length),
    nodeHeight: new Int32Array(nodes.length), blockOf: new Int32Array(nodes.length),
  };
  nodes.forEach((node, index) => {
    const rows = Math.max(1, Math.ceil(node.devices / devicesPerRow));
    layout.nodeHeight[index] = rows * m.pitch - m.gap;
  });
  const shaped = sections.map((section) => ({
    name: section.name, blocks: section.blocks
      .map((block) => ({ ...block, shape: shapeOf(layout, block.members) })),
  }));
  const perRow = blocksPerRow(layout, shaped);
  let [x, y, shelf] = [0, 0, 0];
  for (const section of shaped) {
    const wide = widthOf(layout, section, perRow);
    if (x > 0 && x + wide > width) {
      [x, y, shelf] = [0, y + shelf + m.between, 0];
    }
    const header = section.name === "" ? 0 : sectionHeader;
    if (header) layout.sections.push({ name: section.name, x, y, width: wide });
    const bottom = placeBlocks(layout, section.blocks, perRow, x, y + header);
    shelf = Math.max(shelf, bottom - y);
    x += wide + m.between * 2;
  }
  layout.height = Math.max(1, y + shelf);
  return layout;
}

/** How many blocks a section has side by side, so that sections fill the width well. */
function blocksPerRow(layout, sections) {
  const widest = Math.max(...sections.flatMap((one) => one.blocks
    .map((block) => block.shape.width)));
  const most = Math.max(...sections.map((one) => one.blocks.length));
  const room = Math.max(1, Math.floor((layout.width + layout.between) / (widest + layout.between)));
  let best = { part: 0, columns: Math.min(room, most) };
  for (let rows = 1; rows <= rowsAtMost; rows += 1) {
    const columns = Math.ceil(most / rows);
    const wide = columns * (widest + layout.between) - layout.between;
    const beside = Math.min(sections.length,
      Math.floor((layout.width + layout.between * 2) / (wide + layout.between * 2)));
    const part = (most * beside) / (rows * room);
    if (part > best.part * 1.1) best = { part, columns };
  }
  return best.columns;
}

function widthOf(layout, section, perRow) {
  let widest = 0;
  for (let start = 0; start < section.blocks.length; start += perRow) {
    const row = section.blocks.slice(start, start + perRow);
    widest = Math.max(widest, row.reduce((sum, block) => sum + block.shape.width + layout.between,
      -layout.between));
  }
  return widest;
}

function placeBlocks(layout, blocks, perRow, left, top) {
  let [x, y, shelf] = [left, top, 0];
  blocks.forEach((block, index) => {
    if (index > 0 && index % perRow === 0) {
      x = left;
      y += shelf + layout.between;
      shelf = 0;
    }
    placeMembers(layout, block, block.shape, x, y);
    x += block.shape.width + layout.between;
    shelf = Math.max(shelf, block.shape.height);
  });
  return y + shelf;
}

function shapeOf(layout, members) {
  const step = layout.nodeWidth + layout.nodeGap * 2;
  const room = Math.max(1,
    Math.floor((layout.width - layout.padding * 2 + layout.nodeGap * 2) / step));
  const columns = Math.min(room, Math.ceil(members.length / nodesPerColumn));
  const rows = Math.ceil(members.length / columns);
  let tallest = 0;
  for (let start = 0; start < members.length; start += rows) {
    let height = 0;
    for (const index of members.slice(start,
      start + rows)) height += layout.nodeHeight[index] + layout.nodeGap;
    tallest = Math.max(tallest, height - layout.nodeGap);
  }
  return {
    rows, step, width: columns * step - layout.nodeGap * 2 + layout.padding * 2,
    height: layout.label + tallest + layout.padding,
  };
}

function placeMembers(layout, block, shape, x, y) {
  const number = layout.blocks.length;
  layout.blocks.push({ label: block.label, members: block.members, x, y, width: shape.width,
    height: shape.height });
  let down = 0;
  block.members.forEach((index, place) => {
    if (place % shape.rows === 0) down = y + layout.label;
    layout.x[index] = x + layout.padding + Math.floor(place / shape.rows) * shape.step;
    layout.y[index] = down;
    layout.blockOf[index] = number;
    down += layout.nodeHeight[index] + layout.nodeGap;
  });
}

/** The largest edge length with which all of it fits in a height; the smallest one otherwise. */
export function fittingSize(nodes, sections, width, height) {
  for (let size = largestFitting; size > sizes[0]; size -= 1) {
    if (place(nodes, sections, width, size).height <= height) return size;
  }
  return nodes.length > 4000 ? 3 : sizes[0];
}

/** The node and the device under a point, as `{node, device}`, or null. */
export function hit(layout, nodes, x, y) {
  const slack = Math.ceil(layout.nodeGap / 2);
  for (const block of layout.blocks) {
    if (x < block.x || y < block.y || x > block.x + block.width
      || y > block.y + block.height) continue;
    for (const index of block.members) {
      const across = x - layout.x[index];
      const down = y - layout.y[index];
      if (across < -slack || down < -slack || across > layout.nodeWidth + slack
        || down > layout.nodeHeight[index] + slack) continue;
      const limit = (value, most) => Math.max(0, Math.min(most, value));
      const column = limit(Math.floor(across / layout.pitch), devicesPerRow - 1);
      const row = limit(Math.floor(down / layout.pitch), 63);
      const device = row * devicesPerRow + column;
      return { node: index, device: device < nodes[index].devices ? device : null };
    }
    return null;
  }
  return null;
}

/** The nearest node in a direction, seen from another; -1 when there is none. */
export function neighbour(layout, from, dx, dy) {
  let best = -1;
  let bestCost = Infinity;
  const ownX = layout.x[from];
  const ownY = layout.y[from];
  for (let index = 0; index < layout.x.length; index += 1) {
    const across = layout.x[index] - ownX;
    const down = layout.y[index] - ownY;
    const along = across * dx + down * dy;
    if (along <= 0) continue;
    const aside = Math.abs(across * dy) + Math.abs(down * dx);
    const cost = along + aside * 4;
    if (cost < bestCost) {
      bestCost = cost;
      best = index;
    }
  }
  return best;
}
