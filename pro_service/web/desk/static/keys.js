/* On the pages that may run scripts, what was opened closes by Escape, and the focus goes back to what opened it. The
 * menu of rooms, which lies over the page, closes by itself once the focus has left it. Everywhere, and without this
 * script, both close by a press on what opened them.
 */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  const opened = document.activeElement.closest("details[open]");
  if (!opened) return;
  opened.open = false;
  opened.querySelector("summary").focus();
});
document.addEventListener("focusin", (event) => {
  for (const menu of document.querySelectorAll(".rooms details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
