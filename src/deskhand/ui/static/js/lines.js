// <desk-lines data-for="id" data-one="1 clause" data-many="{n} clauses">: how many lines of a field hold something, as they are typed.
customElements.define("desk-lines", class extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.dataset.for);
    this.show = () => {
      const lines = this.field.value.split("\n").filter((line) => line.trim()).length;
      const words = lines === 1 ? this.dataset.one : this.dataset.many.replace("{n}", lines.toLocaleString(document.documentElement.lang));
      if (words !== this.textContent) this.textContent = words;
    };
    this.field?.addEventListener("input", this.show);
  }

  disconnectedCallback() {
    this.field?.removeEventListener("input", this.show);
  }
});
