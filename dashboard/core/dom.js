// Builds elements. Text goes in as text nodes only, so data is never read as markup.

const svgNamespace = "http://www.w3.org/2000/svg";

/** An HTML element: `on…` properties are listeners, `style` is an object, the rest attributes. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(svgNamespace, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "style") {
      for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replaces the content of an element, and keeps what the reader has in hand: the focus (by
 * `data-key` or address), disclosures that are open, and the scrolled place of its tables.
 */
export function swap(element, ...children) {
  const active = element.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  const open = new Map();
  for (const one of element.querySelectorAll("details[data-key]")) open.set(one.dataset.key,
    one.open);
  const scrolls = [...element.querySelectorAll(".scroll")]
    .map((one) => [one.scrollLeft, one.scrollTop]);
  element.replaceChildren();
  append(element, children);
  for (const one of element.querySelectorAll("details[data-key]")) {
    if (open.has(one.dataset.key)) one.open = open.get(one.dataset.key);
  }
  element.querySelectorAll(".scroll").forEach((one, index) => {
    if (scrolls[index]) [one.scrollLeft, one.scrollTop] = scrolls[index];
  });
  if (active === null) return;
  const again = [...element.querySelectorAll("a, button, summary, [tabindex]")]
    .find((one) => keyOf(one) === active);
  again?.focus({ preventScroll: true });
}

/**
 * Swaps in what `make()` gives, but only when `facts` are others than the last time, so that what
 * the reader has marked or reads stays as it is.
 */
export function swapFor(element, facts, make) {
  const text = JSON.stringify(facts);
  if (element.shownFacts === text) return;
  element.shownFacts = text;
  swap(element, make());
}

function keyOf(element) {
  return element.dataset?.key ?? element.getAttribute("href")
    ?? element.closest("details[data-key]")?.dataset.key ?? element.textContent;
}

/**
 * Makes the children of `parent` those of `items`, in their order, and keeps the elements of items
 * that stay. `create(item)` gives an element, `update(element, item)` brings it up to date.
 */
export function keyed(parent, items, keyFor, create, update) {
  const old = parent.keyedElements ?? new Map();
  const now = new Map();
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyFor(item);
    let element = old.get(key);
    if (element) update?.(element, item);
    else element = create(item);
    now.set(key, element);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const [key, element] of old) if (!now.has(key)) element.remove();
  parent.keyedElements = now;
}

let announced = 0;

/** Tells readers of the screen about a change, at most once in four seconds. */
export function announce(text, urgent = false) {
  const now = performance.now();
  if (!urgent && now - announced < 4000) return;
  announced = now;
  document.getElementById("announce").textContent = text;
}

/** Calls `action` at most once in `milliseconds`, and once after the last call. */
export function throttle(action, milliseconds) {
  let last = -Infinity;
  let timer = 0;
  const run = () => {
    timer = 0;
    last = performance.now();
    action();
  };
  const throttled = () => {
    if (timer) return;
    timer = setTimeout(run, Math.max(0, last + milliseconds - performance.now()));
  };
  throttled.cancel = () => clearTimeout(timer);
  return throttled;
}

/** Calls `action` after the last of several calls. */
export function debounce(action, milliseconds) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}
