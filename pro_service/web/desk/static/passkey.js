/* Asks the device for a passkey, makes one or signs with one, and sends the form it stands in with the answer.
 * Where the browser knows no passkeys nothing is shown: the code of the telephone does as well.
 */
(() => {
  "use strict";

  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;
  const button = form.querySelector("button[data-ask]");
  const failed = form.querySelector("[data-failed]");
  const credential = form.querySelector("[data-credential]");
  const code = form.querySelector("[data-code]");
  const options = JSON.parse(form.dataset.passkey);

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (one) => one.charCodeAt(0));
  };
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const make = () => navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: described(options.excludeCredentials),
    },
  });
  const sign = () => navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: described(options.allowCredentials),
    },
  });
  const told = (key) => {
    const said = { clientDataJSON: text(key.response.clientDataJSON) };
    if (options.user) {
      said.attestationObject = text(key.response.attestationObject);
    } else {
      said.authenticatorData = text(key.response.authenticatorData);
      said.signature = text(key.response.signature);
    }
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response: said });
  };

  form.hidden = button.hidden = false;
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    // A key stands in the place of the code, where the form asks for either.
    if (code) code.required = false;
    const filled = form.reportValidity();
    if (code) code.required = true;
    if (!filled) return;
    failed.hidden = true;
    try {
      credential.value = told(await (options.user ? make() : sign()));
      form.submit();
    } catch (refused) {
      failed.hidden = false;
      button.focus();
    }
  });
})();
