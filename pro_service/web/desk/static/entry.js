/* Entry for hands: a number key answers the question marked and goes on, up and down move, "-" leaves it
 * without an answer, "+" is 10. The keys move radio buttons that work without this script as well.
 */
(() => {
  "use strict";

  const form = document.getElementById("entry");
  if (!form) return;
  const rows = Array.from(form.querySelectorAll("fieldset.row"));
  const counted = form.querySelector("[data-count]");
  const stop = form.querySelector("[data-stop]");
  const keep = form.querySelector("button.main");

  const fields = (row) => Array.from(row.querySelectorAll("input"));
  const isAnswered = (row) => fields(row).some(
    (one) => (one.type === "radio" ? one.checked : one.value.trim() !== ""));
  const isDone = (row) => row.classList.contains("kept") || isAnswered(row);
  const present = () => rows.find((row) => row.contains(document.activeElement));

  const tell = () => {
    const done = String(rows.filter(isDone).length);
    rows.forEach((row) => row.classList.toggle("answered", isAnswered(row)));
    if (counted) counted.textContent = counted.dataset.count.replace("#", done);
    if (stop && done !== "0") stop.textContent = stop.dataset.stop.replace("#", done);
  };
  const mark = (row) => rows.forEach((one) => one.classList.toggle("now", one === row));
  const go = (row) => {
    mark(row);
    if (!row) {
      keep.focus();
      return;
    }
    const chosen = row.querySelector("input:checked") || fields(row)[0];
    chosen.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const after = (row) => rows[rows.indexOf(row) + 1];

  const choose = (row, value) => {
    const found = fields(row).find((one) => one.type === "radio" && one.value === value);
    if (!found) return false;
    found.checked = true;
    tell();
    go(after(row));
    return true;
  };

  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const row = present();
    const typed = event.target.type !== "radio" && event.target.tagName === "INPUT";
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const from = row ? rows.indexOf(row) : rows.length;
      const to = event.key === "ArrowUp" ? from - 1 : from + 1;
      if (to >= 0 && (row || event.key === "ArrowUp")) {
        event.preventDefault();
        go(rows[to]);
      }
    } else if (row && typed && event.key === "Enter") {
      event.preventDefault();
      go(after(row));
    } else if (row && !typed) {
      const value = event.key === "+" ? "10" : event.key.toLowerCase();
      if (choose(row, value)) event.preventDefault();
    }
  });
  form.addEventListener("focusin", (event) => {
    mark(rows.find((row) => row.contains(event.target)));
  });
  form.addEventListener("change", tell);
  form.addEventListener("input", tell);

  document.documentElement.classList.add("scripted");
  tell();
  const next = rows.find((row) => row.classList.contains("wrong")) || rows.find((row) => !isDone(row));
  // What must be said to the participant at once comes first, and the end once nothing is open.
  if (next && !document.getElementById("alarm")) go(next);
  else mark(next);
})();
