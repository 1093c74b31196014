// <desk-toast>: leaves after a while, unless it is an error or somebody is reading it; a button sends it away at once.
const STAYS_MS = 6000;

class Toast extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => this.remove());
    }
    if (this.dataset.level === "error") return;
    const leave = () => { this.timer = setTimeout(() => this.remove(), STAYS_MS); };
    const stay = () => clearTimeout(this.timer);
    for (const name of ["pointerenter", "focusin"]) this.addEventListener(name, stay);
    for (const name of ["pointerleave", "focusout"]) this.addEventListener(name, leave);
    leave();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }
}
customElements.define("desk-toast", Toast);
