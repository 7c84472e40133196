/* What is new shows itself. A stream says that there is something; the page fetches itself and takes over what
 * differs, part by part (`data-live`), never where somebody is at work: a part with the focus, a field that was
 * changed, a form or text that was opened or marked stays as it is until it is left. Nothing moves the focus.
 */
const AGAIN = 30_000; // Milliseconds until a stream is tried anew that the browser gave up; each time longer.
const SILENT = 45_000; // Without a beat for so long nobody is at the other end.
const REST = 3_000; // Between two fetches.
const SOON = 250; // What comes together is fetched together.

const said = document.getElementById("live-said");
const about = document.querySelector("main").dataset.about;
let stream = null;
let beat = 0;
let trying = 0;
let refused = 0; // How often in a row the browser gave a stream up.
let fetching = 0;
let fetched = 0;
let behind = false; // Whether something may have come while nobody listened.
let held = false; // Whether a part could not be taken over.
const kinds = new Set();

const say = (words) => {
  // In the zone of the page's other times: who reads it may sit elsewhere.
  const clock = { timeStyle: "short", timeZone: said.dataset.zone || undefined };
  const time = new Intl.DateTimeFormat(document.documentElement.lang, clock).format(new Date());
  said.textContent = `${time} · ${words}`;
};

// Parts.

const busy = (part) => {
  const focus = document.activeElement;
  if (focus && focus !== document.body && part.contains(focus)) return true;
  const marked = document.getSelection();
  if (marked && !marked.isCollapsed && marked.containsNode(part, true)) return true;
  if (part.matches("details[open]") || part.querySelector("details[open]")) return true;
  return Array.from(part.querySelectorAll("input, textarea, select")).some((field) => {
    if (field.type === "hidden") return false;
    if (field.matches("select")) return Array.from(field.options).some((one) => one.selected !== one.defaultSelected);
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  });
};

/** What a part says, without what is new each time it is written. */
const saying = (part) => part.outerHTML
  .replace(/(name="key" value=")[^"]*/g, "$1")
  .replace(/(<details[^>]*?) open(="")?/g, "$1");

const keyed = (parts) => {
  const counts = new Map();
  return Array.from(parts, (part) => {
    if (part.id || part.dataset.row) return [part.id || part.dataset.row, part];
    const count = (counts.get(part.tagName) || 0) + 1;
    counts.set(part.tagName, count);
    return [`${part.tagName} ${count}`, part];
  });
};

const whole = (part) => part.matches("form, details, p, [data-row]") || !part.children.length;

/** Take over what differs; whether anything did. */
const take = (was, now) => {
  if (saying(was) === saying(now)) return false;
  if (!busy(was)) {
    was.replaceWith(now);
    return true;
  }
  if (whole(was)) {
    held = true;
    return false;
  }
  const old = new Map(keyed(was.children));
  const wanted = keyed(now.children);
  const names = new Set(wanted.map(([name]) => name));
  let changed = false;
  for (const [name, part] of old) {
    if (names.has(name)) continue;
    if (busy(part)) held = true;
    else {
      part.remove();
      changed = true;
    }
  }
  let before = null;
  for (const [name, part] of wanted) {
    const there = old.get(name);
    if (there) {
      changed = take(there, part) || changed;
      before = there.isConnected ? there : part;
    } else {
      if (before) before.after(part);
      else was.prepend(part);
      before = part;
      changed = true;
    }
  }
  return changed;
};

// Fetching.

const look = async (address) => {
  const answer = await fetch(address, { headers: { "X-Desk-Looks": "1" }, cache: "no-store" });
  if (answer.redirected || !answer.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};

/** Fill in what a page only leads to, because counting it takes longer than the page (`data-later`). */
const fillIn = async (page) => {
  for (const place of page.querySelectorAll("[data-later]")) {
    const counted = await look(place.dataset.later);
    if (counted) place.replaceChildren(...counted.body.childNodes);
  }
  return page;
};

const fetchPage = async () => {
  const page = await look(location.href);
  return page && fillIn(page);
};

const refresh = async () => {
  fetching = 0;
  fetched = performance.now();
  const news = Array.from(kinds);
  kinds.clear();
  let page = null;
  try {
    page = await fetchPage();
  } catch {
    behind = true; // The network went; the stream will say when it is back.
  }
  if (!page) return;
  held = false;
  const focus = document.activeElement;
  const stood = focus && focus !== document.body ? focus.getBoundingClientRect().top : null;
  let changed = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = page.getElementById(part.id);
    if (now) changed = take(part, now) || changed;
  }
  if (stood !== null && focus.isConnected) window.scrollBy(0, focus.getBoundingClientRect().top - stood);
  if ((changed || held) && news.length) say(news.map((kind) => said.dataset[kind]).join(" "));
  goOn();
};

const refreshSoon = () => {
  if (fetching) return;
  const wait = Math.max(SOON, fetched + REST - performance.now());
  fetching = setTimeout(refresh, wait);
};

/** What is being made moves on by itself: no event tells of each step. */
const goOn = () => {
  if (!document.hidden && document.querySelector("[data-under-way]")) refreshSoon();
};

// Listening.

const close = () => {
  if (stream) stream.close();
  stream = null;
  clearTimeout(beat);
  clearTimeout(trying);
};

const tryAgain = (wait) => {
  close();
  behind = true;
  trying = setTimeout(open, wait);
};

const heard = () => {
  clearTimeout(beat);
  beat = setTimeout(tryAgain, SILENT, SOON);
};

const open = () => {
  if (stream || document.hidden) return;
  stream = new EventSource("/desk/events");
  stream.addEventListener("open", () => {
    refused = 0;
    heard();
    if (behind) refreshSoon();
    behind = false;
  });
  stream.addEventListener("beat", heard);
  for (const kind of ["alert", "text", "answers"]) {
    stream.addEventListener(kind, (event) => {
      heard();
      const whom = JSON.parse(event.data).about;
      if (about && whom !== about) return;
      kinds.add(kind);
      refreshSoon();
    });
  }
  stream.addEventListener("end", (event) => {
    const { why } = JSON.parse(event.data);
    if (why === "moved") return; // The browser asks again, and another process answers.
    behind = true;
    close();
    if (why === "session") say(said.dataset.ended);
  });
  stream.addEventListener("error", () => {
    behind = true;
    if (!stream || stream.readyState !== EventSource.CLOSED) return;
    refused += 1;
    tryAgain(AGAIN * refused);
  });
};

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    behind = true;
    close();
  } else open();
});
document.addEventListener("focusout", () => {
  if (held) refreshSoon();
});
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", open);
goOn();
fillIn(document).catch(() => {}); // The link that stands there leads to the same.
