// <desk-counter data-for="id" data-limit data-short>: how many characters are left, counted as the server counts them (code
// points; empty lines at the ends are none). Past the limit its form shows [data-when-over], below `short` [data-when-short].
const ENDS = /^\n+|\n+$/g;

class Counter extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.dataset.for);
    if (!this.field) return;
    this.form = this.field.form;
    this.show = () => this.count();
    this.field.addEventListener("input", this.show);
    this.count();
  }

  disconnectedCallback() {
    this.field?.removeEventListener("input", this.show);
    this.toggle("when-over", false);
  }

  count() {
    const used = [...this.field.value.replace(ENDS, "")].length;
    const { limit, short, state } = this.dataset;
    this.toggle("when-short", used < Number(short ?? 0));
    if (!limit) return;
    const left = Number(limit) - used;
    const now = left < 0 ? "over" : left < Number(limit) / 10 ? "low" : "enough";
    const words = this.dataset[(left < 0 ? "over" : "left") + (Math.abs(left) === 1 ? "One" : "Many")];
    this.textContent = words.replace("{n}", new Intl.NumberFormat(document.documentElement.lang).format(Math.abs(left)));
    this.dataset.state = now;
    this.toggle("when-over", left < 0);
    if (now !== (state ?? "enough")) document.getElementById("live").textContent = this.textContent; // once, not at each letter
  }

  toggle(name, isShown) {
    for (const each of this.form?.querySelectorAll(`[data-${name}]`) ?? []) each.hidden = !isShown;
  }
}
customElements.define("desk-counter", Counter);
