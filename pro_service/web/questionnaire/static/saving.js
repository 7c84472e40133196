/* Saves in the background: the next screen is shown at once, the one before is sent behind it.
 *
 * The server stays the only source of truth. It renders every page; this script posts the same
 * forms to the same addresses, shows what comes back in the open page, and holds the screen after
 * the present one ("ahead"). A screen that cannot be sent is kept in memory and tried again, with
 * its form's key, so the server stores it once. It is kept nowhere else: telephones are shared,
 * and answers must not lie about in a browser's storage.
 *
 * Plain ES2019, one classic script: messengers' built-in browsers and old WebViews run it.
 */
(() => {
  "use strict";

  const isAble = window.fetch && window.AbortController && window.URLSearchParams
    && "content" in document.createElement("template");
  if (!isAble) return; // The forms work as they are.

  const WAITS = [1000, 2000, 5000, 10000, 15000]; // ms before the next try
  const PATIENCE = 20000; // ms for one try
  const DOUBLE_PRESS = 500; // ms in which a press on an untouched page was meant for the one before
  const script = document.currentScript;
  const status = document.getElementById("status");
  const unsent = []; // {address, body, ready, saves, next: the screen shown meanwhile, behind}
  const drafts = {}; // what was entered and not sent, by address
  let words = script.dataset;
  let here = location.pathname;
  let ahead = null; // {address, page}
  let pressed = null;
  let shownAt = 0;
  let sending = false;
  let tries = 0;
  let timer = 0;
  let leaving = null; // where to go once everything is sent
  let isHeld = false; // nothing is open on this device: link or card are to be opened again

  const say = (key) => {
    status.textContent = key ? words[key] : "";
    status.className = `status ${key}`;
  };

  /* ---- asking the server ---- */

  const looks = (page) => Array.from(
    page.querySelectorAll("link[rel=stylesheet]"), (one) => one.getAttribute("href")).join();

  const ask = async (address, body, shown) => {
    const patience = new AbortController();
    const over = setTimeout(() => patience.abort(), PATIENCE);
    try {
      const response = await fetch(address, {
        method: body === undefined ? "GET" : "POST",
        body,
        credentials: "same-origin",
        headers: Object.assign(
          { "X-Page": "in-place" },
          shown ? { "X-Page-Shown": shown } : {}, // it is not sent again, only the one after it
          body === undefined ? {} : { "Content-Type": "application/x-www-form-urlencoded" }),
        signal: patience.signal,
      });
      const found = new DOMParser().parseFromString(await response.text(), "text/html");
      const page = found.getElementById("page");
      if (!page) throw new Error("not a page of ours");
      const next = found.getElementById("ahead");
      const scripts = found.querySelectorAll("script[src]");
      return {
        status: response.status,
        address: response.headers.get("X-Page-Address") || new URL(response.url).pathname,
        page,
        ahead: next && { address: next.dataset.address, page: next.content.getElementById("page") },
        title: found.title,
        root: found.documentElement,
        looks: looks(found),
        script: scripts.length ? scripts[scripts.length - 1] : null,
      };
    } finally {
      clearTimeout(over);
    }
  };

  /* ---- showing ---- */

  const fields = () => Array.from(document.querySelectorAll("#answers input"))
    .filter((one) => one.type !== "hidden");

  const entered = () => fields().map((one) => [
    one.name, one.value, one.type === "text" ? one.value !== one.defaultValue : one.checked]);

  const isTouched = () => fields().some((one) => one.type === "text"
    ? one.value !== one.defaultValue : one.checked !== one.defaultChecked);

  const restore = (draft) => fields().forEach((one) => {
    draft.filter(([name]) => name === one.name).forEach(([, value, set]) => {
      if (one.type === "text") one.value = value;
      else if (one.value === value) one.checked = set;
    });
  });

  const show = (address, page, { keep = true, push = true } = {}) => {
    if (keep && isTouched()) drafts[here] = entered();
    const [path, place] = address.split("#");
    document.getElementById("page").replaceWith(page);
    here = path.split("?")[0];
    if (push && path !== location.pathname + location.search) history.pushState(null, "", path);
    if (drafts[here]) restore(drafts[here]);
    delete drafts[here];
    shownAt = Date.now();
    document.dispatchEvent(new Event("shown"));
    const at = place && document.getElementById(place);
    const first = at ? at.querySelector("input:not([type=hidden])")
      : document.querySelector(".summary") || document.querySelector("h1");
    window.scrollTo(0, 0);
    if (at) at.scrollIntoView();
    if (!first) return;
    if (!at) first.tabIndex = -1;
    first.focus({ preventScroll: true });
  };

  const showAnswer = (answer, options) => {
    // A page of a new release, or one with a style of its own: only as a whole is it itself.
    const another = (answer.script && answer.script.src !== script.src)
      || (answer.looks && answer.looks !== looks(document));
    if (another && answer.status < 400 && !unsent.length) {
      location.assign(answer.address);
      return;
    }
    if (answer.script) words = answer.script.dataset;
    document.title = answer.title;
    document.documentElement.lang = answer.root.lang;
    document.documentElement.className = answer.root.className;
    // What came back filled in by the server is newer than what this page remembers of it.
    if (answer.status === 422) delete drafts[answer.address];
    ahead = answer.ahead;
    show(answer.address, answer.page, options);
  };

  /* ---- sending ---- */

  const advance = () => {
    const last = unsent[unsent.length - 1];
    if (!last || !last.ready || last.next || !ahead) return;
    last.next = ahead.address;
    const next = ahead;
    ahead = null;
    show(next.address, next.page, { keep: false });
  };

  const wait = () => {
    say("unsaved");
    clearTimeout(timer);
    timer = setTimeout(send, WAITS[Math.min(tries, WAITS.length - 1)]);
    tries += 1;
  };

  /* What waits stays here until link or card were opened again: the server keeps only the first
   * of it in its page. */
  const hold = (answer) => {
    isHeld = true;
    leaving = null;
    unsent.forEach((one) => Object.assign(one, { next: null, behind: false, code: "" }));
    showAnswer(answer, { push: false });
    say("held");
  };

  const sendAgain = () => {
    const code = document.querySelector("#again input[name=code]");
    isHeld = false;
    if (code && code.value.trim()) {
      unsent[0].address = "/q/again";
      unsent[0].code = `&${new URLSearchParams({ code: code.value })}`;
    }
    say("saving");
    send();
  };

  const send = async () => {
    if (sending || isHeld || !unsent.length) return;
    const first = unsent[0];
    sending = true;
    let answer;
    try {
      answer = await ask(first.address, first.body + first.code, first.next);
    } catch (error) {
      answer = null;
    }
    sending = false;
    if (!answer || answer.status >= 500 || answer.status === 429) {
      wait();
      return;
    }
    tries = 0;
    if (answer.page.querySelector("#again")) {
      hold(answer);
      return;
    }
    unsent.shift();
    if (answer.status === 200 && first.next && answer.address === first.next) {
      ahead = answer.ahead;
      advance();
    } else if (!first.behind || answer.status !== 200 || answer.address === "/q/now") {
      showAnswer(answer, { keep: Boolean(first.next) });
      // Whom to telephone, or what to mend: nothing sent since may push that aside.
      unsent.forEach((one) => { one.behind = true; });
    }
    say(answer.status >= 400 && answer.status !== 422 ? "lost"
      : first.saves && answer.status === 200 ? "saved" : "");
    if (unsent.length) {
      say("saving");
      send();
    } else if (leaving) {
      visit(leaving);
    }
  };

  const isComplete = (form) => Array.from(form.querySelectorAll("fieldset.question"))
    .every((question) => {
      const scale = question.querySelector(".scale");
      const ticked = Boolean(question.querySelector("input:checked"));
      if (!scale) return ticked;
      const text = scale.querySelector("input.number").value.trim();
      if (ticked || !/^[0-9]+$/.test(text)) return ticked && !text;
      return Number(text) >= Number(scale.dataset.minimum)
        && Number(text) <= Number(scale.dataset.maximum);
    });

  const sendLater = (form, button) => {
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.append(button.name, button.value);
    const isScreen = form.id === "answers" && Boolean(form.querySelector("fieldset.question"));
    unsent.push({
      address: (button && button.getAttribute("formaction")) || form.getAttribute("action"),
      body: body.toString(),
      code: "", // typed beside what was held
      next: null,
      behind: false,
      // Where an answer may be a reason to telephone, nobody is led on before it has arrived.
      ready: isScreen && !("waits" in form.dataset) && !(button && button.name)
        && isComplete(form),
      saves: isScreen,
    });
    if (!sending && tries === 0) say(isScreen ? "saving" : "");
    // What has been sent stays as it is until the answer comes: one press, one meaning.
    document.querySelectorAll("#page fieldset, #page button").forEach((one) => {
      one.disabled = true;
    });
    advance();
    clearTimeout(timer);
    send();
  };

  const changeLanguage = async (form, button) => {
    const body = new URLSearchParams(new FormData(form));
    body.append(button.name, button.value);
    try {
      showAnswer(await ask(form.getAttribute("action"), body.toString()), { keep: false });
    } catch (error) {
      say("offline");
    }
  };

  const visit = async (address, push) => {
    leaving = address;
    if (unsent.length) return;
    leaving = null;
    const [path, place] = address.split("#");
    try {
      const answer = await ask(path);
      if (place) answer.address = `${answer.address}#${place}`;
      showAnswer(answer, { push });
      say("");
    } catch (error) {
      say("offline");
    }
  };

  /* ---- what the participant does ---- */

  document.addEventListener("click", (event) => {
    pressed = event.target.closest("button");
    const link = event.target.closest("a[href^='/q']");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    visit(link.getAttribute("href"));
  });

  document.addEventListener("submit", (event) => {
    const button = pressed;
    pressed = null;
    if (event.target.method !== "post") return;
    event.preventDefault();
    if (Date.now() - shownAt < DOUBLE_PRESS && !isTouched()) return;
    if (event.target.id === "again" && unsent.length) {
      sendAgain();
      return;
    }
    if (button && button.name === "language") changeLanguage(event.target, button);
    else sendLater(event.target, button);
  });

  window.addEventListener("popstate", () => visit(location.pathname + location.search, false));
  window.addEventListener("online", () => {
    clearTimeout(timer);
    send();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!unsent.length) return;
    event.preventDefault();
    event.returnValue = "";
  });
  // A telephone may end a hidden page without asking: the browser is handed what is unsent.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || !navigator.sendBeacon) return;
    unsent.forEach((one) => navigator.sendBeacon(one.address, new URLSearchParams(one.body)));
  });

  if (document.querySelector("#answers fieldset.question")) {
    ask(here).then((answer) => {
      if (answer.address === here && !ahead) ahead = answer.ahead;
      advance();
    }, () => say(""));
  }
})();
