// <desk-counter data-for="id" data-limit>: how many characters are used, counted as the server counts them (code points).
class Counter extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.dataset.for);
    if (!this.field) return;
    this.show = () => this.count();
    this.field.addEventListener("input", this.show);
    this.count();
  }

  disconnectedCallback() {
    this.field?.removeEventListener("input", this.show);
  }

  count() {
    const used = [...this.field.value].length;
    const limit = Number(this.dataset.limit);
    const number = new Intl.NumberFormat(document.documentElement.lang);
    this.textContent = `${number.format(used)} / ${number.format(limit)}`;
    this.toggleAttribute("data-over", used > limit);
  }
}
customElements.define("desk-counter", Counter);
