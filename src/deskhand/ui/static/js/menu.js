// <desk-menu> around <details>: closes on Escape, on a click elsewhere, and when the focus leaves it.
class Menu extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("details");
    if (!this.box) return;
    this.outside = (event) => !this.contains(event.target) && this.close();
    document.addEventListener("click", this.outside);
    this.addEventListener("focusout", (event) => event.relatedTarget && this.outside({ target: event.relatedTarget }));
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.box.open) return;
      event.stopPropagation();
      this.close();
      this.querySelector("summary").focus();
    });
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.outside);
  }

  close() {
    this.box.open = false;
  }
}
customElements.define("desk-menu", Menu);
