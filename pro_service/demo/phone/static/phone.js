// Spares the reader from loading the page again: asks each second for what is new, and sends the
// page's own forms in the background. The words all come from the server.
const board = document.getElementById("board");
const part = (id) => document.getElementById(id);
const [texts, busy, write] = [part("texts"), part("busy"), part("write")];
const EVERY = 1000;
let timer = 0;
let asking = null;

async function look() {
  const query = new URLSearchParams({
    person: board.dataset.person,
    after: board.dataset.last,
    since: board.dataset.since,
  });
  const answer = await fetch(`/demo/phone/now?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const now = await answer.json();
  for (const name of ["clock", "open", "happened"]) {
    // Left alone while nothing changes: the focus may stand in it.
    const fresh = document.createElement("template");
    fresh.innerHTML = now[name];
    if (fresh.innerHTML !== part(name).innerHTML) part(name).innerHTML = now[name];
  }
  if (now.last !== board.dataset.last) {
    board.dataset.last = now.last;
    part("empty")?.remove();
    const old = texts.childElementCount;
    texts.insertAdjacentHTML("beforeend", now.texts);
    [...texts.children].slice(old).forEach((one) => one.classList.add("fresh"));
    texts.parentElement.scrollTop = 0;
  }
}

// One look at a time; whoever wants the latest waits for the one under way and then looks again.
async function lookNow() {
  while (asking) await asking.catch(() => {});
  asking = look();
  try {
    await asking;
    if (busy.classList.contains("lost")) say("");
  } catch {
    say(busy.dataset.lost, "lost");
  } finally {
    asking = null;
  }
}

async function goOn() {
  clearTimeout(timer);
  if (!document.hidden) await lookNow();
  clearTimeout(timer);
  timer = setTimeout(goOn, EVERY);
}

function say(words, kind = "") {
  busy.textContent = words;
  busy.className = kind;
}

async function send(form, button) {
  const data = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(form.action, {
    method: "POST",
    body: data,
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

write.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = write.elements.text;
  const text = field.value;
  const sending = send(write);
  field.value = "";
  field.focus();
  try {
    await sending;
  } catch {
    field.value = text;
    say(busy.dataset.failed, "lost");
    return;
  }
  await lookNow();
});

for (const form of [part("move-next"), part("move-days")]) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = document.querySelectorAll(".moves button");
    const sending = send(form, event.submitter);
    buttons.forEach((one) => (one.disabled = true));
    say(busy.dataset.moving);
    try {
      const { since } = await sending;
      board.dataset.since = since;
      write.elements.since.value = since;
      const address = new URL(location.href);
      address.searchParams.set("person", board.dataset.person);
      address.searchParams.set("since", since);
      history.replaceState(null, "", address);
      say("");
      await lookNow();
    } catch {
      say(busy.dataset.failed, "lost");
    } finally {
      buttons.forEach((one) => (one.disabled = false));
      event.submitter.focus();
    }
  });
}

document.addEventListener("visibilitychange", goOn);
goOn();
