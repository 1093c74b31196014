// <desk-composer>: Ctrl/Cmd+Enter sends; what is typed is kept per ticket and mode, in this tab only, until it is sent.
const PREFIX = "draft:";
const SENT = "sent:";

class Composer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    if (!this.form || !this.text) return;
    this.text.addEventListener("input", () => this.keep());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    for (const mode of this.querySelectorAll(".modes input")) mode.addEventListener("change", () => this.change());
    this.form.addEventListener("submit", () => { this.keep(); sessionStorage.setItem(SENT + this.key, ""); });
    this.form.addEventListener("htmx:afterRequest", (event) => event.target === this.form && event.detail.successful && this.forget());
    // A form that was received answers with a redirect, or (swapped in) says what was sent; a page merely opened again does not.
    const arrived = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
    if (this.text.value) this.keep();
    else if (arrived || "sent" in this.dataset) this.forgetSent();
    if (!this.text.value) this.show(sessionStorage.getItem(this.key) ?? "");
  }

  get key() {
    return PREFIX + this.text.dataset.draft + ":" + (this.form.querySelector(".modes input:checked")?.value ?? "reply");
  }

  keep() {
    if (!this.text.dataset.draft) return;
    if (this.text.value) sessionStorage.setItem(this.key, this.text.value);
    else sessionStorage.removeItem(this.key);
    const saved = this.querySelector(".saved");
    if (saved) saved.textContent = this.text.value ? saved.dataset.saved : "";
  }

  // Each mode has its own draft. A reply may become a note; a note never becomes a reply by a slip.
  change() {
    const draft = sessionStorage.getItem(this.key);
    if (draft !== null || this.key.endsWith(":reply")) this.show(draft ?? "");
    else this.keep();
  }

  show(words) {
    this.text.value = words;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  forget() {
    for (const key of [this.key, SENT + this.key]) sessionStorage.removeItem(key);
  }

  forgetSent() {
    const mine = SENT + PREFIX + this.text.dataset.draft + ":";
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(mine)) for (const gone of [key, key.slice(SENT.length)]) sessionStorage.removeItem(gone);
  }
}
customElements.define("desk-composer", Composer);

// Who pressed a row's reply button wants to write. Not earlier: a browser that goes to a place on the page takes the focus away.
addEventListener("load", () => setTimeout(() => {
  if (location.hash === "#reply") document.querySelector("#reply textarea")?.focus();
}));

// Signing out leaves nothing of what was typed behind.
document.addEventListener("submit", (event) => {
  if (event.target.hasAttribute("data-forget-drafts")) sessionStorage.clear();
});
