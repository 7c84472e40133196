/* Reads a question aloud, where the telephone has a voice of its own in the page's language.
 *
 * Only voices with `localService === true` are used: others send what they read to somebody's
 * server, and nothing may leave the telephone. Where there is none there is no button. What was
 * entered is never read.
 */
(() => {
  "use strict";

  const speech = window.speechSynthesis;
  if (!speech || !window.SpeechSynthesisUtterance) return;

  let speaking = null; // the button whose question is read

  const spoken = (voice) => voice.lang.toLowerCase().replace("_", "-");

  const findVoice = () => {
    const wanted = document.documentElement.lang.toLowerCase();
    const language = wanted.split("-")[0];
    // Cantonese is another language to the ear.
    const able = speech.getVoices().filter((voice) => voice.localService === true
      && spoken(voice).split("-")[0] === language && spoken(voice) !== "zh-hk");
    return able.find((voice) => spoken(voice) === wanted) || able[0] || null;
  };

  const wordsOf = (question) => {
    const heading = document.querySelector("main h1");
    const parts = heading ? Array.from(heading.childNodes) : [];
    const asked = question.querySelectorAll("legend, .how, .anchors span, label.choice span");
    return parts.concat(Array.from(asked)).map((one) => one.textContent.trim())
      .filter((text) => text).join(". ");
  };

  const label = (button) => {
    const form = document.getElementById("answers");
    const words = form ? form.dataset : {};
    button.firstChild.textContent = (button === speaking ? words.quiet : words.aloud) || "";
  };

  const stop = () => {
    const before = speaking;
    speaking = null;
    speech.cancel();
    if (before) label(before);
  };

  const read = (button, question) => {
    const voice = findVoice();
    if (!voice) return;
    const words = new SpeechSynthesisUtterance(wordsOf(question));
    words.voice = voice;
    words.lang = voice.lang;
    words.rate = 0.9;
    const over = () => {
      if (speaking === button) stop();
    };
    words.onend = over;
    words.onerror = over;
    speaking = button;
    label(button);
    speech.speak(words);
  };

  const enhance = (question) => {
    const how = question.querySelector("[id^='how-']");
    if (!how || question.querySelector("button.aloud")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet aloud";
    const about = document.createElement("span");
    about.className = "unseen";
    about.textContent = ` ${question.querySelector("legend").textContent}`;
    button.appendChild(document.createTextNode(""));
    button.appendChild(about);
    label(button);
    button.addEventListener("click", () => {
      const again = button === speaking;
      stop();
      if (!again) read(button, question);
    });
    question.insertBefore(button, how);
  };

  const enhanceAll = () => {
    const able = findVoice() !== null;
    document.querySelectorAll("button.aloud").forEach((one) => {
      if (!able) one.remove();
    });
    if (able) document.querySelectorAll("#answers fieldset.question").forEach(enhance);
  };

  document.addEventListener("shown", () => {
    stop();
    enhanceAll();
  });
  // Voices are often known only a moment after the page.
  if (speech.addEventListener) speech.addEventListener("voiceschanged", enhanceAll);
  window.addEventListener("pagehide", stop);
  enhanceAll();
})();
