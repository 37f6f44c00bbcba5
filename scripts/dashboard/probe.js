// Measures that the browser check takes inside of the page. Evaluates to an object of functions.
(() => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const cache = new Map();

  // A colour as red, green, blue and alpha: the canvas understands all that CSS does.
  function channels(colour) {
    if (!cache.has(colour)) {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = colour;
      pixel.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
      cache.set(colour, [r, g, b, a / 255]);
    }
    return cache.get(colour);
  }
  const over = ([r, g, b, a], under) =>
    [r, g, b].map((one, index) => one * a + under[index] * (1 - a)).concat(1);

  function background(element) {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const colour = channels(getComputedStyle(one).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
  }
  function luminance([r, g, b]) {
    const [x, y, z] = [r, g, b].map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  }
  function ratio(one, other) {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  }
  function isSeen(element) {
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  }

  /** Texts below the contrast that WCAG AA asks, worst first. */
  function contrast() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Map();
    let count = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !isSeen(element)) continue;
      if (element.closest("script, style, noscript, option, :disabled")) continue;
      const style = getComputedStyle(element);
      const isSVG = element instanceof SVGElement;
      const ground = background(isSVG ? element.closest("svg").parentElement : element);
      const ink = over(channels(isSVG ? style.fill : style.color), ground);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const value = ratio(ink, ground);
      count += 1;
      if (value >= (isLarge ? 3 : 4.5)) continue;
      const key = `${ink}|${ground}`;
      if (found.has(key)) continue;
      found.set(key, { ratio: Number(value.toFixed(2)), text: node.data.trim().slice(0, 40) });
    }
    return { count, low: [...found.values()].sort((a, b) => a.ratio - b.ratio).slice(0, 5) };
  }

  /** Parts that stick out of the window to the right. */
  function overflow() {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
      .filter((one) => !one.closest("nav, .scroll, .map") && isSeen(one)
        && one.getBoundingClientRect().right > width + 1)
      .slice(0, 3).map((one) => `${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""}`);
  }

  /** Charts without a table beside them, controls without a name, landmarks that are missing. */
  function structure() {
    const problems = [];
    for (const one of document.querySelectorAll(".chart, .bars")) {
      const card = one.closest(".card");
      if (!isSeen(one) || card?.querySelector("details table")) continue;
      problems.push(`a chart without a table in "${card?.querySelector("h2")?.textContent}"`);
    }
    for (const one of document.querySelectorAll("button, a[href], input, select, textarea")) {
      const label = one.getAttribute("aria-label") || one.textContent.trim()
        || one.labels?.[0]?.textContent || one.getAttribute("title");
      if (isSeen(one) && !label) problems.push(`a ${one.tagName.toLowerCase()} without a name`);
    }
    for (const name of ["main", "nav", "header", "h1", "[aria-live]"]) {
      if (!document.querySelector(name)) problems.push(`no ${name}`);
    }
    if (document.querySelectorAll("h1").length !== 1) problems.push("not one h1");
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
    if (new Set(ids).size !== ids.length) problems.push("an id twice");
    return problems;
  }

  /** Whether the focused element shows it. */
  function focusShown() {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  }

  /** Times between frames in milliseconds while the map is scrolled through from end to end. */
  async function pan(seconds) {
    const map = document.querySelector(".map");
    const times = [];
    const start = performance.now();
    const way = map.scrollHeight - map.clientHeight;
    let before = null;
    await new Promise((resolve) => {
      const step = (now) => {
        if (before !== null) times.push(now - before);
        before = now;
        const part = (now - start) / (seconds * 1000);
        if (part >= 1) {
          resolve();
          return;
        }
        map.scrollTop = way * Math.abs(((part * 2 + 1) % 2) - 1);
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
    return { way, times };
  }

  /** The times from a change to the painted map, as the page measured them. */
  function repaints() {
    return performance.getEntriesByName("muster:map-repaint").map((one) => one.duration);
  }

  return { contrast, overflow, structure, focusShown, pan, repaints };
})()
