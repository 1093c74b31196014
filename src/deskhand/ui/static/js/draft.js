// <desk-draft data-draft="new-17"> in a form: what is typed into its empty lines and texts is kept in this tab until the form was
// received, so that it is there again after going back and forth. What the server puts into them wins.
const PREFIX = "form:";
const SENT = "form-sent"; // which of them is on its way
const FIELDS = "input[type=text][name], textarea[name]";

class Draft extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    if (!this.form) return;
    this.key = PREFIX + this.dataset.draft;
    if (this.fields.some((field) => field.value)) this.keep();
    else this.restore();
    this.form.addEventListener("input", () => this.keep());
    this.form.addEventListener("submit", (event) => event.submitter?.name !== "look" && sessionStorage.setItem(SENT, this.key));
  }

  get fields() {
    return [...this.form.querySelectorAll(FIELDS)];
  }

  keep() {
    sessionStorage.removeItem(SENT);
    const typed = this.fields.filter((field) => field.value).map((field) => [field.name, field.value]);
    sessionStorage.setItem(this.key, JSON.stringify(Object.fromEntries(typed)));
  }

  restore() {
    const typed = JSON.parse(sessionStorage.getItem(this.key) ?? "{}");
    for (const field of this.fields) {
      if (!(field.name in typed)) continue;
      field.value = typed[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

// A form that was received leads on to another page of somebody signed in; one that was not is still to be written.
const arrived = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
const sent = sessionStorage.getItem(SENT);
if (sent && arrived && document.querySelector("[data-forget-drafts]") && !document.querySelector("desk-draft")) for (const key of [sent, SENT]) sessionStorage.removeItem(key);
customElements.define("desk-draft", Draft);
