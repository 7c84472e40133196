/* A long scale (0-100 mm) as a line to press or to move along, beside the field for the number.
 *
 * It has no mark until it is touched, because a mark would suggest an answer. Underneath it is a
 * range input, so keys and screen readers' gestures work; only the number field is sent.
 */
(() => {
  "use strict";

  const enhance = (scale) => {
    const number = scale.querySelector("input.number");
    const said = scale.dataset;
    const line = document.createElement("input");
    line.type = "range";
    line.className = "line untouched";
    line.min = said.minimum;
    line.max = said.maximum;
    line.step = said.step;
    const form = said.step.includes(".") ? /^[0-9]+([.,][0-9]+)?$/ : /^[0-9]+$/;
    line.setAttribute("aria-label", said.label);

    const tell = (touched) => {
      line.classList.toggle("untouched", !touched);
      line.setAttribute(
        "aria-valuetext", touched ? said.value.replace("#", line.value) : said.none);
    };
    const isOnScale = (text) => form.test(text)
      && Number(text) >= Number(said.minimum) && Number(text) <= Number(said.maximum);
    const follow = () => {
      const text = number.value.trim().replace(",", ".");
      if (isOnScale(text)) line.value = text;
      tell(isOnScale(text));
    };
    const lead = () => {
      number.value = line.value;
      tell(true);
    };
    line.addEventListener("input", lead);
    line.addEventListener("click", (event) => {
      // A press on the very middle moves nothing, and some browsers ignore presses on the line.
      if (line.classList.contains("untouched") && event.clientX) {
        const box = line.getBoundingClientRect();
        const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
        line.value = Number(said.minimum) + part * (said.maximum - said.minimum);
        lead();
      }
    });
    number.addEventListener("input", follow);
    const how = scale.parentNode.querySelector(".how");
    if (how) how.textContent = said.how;
    scale.insertBefore(line, number);
    scale.classList.add("has-line");
    follow();
  };

  const enhanceAll = () => {
    document.querySelectorAll(".scale:not(.has-line)").forEach(enhance);
  };
  document.addEventListener("shown", enhanceAll);
  enhanceAll();
})();
