// <desk-composer>: Ctrl/Cmd+Enter sends; what is typed is kept per ticket and mode, in this tab only, until it is sent.
const PREFIX = "draft:";

class Composer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    if (!this.form || !this.text) return;
    this.text.addEventListener("input", () => this.keep());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
    for (const mode of this.querySelectorAll(".modes input")) mode.addEventListener("change", () => this.restore());
    this.form.addEventListener("submit", () => this.keep());
    this.form.addEventListener("htmx:afterRequest", (event) => event.target === this.form && event.detail.successful && this.forget());
    if (this.dataset.sent !== undefined) this.forget();
    else if (!this.text.value) this.restore();
  }

  get key() {
    const mode = this.form.querySelector(".modes input:checked");
    return PREFIX + this.text.dataset.draft + ":" + (mode ? mode.value : "reply");
  }

  keep() {
    if (!this.text.dataset.draft) return;
    if (this.text.value) sessionStorage.setItem(this.key, this.text.value);
    else sessionStorage.removeItem(this.key);
    const saved = this.querySelector(".saved");
    if (saved) saved.textContent = this.text.value ? saved.dataset.saved : "";
  }

  restore() {
    // A mode shows its own draft; with none, what is in the box stays and now belongs to this mode.
    const draft = this.text.dataset.draft && sessionStorage.getItem(this.key);
    if (draft) this.text.value = draft;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  forget() {
    sessionStorage.removeItem(this.key);
  }
}
customElements.define("desk-composer", Composer);

// Signing out leaves nothing of what was typed behind.
document.addEventListener("submit", (event) => {
  if (!event.target.hasAttribute("data-forget-drafts")) return;
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
});
